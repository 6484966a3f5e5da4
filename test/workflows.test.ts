/** The workflows of GitHub: GitHub's own parser accepts them, and no input reaches a shell as code. */
import { readFileSync, readdirSync } from "node:fs";
import { join, resolve } from "node:path";
import { Readable } from "node:stream";
import { NoOperationTraceWriter, convertWorkflowTemplate, parseWorkflow } from "@actions/workflow-parser";
import { defaultProjectName, resourceNames } from "@pilot-light/core/contract";
import { run } from "@pilot-light/core/process";
import { describeJournalPlace, journalPlace } from "@pilot-light/core/terraform/journal-place";
import { describe, expect, it } from "vitest";

const root = resolve(import.meta.dirname, "..");
const directory = join(root, ".github/workflows");
const names = readdirSync(directory).sort();
const textOf = (name: string) => readFileSync(join(directory, name), "utf8");
const errorsOf = async (name: string, content: string): Promise<string[]> => {
  const { context, value } = parseWorkflow({ name, content }, new NoOperationTraceWriter());
  if (value !== undefined) await convertWorkflowTemplate(context, value);
  return context.errors.getErrors().map(({ message }) => message);
};

/** The scripts of `run:` and `script:`. */
function scriptsOf(text: string): string[] {
  const block = /^( *)(?:- )?(?:run|script): (?:\|\n((?:\1 {2,}.*\n|\n)+)|(.*)\n)/gm;
  return [...text.matchAll(block)].map(([, , lines, line]) => lines ?? line ?? "");
}

describe("the workflows", () => {
  it("are those that docs/runbooks/github.md describes", () => {
    const page = readFileSync(join(root, "docs/runbooks/github.md"), "utf8");
    const described = [...page.matchAll(/^\| `(\w+\.yml)`/gm)].map(([, name]) => name);
    expect(described.sort()).toEqual(names);
  });

  it.each(names)("%s is accepted by GitHub's parser", async (name) => {
    expect(await errorsOf(name, textOf(name))).toEqual([]);
  });

  it("are refused by this parser with a misspelled key or an unknown expression", async () => {
    const text = textOf("drift.yml");
    expect(await errorsOf("drift.yml", text.replace("runs-on:", "run-on:"))).not.toEqual([]);
    expect(
      await errorsOf("drift.yml", text.replace("vars.AWS_PLAN_ROLE_ARN != ''", "vars.A != '")),
    ).not.toEqual([]);
  });

  it.each(names)(
    "%s puts no expression into a script: an input could then be code, and a secret be printed",
    (name) => {
      const scripts = scriptsOf(textOf(name));
      for (const script of scripts) expect(script).not.toContain("${{");
    },
  );

  it("use actions of this repository whose scripts contain no expression either", () => {
    const directories = readdirSync(join(root, ".github/actions"));
    expect(directories).toContain("report-issue");
    for (const name of directories) {
      const text = readFileSync(join(root, ".github/actions", name, "action.yml"), "utf8");
      for (const script of scriptsOf(text)) expect(script).not.toContain("${{");
    }
  });

  it("find the scripts that they check", () => {
    expect(names.flatMap((name) => scriptsOf(textOf(name))).length).toBeGreaterThan(15);
  });

  it.each(["activate.yml", "deactivate.yml", "sync.yml", "deploy.yml"])(
    "%s runs one at a time, after reviewers have approved its plan",
    (name) => {
      const text = textOf(name);
      expect(text).toMatch(/^concurrency: dev$/m);
      expect(text).toContain("uses: ./.github/workflows/approved.yml");
      expect(text).toMatch(/^ {6}environment: dev(-sync)?$/m);
    },
  );

  it("approved.yml compares every change of Terraform: the part with the digest of the plan, of which it removes no digest", () => {
    const [, parts = "", removed = ""] =
      /\.plan \| \{(.*)\}\n.*\.key \| test\("(.*)"; "i"\)/.exec(textOf("approved.yml")) ?? [];
    expect(parts.split(", ")).toEqual(expect.arrayContaining(["steps", "terraform", "images"]));
    expect("digest").not.toMatch(new RegExp(removed, "i"));
    expect("durationMs").toMatch(new RegExp(removed, "i"));
  });

  it("scheduled.yml holds up no other workflow before a deactivation is due, and reads the journal where the tools write it", () => {
    const text = textOf("scheduled.yml");
    expect(text).not.toMatch(/^concurrency:/m);
    expect(text).toMatch(/if: needs\.due\.outputs\.state == 'due'\n(?:.*\n)*? {4}concurrency: dev$/m);
    const names = resourceNames(defaultProjectName);
    const inS3 = journalPlace({ TF_STATE_BUCKET: "states" }, names, "/");
    const inCloud = journalPlace({ TF_CLOUD_ORGANIZATION: "o", TF_WORKSPACE: "w" }, names, "/");
    const shown = /place="s3:\/\/(.*)"/.exec(text)?.[1] ?? "";
    const place = (bucket: string) =>
      `s3://${shown
        .replace("${TF_STATE_BUCKET:-$project-dev-db-backups}", bucket)
        .replaceAll("$project", defaultProjectName)}`;
    expect(place("states")).toBe(describeJournalPlace(inS3));
    expect(place(names.backupsBucket)).toBe(describeJournalPlace(inCloud));
    expect(text).toContain(`"\${PROJECT_NAME:-${defaultProjectName}}"`);
  });

  it.each([
    ["{}", "none"],
    ['{"deactivateAt":null}', "none"],
    ['{"deactivateAt":"2020-01-01T00:00:00.000Z"}', "due"],
    ['{"deactivateAt":"2999-01-01T00:00:00.000Z"}', "later"],
    ['{"deactivateAt":"tomorrow"}', ""],
  ])("scheduled.yml reads of the journal %s: %s", async (journal, state) => {
    const program = /node -e '([^']+)'/.exec(textOf("scheduled.yml"))?.[1] ?? "";
    const input = Readable.from([journal]);
    const { exitCode, stdout } = await run(process.execPath, ["-e", program], { environment: {}, input });
    expect({ state: stdout.trim(), failed: exitCode !== 0 }).toEqual({ state, failed: state === "" });
  });

  it("have credentials for as long as a job may run, because an apply without credentials cannot store its state", () => {
    const jobs = names.flatMap((name) => textOf(name).split(/^ {2}(?=[\w-]+:\n {4})/m));
    const long = jobs.filter((job) => {
      const [, minutes = "0"] = /^ {4}timeout-minutes: (\d+)$/m.exec(job) ?? [];
      return Number(minutes) > 60 && job.includes("./.github/actions/prepare");
    });
    expect(long).toHaveLength(2);
    for (const job of long) {
      const [, minutes = "0"] = /^ {4}timeout-minutes: (\d+)$/m.exec(job) ?? [];
      expect(job).toContain(`seconds: ${Number(minutes) * 60}\n`);
    }
  });

  it("use no access keys", () => {
    for (const name of names) expect(textOf(name)).not.toMatch(/AWS_ACCESS_KEY_ID|AWS_SECRET_ACCESS_KEY/);
  });
});
