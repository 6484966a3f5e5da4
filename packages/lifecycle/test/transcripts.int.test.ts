/** What a person sees of mode changes and of `pnpm status`, as the runbooks show it: docs/transcripts. `vitest --update` writes them. */
import { join } from "node:path";
import { processEnvironment } from "@pilot-light/core/config/env";
import { run } from "@pilot-light/core/process";
import { defaultEnvironment, withSandbox } from "@pilot-light/sandbox/environment";
import { startSandbox, type Sandbox } from "@pilot-light/sandbox/sandbox";
import { linesTooLong, transcriptOf } from "@pilot-light/sandbox/transcript";
import { extraSandboxDirectory } from "@pilot-light/sandbox/vitest";
import { root, Workplace } from "@pilot-light/sandbox/workplace";
import { afterAll, beforeAll, expect, test } from "vitest";

const bin = join(root, "packages/lifecycle/dist/bin.js");
let sandbox: Sandbox;
let workplace: Workplace;

beforeAll(async () => {
  const directory = extraSandboxDirectory("mode-change-transcripts");
  sandbox = await startSandbox({ directory, environment: processEnvironment(), deployed: true });
  const { project } = sandbox.state;
  const variables = defaultEnvironment(sandbox.state);
  const { AWS_REGION: region = "", AWS_ENDPOINT_URL: endpoint = "" } = variables;
  workplace = await Workplace.create({ project, region, endpoint, variables });
});
afterAll(async () => {
  await workplace[Symbol.asyncDispose]();
  await sandbox.stop();
});

const environment = () => withSandbox(processEnvironment(), sandbox.state);

/**
 * Checks run in parallel, and their lines are printed in the order in which they end. Where a line is wrapped depends on its duration.
 * The transcript has one line for each check, in alphabetical order.
 */
function withSteadyChecks(text: string): string {
  return text.replaceAll(/(?:^ {2}\S ok .*\n(?: {10,}\S.*\n)*)+/gm, (block) => {
    const checks = block.split(/(?=^ {2}\S ok )/m).map((check) => {
      const [first = "", ...rest] = check.trimEnd().split("\n");
      const [, start = first, duration = ""] = /^(.*\S) +(\d\.\d s)$/.exec(first) ?? [];
      return `${[start, ...rest.map((line) => line.trim())].join(" ").padEnd(first.length - duration.length - 2)}  ${duration}\n`;
    });
    return checks.sort().join("");
  });
}

async function expectTranscript(name: string, args: string): Promise<void> {
  const text = await transcriptOf({
    shown: `pnpm ${args}`,
    command: [process.execPath, bin, ...args.split(" ")],
    environment: environment(),
    directory: workplace.directory,
    replacements: [
      [/sha256:[0-9a-f]{12}/g, "sha256:0123456789ab"],
      [/\b[a-z0-9]{13}\.cloudfront\.net/g, "e0123456789ab.cloudfront.net"],
    ],
  });
  expect(linesTooLong(text)).toEqual([]);
  await expect(withSteadyChecks(text)).toMatchFileSnapshot(`../../../docs/transcripts/${name}.txt`);
}

test("a dry run of an activation", async () => {
  await expectTranscript("activate-dry-run", "activate --sync-data --dry-run");
});

test("the status of an active environment, and a dry run of its deactivation", async () => {
  const options = { environment: { ...environment(), CI: "1" }, cwd: workplace.directory };
  const activated = await run(process.execPath, [bin, "activate", "--sync-data", "--yes"], options);
  expect(activated.stderr.join("\n")).toContain("active");
  expect(activated.exitCode).toBe(0);
  await expectTranscript("status", "status");
  await expectTranscript("deactivate-dry-run", "deactivate --sync-data --dry-run");
});
