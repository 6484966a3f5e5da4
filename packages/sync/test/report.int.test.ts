/** The report, the history and PILOT_LIGHT_ON_END, from the built commands to a real browser. */
import { mkdir, readFile, writeFile } from "node:fs/promises";
import { join } from "node:path";
import { assertDocument } from "@pilot-light/core/cli/documents";
import { processEnvironment } from "@pilot-light/core/config/env";
import { historySchema } from "@pilot-light/core/history/documents";
import { renderReport } from "@pilot-light/core/report/render";
import { hostileName, sampleRecord } from "@pilot-light/core/report/sample-record";
import { temporaryDirectory } from "@pilot-light/core/testing/temporary-directory";
import { createPair, type Pair } from "@pilot-light/sandbox/testing";
import { testSandbox } from "@pilot-light/sandbox/vitest";
import { documents } from "@pilot-light/sync/documents";
import { expect, test } from "vitest";
import { inspectPage } from "./browser.ts";
import { contentOf, errorOf, keysOf, sync } from "./support.ts";

/** CI keeps the pictures of this directory. */
const pictures = processEnvironment().REPORT_SCREENSHOTS;

async function historyOf(pair: Pair, ...args: string[]) {
  const { stdout, stderr, exitCode } = await sync(pair, ["history", "--json", ...args]);
  expect(exitCode, stderr).toBe(0);
  return historySchema.parse(assertDocument(documents, JSON.parse(stdout)));
}

async function assertReadable(file: string, name: string): Promise<void> {
  if (pictures !== undefined) await mkdir(pictures, { recursive: true });
  const inspections = await inspectPage(
    file,
    pictures === undefined ? undefined : (view) => join(pictures, `${name}-${view}.png`),
  );
  expect(inspections).toHaveLength(4);
  for (const { view, ...problems } of inspections) {
    const none = { broken: [], hidden: [], requests: [], messages: [], violations: [] };
    expect(problems, `${name}, ${view}`).toEqual({ overflow: 0, ...none });
  }
}

test("a report with everything is readable on a phone and on a screen, in light and in dark", async () => {
  const file = join(await temporaryDirectory(), "all.html");
  await writeFile(file, renderReport(sampleRecord));
  await assertReadable(file, "all");
});

test("runs leave a report and a record, and call the hook; refusals, failures and broken hooks change no outcome", async () => {
  await using pair = await createPair(testSandbox(), { neon: "app", rds: "app", rdsBypassRls: true });
  const name = hostileName.slice("public.".length);
  await pair.query("neon", `create table ${name.replaceAll('&"', '"')} (id int primary key)`);
  await pair.query("neon", `alter table ${name.replaceAll('&"', '"')} owner to "${pair.neon.role}"`);
  const folder = await temporaryDirectory();
  const seen = join(folder, "seen");
  const hook = `cat > ${seen}.json; echo "$PILOT_LIGHT_OUTCOME $PILOT_LIGHT_EXIT $PILOT_LIGHT_STATE" > ${seen}.txt; exit 9`;
  const env = { PILOT_LIGHT_ON_END: hook, GITHUB_STEP_SUMMARY: join(folder, "summary.md") };

  // A file that cannot be written: nothing starts.
  const refused = await sync(pair, ["neon-to-rds", "--yes", "--json", "--report", "/none/report.html"]);
  expect(errorOf(refused)).toMatchObject({ code: "REPORT_FILE_UNWRITABLE", state: "nothing-written" });
  expect(await keysOf(pair)).toEqual([]);

  const done = await sync(pair, ["neon-to-rds", "--yes", "--report", join(folder, "sync.html")], { env });
  expect(done.exitCode, done.stderr).toBe(0);
  expect(done.stderr).toContain("PILOT_LIGHT_ON_END failed with exit code 9. The outcome is unchanged.");
  expect(await readFile(`${seen}.txt`, "utf8")).toBe("synced 0 \n");
  const record = JSON.parse(await readFile(`${seen}.json`, "utf8")) as Record<string, unknown>;
  const { run, ...document } = record;
  assertDocument(documents, document);
  expect(run).toMatchObject({ exit: 0, next: [{ command: "pnpm sync undo rds" }] });
  const page = (await readFile(join(folder, "sync.html"), "utf8")).replaceAll("<wbr />", "");
  expect(page).toContain("&lt;script&gt;document.title=1&lt;/script&gt;");
  expect(page).toContain("pnpm sync undo rds");
  await assertReadable(join(folder, "sync.html"), "sync");

  // A failure before the plan.
  const before = await contentOf(pair, "rds");
  const failed = await sync(pair, ["neon-to-rds", "--yes", "--report", join(folder, "failed.html")], {
    env: { ...env, PILOT_LIGHT_PG_BIN: "/none" },
  });
  expect(failed.exitCode).not.toBe(0);
  expect(await contentOf(pair, "rds")).toBe(before);
  expect(await readFile(`${seen}.txt`, "utf8")).toBe(`failed ${failed.exitCode} nothing-written\n`);
  expect(await readFile(join(folder, "failed.html"), "utf8")).toContain("Nothing was written.");
  await assertReadable(join(folder, "failed.html"), "failed");

  const undone = await sync(pair, ["undo", "rds", "--yes", "--json"]);
  expect(undone).toMatchObject({ exitCode: 0 });
  const history = await historyOf(pair);
  expect(history.runs.map(({ command, outcome }) => `${command}: ${outcome}`)).toEqual([
    "sync undo: undone",
    "sync neon-to-rds: synced",
  ]);
  expect(history.next).toBeNull();
  expect(history.runs[0]?.by.arn).toContain("arn:aws:");
  const [newest] = (await historyOf(pair, "--limit", "1")).runs;
  const older = await historyOf(pair, "--before", newest?.id ?? "");
  expect(older.runs.map(({ command }) => command)).toEqual(["sync neon-to-rds"]);

  const summary = await readFile(join(folder, "summary.md"), "utf8");
  expect(summary).toContain("sync neon-to-rds: synced");
  expect(summary).toContain("sync neon-to-rds: failed");
});

test("a record that S3 does not accept is a warning, and an interrupted run calls the hook", async () => {
  await using pair = await createPair(testSandbox(), { neon: "app", rds: "app", rdsBypassRls: true });
  expect(await sync(pair, ["neon-to-rds", "--yes"])).toMatchObject({ exitCode: 0 });
  const closed = { AWS_ENDPOINT_URL_S3: "http://127.0.0.1:1" };
  const undone = await sync(pair, ["undo", "rds", "--yes", "--json"], { env: closed });
  expect(undone.exitCode, undone.stderr).toBe(0);
  expect(undone.stderr).toContain("! The record of this run was not stored in S3: ");

  const folder = await temporaryDirectory();
  const report = join(folder, "interrupted.html");
  const interrupted = await sync(pair, ["neon-to-rds", "--yes", "--report", report], {
    env: { PILOT_LIGHT_ON_END: `echo "$PILOT_LIGHT_ERROR_CODE" > ${join(folder, "hook")}` },
    onStderr: (text, child) => {
      if (text.includes("dump")) child.kill("SIGINT");
    },
  });
  expect(interrupted.exitCode).toBe(130);
  expect(await readFile(join(folder, "hook"), "utf8")).toBe("INTERRUPTED\n");
  const page = await readFile(report, "utf8");
  for (const text of ["<h2>Tables</h2>", "Interrupted by SIGINT.", "is unchanged."]) {
    expect(page).toContain(text);
  }
});
