/** Loads the AWS clients that checks will need while the first requests run: loading takes most of a run's time. */
import { setImmediate as nextTask } from "node:timers/promises";
import type { AwsClients } from "@pilot-light/core/aws/clients";
import type { Action } from "@pilot-light/core/aws/actions";
import type { Check } from "./check.ts";

type ServicePrefix<Name extends string> = Name extends `${infer Prefix}:${string}` ? Prefix : never;

const loaders = {
  sts: (aws) => aws.sts(),
  ecr: (aws) => aws.ecr(),
  s3: (aws) => aws.s3(),
  rds: (aws) => aws.rds(),
  secretsmanager: (aws) => aws.secretsManager(),
  ec2: (aws) => aws.ec2(),
  ecs: (aws) => aws.ecs(),
  elasticloadbalancing: (aws) => aws.loadBalancing(),
  acm: (aws) => aws.acm(),
  cloudfront: (aws) => aws.cloudFront(),
  servicediscovery: (aws) => aws.serviceDiscovery(),
  elasticfilesystem: (aws) => aws.efs(),
} as const satisfies Partial<Record<ServicePrefix<Action>, (aws: AwsClients) => Promise<unknown>>>;

/** Loads one client after the other. Between them, the event loop handles the responses that have arrived. */
export async function preloadClients(
  aws: AwsClients,
  checks: readonly Pick<Check, "actions">[],
): Promise<void> {
  const prefixes = new Set(checks.flatMap(({ actions }) => actions.map((action) => action.split(":")[0])));
  for (const [prefix, load] of Object.entries(loaders)) {
    if (!prefixes.has(prefix)) continue;
    await nextTask();
    // If a client cannot be loaded, the check that uses it reports the error.
    await load(aws).catch(() => undefined);
  }
}
