/** Finds out everything that a command needs before it connects to a database: endpoints, account, bucket. */
import { commandAwsClients, type AwsClients } from "@pilot-light/core/aws/clients";
import { readDatabaseSecret } from "@pilot-light/core/aws/database-secret";
import { iamLogin, usesIam, type RdsLogin } from "@pilot-light/core/aws/rds-login";
import { readIdentity, type AwsIdentity } from "@pilot-light/core/aws/identity";
import type { CommandContext } from "@pilot-light/core/cli/command";
import { outputsSchema, resourceNames, type Outputs, type ResourceNames } from "@pilot-light/core/contract";
import { readVariable } from "@pilot-light/core/config/env";
import { outputsInvalid } from "@pilot-light/core/errors";
import { parseOutputs, readOutputs, type OutputsSource } from "@pilot-light/core/terraform/outputs";
import type { DatabaseSystem, Endpoint } from "@pilot-light/core/postgres/endpoint";
import { readNeon } from "@pilot-light/core/postgres/neon-url";
import {
  rdsPlace,
  resolveRds,
  withCredentials,
  type DatabaseOutputs,
} from "@pilot-light/core/postgres/rds-endpoint";
import { whileOpen } from "@pilot-light/core/postgres/route";
import { Routes } from "@pilot-light/core/reach/routes";
import { readProject } from "@pilot-light/core/config/project";
import type { Direction } from "./direction.ts";
import type { ReachOptions } from "./options.ts";
import type { DumpBucket } from "./archive/dump-bucket.ts";
import { DumpStore } from "./archive/dump-store.ts";
import { readFreeStorage } from "@pilot-light/core/aws/free-storage";
import { settleAll } from "@pilot-light/core/async/settle";

/** Target and bucket of a sync or a restore, resolved but not connected to. */
export interface ResolvedTarget {
  target: Endpoint;
  store: DumpStore;
  identity: AwsIdentity;
  /** Aborted by the signal of the command, and by the end of the route to RDS. */
  signal: AbortSignal;
  /** Reads the RDS secret again: during a rotation the first value may be outdated. */
  rereadSecret: () => Promise<Endpoint>;
  /** Reads the free storage of the target's server, in bytes. Absent for Neon, whose server states its limit itself. */
  freeStorage?: () => Promise<number | undefined>;
}

/** Source, target and bucket of a sync. */
export interface Resolved extends ResolvedTarget {
  source: Endpoint;
}

const { shape } = outputsSchema;
/** An older stack has no such output. The name of the bucket then follows from the project. */
export const bucketOutputs = outputsSchema
  .pick({ db_backups_bucket_name: true })
  .extend({ db_backups_bucket_name: shape.db_backups_bucket_name.optional() });
const neededOutputs = outputsSchema
  .pick({
    database_endpoint: true,
    database_port: true,
    database_name: true,
    database_secret_arn: true,
    database_access_cluster_name: true,
    database_access_task_definition_arn: true,
    database_access_subnet_ids: true,
    database_access_security_group_id: true,
  })
  .extend({
    db_backups_bucket_name: shape.db_backups_bucket_name.optional(),
    ecs_cluster_name: shape.ecs_cluster_name.default(""),
    backend_service_name: shape.backend_service_name.default(""),
  });

/**
 * Runs `work`, which may open routes to RDS, and closes these routes. Routes of the caller stay open.
 */
export async function withRoutes<T>(
  { routes, via }: Pick<ReachOptions, "routes" | "via">,
  context: CommandContext,
  work: (routes: Routes) => Promise<T>,
): Promise<T> {
  const explained = async (opened: Routes) => {
    try {
      return await work(opened);
    } catch (error) {
      throw await opened.explain(error);
    }
  };
  if (routes !== undefined) return await explained(routes);
  await using own = new Routes({ via }, context);
  return await explained(own);
}

/**
 * Resolves both endpoints, the account and the bucket, and opens the route to RDS. Settings are checked before the first request.
 * @throws OpsError of class configuration, precondition or aws
 */
export async function resolve(
  direction: Direction,
  source: OutputsSource,
  routes: Routes,
  context: CommandContext,
): Promise<Resolved> {
  const neon = readNeon(context.environment, context.printer.redactor);
  const { aws, identity, outputs, names, bucket } = await resolveAws(source, context);
  const store = new DumpStore(aws, bucket, identity.account);
  const [secret] = await settleAll([readLogin(aws, outputs, context), store.check(context.signal)]);
  // The route is opened last, because it may start a task, which costs time and money.
  const route = await routes.to(outputs, aws);
  const rds = await resolveRds(outputs, context.environment, route);
  const endpoint = withCredentials(rds, secret);
  return {
    source: direction.source === "neon" ? neon : endpoint,
    target: direction.target === "neon" ? neon : endpoint,
    store,
    identity,
    signal: whileOpen(route, context.signal),
    rereadSecret: async () => withCredentials(rds, await readLogin(aws, outputs, context)),
    ...(direction.target === "rds"
      ? { freeStorage: () => readFreeStorage(aws, names.databaseInstance, context.signal) }
      : {}),
  };
}

