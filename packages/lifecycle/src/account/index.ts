/** The list of the rules about the account, and the function that checks a plan against all of them. */
import { awsError } from "@pilot-light/core/aws/errors";
import { OpsError } from "@pilot-light/core/ops-error";
import type { Problem } from "@pilot-light/validate/check";
import { renderFix } from "@pilot-light/validate/fix";
import { askRule, type AccountContext, type AccountRule } from "./rule.ts";
import { bucketNameRule, nameLengthRule } from "./rules/names.ts";
import { orderableRule, zonesRule } from "./rules/offers.ts";
import { quotaRules } from "./rules/quotas.ts";
import { certificateRule, imagePlatformRule, serviceRoleRule } from "./rules/services.ts";
import type { Wanted } from "./wanted.ts";

/** In the order in which the doctor lists them. */
export const accountRules: readonly AccountRule[] = [
  ...quotaRules,
  zonesRule,
  serviceRoleRule,
  orderableRule,
  certificateRule,
  imagePlatformRule,
  nameLengthRule,
  bucketNameRule,
];

export interface AccountFindings {
  /** What AWS will refuse. */
  problems: readonly Problem[];
  /** Possible problems, and the rules that could not be checked. */
  notes: readonly string[];
  /** Number of rules that the plan concerns. */
  asked: number;
}

/** Checks the plan against the rules that concern it, all at the same time. A rule that could not be checked becomes a note. */
export async function askAccount(context: AccountContext, wanted: Wanted): Promise<AccountFindings> {
  const rules = accountRules.filter(({ concerns }) => concerns(wanted));
  const found = await Promise.all(
    rules.map(async (rule) => {
      try {
        const finding = await askRule(rule, context, wanted);
        return { rule, ...finding };
      } catch (failure) {
        const error = awsError(failure, "Cannot ask AWS");
        if (context.signal.aborted || !(error instanceof OpsError)) throw failure;
        return { rule, summary: `not checked: ${error.message}`, notChecked: true as const };
      }
    }),
  );
  const problems = found.flatMap(({ problems: own = [] }) => own);
  const of = (wantedSeverity: Problem["severity"]) =>
    problems.filter(({ severity }) => severity === wantedSeverity);
  return {
    problems: of("failure"),
    notes: [
      ...of("warning").map(({ message, fix }) => `${message}. ${renderFix(fix)}`),
      ...found.flatMap(({ rule, summary, notChecked }) => (notChecked ? [`${rule.id}: ${summary}`] : [])),
    ],
    asked: rules.length,
  };
}
