/** Least-privilege IAM policies, generated from the lists of actions. */
import { actions, type Action, type PolicyScope } from "./actions.ts";

/** A policy as IAM reads it. */
export interface Policy {
  Version: "2012-10-17";
  Statement: {
    Sid: string;
    Effect: "Allow";
    Action: string[];
    Resource: string[];
  }[];
}

/**
 * The policy that allows some actions, each on the resources of the environment only. Actions on the same resources share a statement.
 * @param sid start of the names of the statements: letters and digits
 */
export function policyFor(allowed: readonly Action[], scope: PolicyScope, sid: string): Policy {
  const byResources = new Map<string, { resources: string[]; actions: Action[] }>();
  for (const action of [...new Set(allowed)].sort()) {
    const resources = [...actions[action](scope)];
    const key = JSON.stringify(resources);
    const group = byResources.get(key) ?? { resources, actions: [] };
    group.actions.push(action);
    byResources.set(key, group);
  }
  return {
    Version: "2012-10-17",
    Statement: [...byResources.values()].map(({ resources, actions: grouped }, index) => ({
      Sid: `${sid}${index + 1}`,
      Effect: "Allow",
      Action: grouped,
      Resource: resources,
    })),
  };
}
