/** For unit tests: the context of a check with given outputs. Tests mock its AWS clients. */
import { createAwsClients } from "@pilot-light/core/aws/clients";
import { resourceNames, type Outputs } from "@pilot-light/core/contract";
import type { CheckContext } from "../check.ts";
import type { Reads } from "../reads.ts";

/** Fails the test: a check must read only facts that the test provides. */
function unexpected(name: string) {
  return () => Promise.reject(new Error(`${name} was not expected to be read`));
}

export function checkContext(
  outputs: Partial<Outputs>,
  reads: Partial<Reads> = {},
  environment: Record<string, string> = {},
): CheckContext {
  const project = "shop";
  return {
    environment,
    aws: createAwsClients({ AWS_REGION: "us-east-1", ...environment }),
    project,
    names: resourceNames(project),
    options: { directory: "." },
    reads: {
      identity: unexpected("identity"),
      outputs: () => Promise.resolve({ values: outputs as Outputs, count: 1, from: "a test" }),
      databaseSecret: unexpected("databaseSecret"),
      rdsRoute: unexpected("rdsRoute"),
      services: unexpected("services"),
      loadBalancer: unexpected("loadBalancer"),
      certificates: unexpected("certificates"),
      ...reads,
    },
    signal: new AbortController().signal,
    now: new Date("2026-11-22T12:00:00Z"),
    hide: () => undefined,
    log: () => undefined,
  };
}
