/** The least-privilege, read-only IAM policy that the checks need, generated from the registry. */
import { policySid, type PolicyScope } from "@pilot-light/core/aws/actions";
import { policyFor, type Policy } from "@pilot-light/core/aws/policy";
import type { Check } from "./check.ts";

/** The policy for some checks. */
export function policyForChecks(checks: readonly Pick<Check, "actions">[], scope: PolicyScope): Policy {
  return policyFor(
    checks.flatMap((check) => check.actions),
    scope,
    policySid("validate"),
  );
}
