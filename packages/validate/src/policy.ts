/** The least-privilege, read-only IAM policy that the checks need, generated from the registry. */
import { actions, policyName, type Action, type PolicyScope } from "./actions.ts";
import type { Check } from "./check.ts";
import type { Policy } from "./documents.ts";

/** The policy for some checks. Actions on the same resources share a statement. */
export function policyFor(checks: readonly Pick<Check, "actions">[], scope: PolicyScope): Policy {
  const needed = [...new Set(checks.flatMap((check) => check.actions))].sort();
  const byResources = new Map<string, { resources: string[]; actions: Action[] }>();
  for (const action of needed) {
    const resources = [...actions[action](scope)];
    const key = JSON.stringify(resources);
    const group = byResources.get(key) ?? { resources, actions: [] };
    group.actions.push(action);
    byResources.set(key, group);
  }
  return {
    Version: "2012-10-17",
    Statement: [...byResources.values()].map(({ resources, actions: allowed }, index) => ({
      Sid: `${policyName}${index + 1}`,
      Effect: "Allow",
      Action: allowed,
      Resource: resources,
    })),
  };
}
