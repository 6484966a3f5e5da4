import { readFile } from "node:fs/promises";
import { join } from "node:path";
import { expect, test } from "vitest";
import { processEnvironment } from "../config/env.ts";
import { Printer } from "../output/printer.ts";
import { RunLog } from "../output/run-log.ts";
import { fakeTerminal } from "../testing/fake-terminal.ts";
import { temporaryDirectory } from "../testing/temporary-directory.ts";
import { runFactsSchema } from "./documents.ts";
import { hookVariables, runHook } from "./hook.ts";
import { recordKey } from "./record-store.ts";
import { commandLineOf, makeRecord } from "./run-record.ts";

const document = { version: 2, command: "sync neon-to-rds", outcome: "synced" };
const ended = { command: "sync neon-to-rds", document, exit: 0, summary: "rds is equal to neon.", next: [] };
const record = makeRecord(ended, new RunLog(), ["neon-to-rds", "--yes"], {});

/** Runs a hook; returns the warnings that it led to. */
async function warningsOf(command: string, environment: Readonly<Record<string, string>> = {}) {
  const { stream } = fakeTerminal();
  const all = { PATH: processEnvironment().PATH, PILOT_LIGHT_ON_END: command, ...environment };
  const printer = new Printer({
    environment: all,
    verbose: false,
    json: true,
    stdout: stream,
    stderr: stream,
  });
  const signal = new AbortController().signal;
  await runHook(command, { record, state: "", code: "" }, { environment: all, printer, signal });
  return printer.log.warnings;
}

test("S3 lists the record of a later run before that of an earlier one", () => {
  const keys = ["2026-11-22T09-30-00-4f2c", "2026-11-22T09-30-01-0000", "2027-01-01T00-00-00-ffff"].map(
    recordKey,
  );
  expect(keys[0]).toMatch(/^run-records\/\d{10}_2026-11-22T09-30-00-4f2c\.json$/);
  expect([...keys].sort()).toEqual([...keys].reverse());
  expect(recordKey("../neon-dumps/2026")).toBeUndefined();
});

test("a record has the document, the command line and the person", () => {
  expect(record).toMatchObject({ ...document, run: { commandLine: "pnpm sync neon-to-rds --yes", exit: 0 } });
  expect(runFactsSchema.parse(record.run)).toEqual(record.run);
});

test("the command line has no value of a Terraform variable", () => {
  const args = ["infra:deploy", "--var", "a=secret=1", "--var=b=secret", "--var-file", "x.tfvars", "--yes"];
  expect(commandLineOf("infra:deploy", args)).toBe(
    "pnpm infra:deploy --var a=**** --var=b=**** --var-file x.tfvars --yes",
  );
  expect(commandLineOf("validate", [])).toBe("pnpm validate");
});

test("a record has no row that an error quotes, and no value of a Terraform variable", () => {
  const log = new RunLog();
  log.warnings.push("not dropped: ERROR:  busy\nDETAIL:  Key (email)=(ada@example.org)");
  log.add({ plan: { again: "pnpm activate --var a=secret" } });
  const error = {
    code: "RESTORE_FAILED",
    message: 'invalid input syntax for type integer: "ada@example.org"',
    details: ["ERROR:  duplicate key", "DETAIL:  Key (email)=(ada@example.org) already exists."],
  };
  const failed = { ...document, outcome: "failed", error };
  const next = [{ purpose: "to revert it", command: "pnpm deactivate --var a=secret" }];
  const made = makeRecord({ ...ended, document: failed, summary: error.message, next }, log, [], {});
  expect(made).toMatchObject({
    error: {
      code: "RESTORE_FAILED",
      message: 'invalid input syntax for type integer: "****"',
      details: ["ERROR:  duplicate key"],
    },
    run: { next: [{ command: "pnpm deactivate --var a=****" }], warnings: ["not dropped: ERROR:  busy"] },
  });
  expect(JSON.stringify(made)).not.toMatch(/ada@example|secret/);
});

test("the hook gets the record and the outcome, and no secret that the tool knows", async () => {
  const file = join(await temporaryDirectory(), "seen");
  const command = `{ cat; env; } > ${file}`;
  expect(
    await warningsOf(command, { NEON_DATABASE_URL: "postgresql://u:secret@h/d", WEBHOOK: "mine" }),
  ).toEqual([]);
  const seen = await readFile(file, "utf8");
  expect(JSON.parse(seen.slice(0, seen.indexOf("\n}\n") + 2))).toEqual(record);
  for (const name of Object.keys(hookVariables)) expect(seen).toContain(`${name}=`);
  expect(seen).toContain("PILOT_LIGHT_OUTCOME=synced");
  expect(seen).toContain("WEBHOOK=mine");
  // A command of the hook that changes something does not call it again.
  expect(seen).toMatch(/^PILOT_LIGHT_ON_END=$/m);
  expect(seen).not.toContain("secret");
});

test("a hook that fails, hangs, or does not read is a warning", async () => {
  expect(await warningsOf("echo no route >&2; exit 3")).toEqual([
    "PILOT_LIGHT_ON_END failed with exit code 3: no route. The outcome is unchanged.",
  ]);
  expect(await warningsOf("sleep 60", { PILOT_LIGHT_ON_END_SECONDS: "0.2" })).toEqual([
    "PILOT_LIGHT_ON_END was ended after 0.2 s, the limit of PILOT_LIGHT_ON_END_SECONDS. The outcome is unchanged.",
  ]);
  expect(await warningsOf("true")).toEqual([]);
});
