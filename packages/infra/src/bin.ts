/** `pnpm infra:commit [--check]`: writes the copy for Terraform Cloud, or checks that the committed copies are up to date. */
import { parseArgs } from "node:util";
import { runCommand } from "@pilot-light/core/cli/command";
import { readVariable } from "@pilot-light/core/config/env";
import { usage } from "@pilot-light/core/errors";
import { messageOf } from "@pilot-light/core/ops-error";
import { checkCommitted, writeCommitted } from "./committed.ts";

const usageLine = "pnpm infra:commit [--check]";

await runCommand("infra commit", {}, ({ environment, printer }) => {
  const { check, help } = readFlags();
  if (help) {
    printer.line(usageLine);
    printer.line("\nWrite the Terraform configuration that Terraform Cloud reads from the repository.");
    printer.line("With --check, fail if a committed configuration is older than the code; write nothing.");
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
function readFlags(): { check: boolean; help: boolean } {
  try {
    return parseArgs({
      options: {
        check: { type: "boolean", default: false },
        help: { type: "boolean", short: "h", default: false },
      },
    }).values;
  } catch (cause) {
    throw usage({ problem: messageOf(cause), hint: `Usage:  ${usageLine}` }, { cause });
  }
}
