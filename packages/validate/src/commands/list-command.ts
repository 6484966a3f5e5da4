/** `pnpm validate --list` and `--print-policy`: the checks, and the permissions that they need. */
import type { CommandContext, CommandOutcome } from "@pilot-light/core/cli/command";
import { defaultProjectName, resourceNames } from "@pilot-light/core/contract";
import { readVariable } from "@pilot-light/core/config/env";
import { listChecks, listLines } from "../list.ts";
import { policyForChecks } from "../policy.ts";
import { registry } from "../registry.ts";

export function list({ printer }: CommandContext): Promise<CommandOutcome> {
  const checks = listChecks();
  if (!printer.json) for (const line of listLines(checks, printer.dataPage)) printer.data(line);
  return Promise.resolve({ outcome: "listed", document: { checks } });
}

export function printPolicy({ printer, environment }: CommandContext): Promise<CommandOutcome> {
  const project = readVariable(environment, "PROJECT_NAME") ?? defaultProjectName;
  const policy = policyForChecks(registry, {
    project,
    names: resourceNames(project),
    region: readVariable(environment, "AWS_REGION") ?? "*",
    account: readVariable(environment, "PILOT_LIGHT_ACCOUNT_ID") ?? "*",
  });
  if (!printer.json) printer.data(JSON.stringify(policy, null, 2));
  return Promise.resolve({ outcome: "printed", document: { policy } });
}
