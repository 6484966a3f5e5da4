/** `pnpm infra:commit [--check]`: writes the copy for Terraform Cloud, or checks that the committed copies are up to date. */
import { parseArgs } from "node:util";
import { runCommand } from "@pilot-light/core/cli/command";
import { versionText } from "@pilot-light/core/cli/version";
import { readVariable } from "@pilot-light/core/config/env";
import { usage } from "@pilot-light/core/errors";
import { messageOf } from "@pilot-light/core/ops-error";
import { checkCommitted, writeCommitted } from "./committed.ts";

const usageLine = "pnpm infra:commit [--check] [--env-file <file>] [--version]";

const { values: given } = parseArgs({ options: { "env-file": { type: "string" } }, strict: false });
const envFile = typeof given["env-file"] === "string" ? given["env-file"] : undefined;

await runCommand("infra commit", { envFile }, ({ environment, printer }) => {
  const { check, help, version } = readFlags();
  if (version) {
    printer.data(versionText(process.argv[1] ?? ""));
    return Promise.resolve({ outcome: "version", document: {} });
  }
  if (help) {
    printer.line(usageLine);
    printer.line("\nWrite the Terraform configuration that Terraform Cloud reads from the repository.");
    printer.line("With --check, fail if a committed configuration is older than the code; write nothing.");
    printer.line("With --env-file, read variables from this file instead of .env.");
    return Promise.resolve({ outcome: "help", document: {} });
  }
  const project = readVariable(environment, "PROJECT_NAME") ?? "";
  if (check) {
    const stacks = checkCommitted(project);
    printer.line(`  ${stacks} committed, up to date`);
    return Promise.resolve({ outcome: "up-to-date", document: { stacks } });
  }
  const region = readVariable(environment, "AWS_REGION") ?? "";
  const file = writeCommitted({ project, region });
  printer.line(`  written: ${file}`);
  return Promise.resolve({ outcome: "written", document: { file } });
});

/** @throws OpsError USAGE (usage) */
function readFlags(): { check: boolean; help: boolean; version: boolean } {
  try {
    return parseArgs({
      options: {
        check: { type: "boolean", default: false },
        help: { type: "boolean", short: "h", default: false },
        version: { type: "boolean", default: false },
        "env-file": { type: "string" },
      },
    }).values;
  } catch (cause) {
    throw usage({ problem: messageOf(cause), hint: `Usage:  ${usageLine}` }, { cause });
  }
}