/**
 * The name of the bucket.
 * @throws OpsError OUTPUTS_INVALID (configuration)
 */
export function bucketName(given: string | undefined, names: ResourceNames): string {
  const name = given ?? names.backupsBucket;
  if (name !== "") return name;
  throw outputsInvalid({
    problem: "The output db_backups_bucket_name is empty, so the bucket is not known.",
  });
}

/** Both databases, without the bucket. */
export interface ResolvedPair {
  neon: Endpoint;
  rds: Endpoint;
  /** As in `Resolved`. */
  signal: AbortSignal;
  rereadSecret: () => Promise<Endpoint>;
}

/** Resolves both databases, and opens the route to RDS. */
export async function resolvePair(
  source: OutputsSource,
  routes: Routes,
  context: CommandContext,
): Promise<ResolvedPair> {
  const neon = readNeon(context.environment, context.printer.redactor);
  const { aws, outputs } = await resolveAws(source, context);
  const secret = await readLogin(aws, outputs, context);
  const route = await routes.to(outputs, aws);
  const rds = await resolveRds(outputs, context.environment, route);
  return {
    neon,
    rds: withCredentials(rds, secret),
    signal: whileOpen(route, context.signal),
    rereadSecret: async () => withCredentials(rds, await readLogin(aws, outputs, context)),
  };
}

/** The bucket with the dumps, and the names of the environment. Needs neither database. */
export async function resolveBucket(
  source: OutputsSource,
  context: CommandContext,
): Promise<{ bucket: DumpBucket; names: ResourceNames }> {
  const { aws, identity, names, raw } = await readEnvironment(source, context);
  const { db_backups_bucket_name: given } = parseOutputs(raw, bucketOutputs);
  const name = bucketName(given, names);
  const store = new DumpStore(aws, name, identity.account);
  await store.check(context.signal);
  return { bucket: store.bucket, names };
}

/** Resolves one of the two databases. If it is RDS, opens the route to it. */
export async function resolveOne(
  system: DatabaseSystem,
  source: OutputsSource,
  routes: Routes,
  context: CommandContext,
): Promise<{ endpoint: Endpoint; signal: AbortSignal }> {
  const { environment, printer, signal } = context;
  if (system === "neon") return { endpoint: readNeon(environment, printer.redactor), signal };
  return await resolveRdsOnly(source, routes, context);
}

/** Resolves RDS, and opens the route to it. */
export async function resolveRdsOnly(
  source: OutputsSource,
  routes: Routes,
  context: CommandContext,
): Promise<{ endpoint: Endpoint; secretArn: string; signal: AbortSignal }> {
  const { aws, outputs, secretArn } = await resolveAws(source, context);
  const secret = await readLogin(aws, outputs, context);
  const route = await routes.to(outputs, aws);
  const endpoint = withCredentials(await resolveRds(outputs, context.environment, route), secret);
  return { endpoint, secretArn, signal: whileOpen(route, context.signal) };
}

/** The account, and the RDS side according to the outputs. */
async function resolveAws(source: OutputsSource, context: CommandContext) {
  const { aws, identity, names, raw } = await readEnvironment(source, context);
  const { outputs, secretArn } = rdsOutputs(raw);
  return {
    aws,
    identity,
    outputs,
    names,
    secretArn,
    bucket: outputs.db_backups_bucket_name ?? names.backupsBucket,
  };
}

/**
 * The outputs that describe RDS.
 * @throws OpsError OUTPUTS_INVALID (configuration), and as `rdsPlace` does
 */
export function rdsOutputs(raw: Parameters<typeof parseOutputs>[0]) {
  const outputs = parseOutputs(raw, neededOutputs);
  rdsPlace(outputs);
  const secretArn = outputs.database_secret_arn;
  if (secretArn === "") {
    throw outputsInvalid({
      problem: "The output database_secret_arn is empty, so the RDS password is not known.",
    });
  }
  return { outputs, secretArn };
}

/** Reads the account and the outputs, without checking the outputs. */
export async function readEnvironment(
  source: OutputsSource,
  { environment, printer, signal }: CommandContext,
) {
  const names = resourceNames(readProject(environment));
  const aws = commandAwsClients(environment, (line) => printer.detail(line));
  const reading = readOutputs({
    source,
    stack: names.stack,
    directory: process.cwd(),
    environment,
    signal,
    onStart: (line) => printer.detail(`$ ${line}`),
  });
  const [identity, raw] = await settleAll([
    readIdentity(aws, readVariable(environment, "PILOT_LIGHT_ACCOUNT_ID"), signal),
    reading,
  ]);
  return { aws, identity, names, raw };
}

/** Reads the login for RDS, and hides its password in all output. */
export async function readLogin(
  aws: AwsClients,
  outputs: DatabaseOutputs & Pick<Outputs, "database_secret_arn">,
  { environment, printer, signal }: CommandContext,
): Promise<RdsLogin> {
  const hide = (secret: string) => printer.redactor.add(secret);
  if (usesIam(environment)) return await iamLogin(aws, rdsPlace(outputs), environment, hide);
  const secret = await readDatabaseSecret(aws, outputs.database_secret_arn, signal);
  hide(secret.password);
  return secret;
}
