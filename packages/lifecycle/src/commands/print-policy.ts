/** Prints the policy of a command as JSON on stdout. */
import type { CommandContext, CommandOutcome } from "@pilot-light/core/cli/command";
import { readVariable } from "@pilot-light/core/config/env";
import { readProject } from "@pilot-light/core/config/project";
import type { Via } from "@pilot-light/core/config/via";
import { resourceNames } from "@pilot-light/core/contract";
import { usage } from "@pilot-light/core/errors";
import { policyCommands, policyNotes, policyOf } from "./policies.ts";

/** @throws OpsError USAGE, PROJECT_NAME_INVALID */
export function printPolicy(
  words: string,
  via: Via | undefined,
  { environment, printer }: CommandContext,
): CommandOutcome {
  const command = policyCommands.find((known) => known === words);
  if (command === undefined) {
    throw usage({
      problem: `There is no policy for "${words}".`,
      hint: `The commands with a policy are: ${policyCommands.join(", ")}.`,
    });
  }
  const project = readProject(environment);
  const policy = policyOf(
    command,
    {
      project,
      names: resourceNames(project),
      region: readVariable(environment, "AWS_REGION") ?? "*",
      account: readVariable(environment, "PILOT_LIGHT_ACCOUNT_ID") ?? "*",
    },
    { via, stateBucket: readVariable(environment, "TF_STATE_BUCKET") },
  );
  if (!printer.json) printer.data(JSON.stringify(policy, null, 2));
  for (const note of policyNotes(command)) printer.warn(note);
  return { outcome: "printed", document: { of: command, policy } };
}
