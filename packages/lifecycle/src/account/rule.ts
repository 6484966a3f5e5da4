/**
 * The form of a rule about the account: an id, and a function that finds out, read-only, whether AWS will refuse a part of a deployment.
 * `pnpm run doctor` has a check for each rule. `pnpm activate`, `pnpm infra:deploy` and `pnpm infra:diff` check their plan against all
 * rules. To add a rule, write it in a file of `rules/` and add it to the list in `index.ts`.
 */
import type { Action } from "@pilot-light/core/aws/actions";
import type { AwsClients } from "@pilot-light/core/aws/clients";
import type { Environment } from "@pilot-light/core/config/env";
import { awsError } from "@pilot-light/core/aws/errors";
import { OpsError } from "@pilot-light/core/ops-error";
import type { Finding } from "@pilot-light/validate/check";
import type { Wanted } from "./wanted.ts";

export interface AccountContext {
  environment: Environment;
  aws: AwsClients;
  signal: AbortSignal;
}

export interface AccountRule {
  /** Id of the doctor's check, and of a finding. */
  id: string;
  /** As a sentence without a period. */
  title: string;
  /** IAM actions of its calls. */
  actions: readonly Action[];
  /** Milliseconds that the rule may take, if it needs more than the usual time. */
  timeout?: number;
  /** Whether the deployment creates something that the rule is about. */
  concerns: (wanted: Wanted) => boolean;
  /** @throws what its calls throw */
  ask: (context: AccountContext, wanted: Wanted) => Promise<Finding>;
}

/** Checks one rule. If AWS denies its calls, the rule counts as not checked, and has no finding. */
export async function askRule(rule: AccountRule, context: AccountContext, wanted: Wanted): Promise<Finding> {
  if (!rule.concerns(wanted)) return { summary: "not needed: the plan creates nothing that this concerns" };
  try {
    return await rule.ask(context, wanted);
  } catch (failure) {
    const error = awsError(failure, "Cannot ask AWS");
    if (!(error instanceof OpsError) || error.code !== "AWS_ACCESS_DENIED") throw failure;
    return { summary: `not checked: it needs ${rule.actions.join(", ")}`, notChecked: true };
  }
}
