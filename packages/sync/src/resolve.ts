/** Resolves everything that a command needs before it connects: endpoints, account, bucket. */
import { createAwsClients, type AwsClients } from "@pilot-light/core/aws/clients";
import { readDatabaseSecret } from "@pilot-light/core/aws/database-secret";
import { readIdentity, type AwsIdentity } from "@pilot-light/core/aws/identity";
import type { CommandContext } from "@pilot-light/core/cli/command";
import { outputsSchema, resourceNames, type ResourceNames } from "@pilot-light/core/contract";
import { readVariable } from "@pilot-light/core/config/env";
import { outputsInvalid } from "@pilot-light/core/errors";
import { parseOutputs, readOutputs, type OutputsSource } from "@pilot-light/core/terraform/outputs";
import type { DatabaseSystem, Endpoint } from "@pilot-light/core/postgres/endpoint";
import { readNeon } from "@pilot-light/core/postgres/neon-url";
import { resolveRds, withCredentials } from "@pilot-light/core/postgres/rds-endpoint";
import { readProject } from "@pilot-light/core/config/project";
import type { Direction } from "./direction.ts";
import { DumpBucket } from "./archive/dump-bucket.ts";
import { DumpStore } from "./archive/dump-store.ts";
import { settleAll } from "@pilot-light/core/async/settle";

/** Source, target and bucket of a sync, resolved but not connected to. */
export interface Resolved {
  source: Endpoint;
  target: Endpoint;
  store: DumpStore;
  identity: AwsIdentity;
  /** Reads the RDS secret again: during a rotation the first value may be outdated. */
  rereadSecret: () => Promise<Endpoint>;
}

/** The name of the bucket follows from the project where an older stack has no such output. */
const bucketOutputs = outputsSchema
  .pick({ db_backups_bucket_name: true })
  .extend({ db_backups_bucket_name: outputsSchema.shape.db_backups_bucket_name.optional() });
const neededOutputs = outputsSchema
  .pick({ database_endpoint: true, database_port: true, database_name: true, database_secret_arn: true })
  .extend({ db_backups_bucket_name: outputsSchema.shape.db_backups_bucket_name.optional() });

/**
 * Resolves both endpoints, the account and the bucket. Checks first what needs no network.
 * @throws OpsError of class configuration, precondition or aws
 */
export async function resolve(
  direction: Direction,
  source: OutputsSource,
  context: CommandContext,
): Promise<Resolved> {
  const neon = readNeon(context.environment, context.printer.redactor);
  const { aws, identity, rds, secretArn, bucket } = await resolveAws(source, context);
  const store = new DumpStore(aws, bucket, identity.account);
  const [endpoint] = await settleAll([
    readRdsEndpoint(rds, aws, secretArn, context),
    store.check(context.signal),
  ]);
  return {
    source: direction.source === "neon" ? neon : endpoint,
    target: direction.target === "neon" ? neon : endpoint,
    store,
    identity,
    rereadSecret: () => readRdsEndpoint(rds, aws, secretArn, context),
  };
}

/** Both databases, without the bucket. */
export interface ResolvedPair {
  neon: Endpoint;
  rds: Endpoint;
  /** As in `Resolved`. */
  rereadSecret: () => Promise<Endpoint>;
}

/** Resolves both databases. */
export async function resolvePair(source: OutputsSource, context: CommandContext): Promise<ResolvedPair> {
  const neon = readNeon(context.environment, context.printer.redactor);
  const { aws, rds, secretArn } = await resolveAws(source, context);
  const rereadSecret = () => readRdsEndpoint(rds, aws, secretArn, context);
  return { neon, rds: await rereadSecret(), rereadSecret };
}

/** Resolves one of the two databases. */
export async function resolveOne(
  system: DatabaseSystem,
  source: OutputsSource,
  context: CommandContext,
): Promise<Endpoint> {
  if (system === "neon") return readNeon(context.environment, context.printer.redactor);
  const { aws, rds, secretArn } = await resolveAws(source, context);
  return await readRdsEndpoint(rds, aws, secretArn, context);
}

/** The bucket with the dumps, and the names of the environment. Needs neither database. */
export async function resolveBucket(
  source: OutputsSource,
  context: CommandContext,
): Promise<{ bucket: DumpBucket; names: ResourceNames }> {
  const { aws, identity, names, raw } = await readEnvironment(source, context);
  const { db_backups_bucket_name: given } = parseOutputs(raw, bucketOutputs);
  const name = given ?? names.backupsBucket;
  if (name === "") {
    throw outputsInvalid({
      problem: "The output db_backups_bucket_name is empty, so the bucket is not known.",
    });
  }
  await new DumpStore(aws, name, identity.account).check(context.signal);
  return { bucket: new DumpBucket(aws, name, identity.account), names };
}

/** The account, and the RDS side according to the outputs. */
async function resolveAws(source: OutputsSource, context: CommandContext) {
  const { aws, identity, names, raw } = await readEnvironment(source, context);
  const outputs = parseOutputs(raw, neededOutputs);
  const rds = await resolveRds(outputs, context.environment);
  const secretArn = outputs.database_secret_arn;
  if (secretArn === "") {
    throw outputsInvalid({
      problem: "The output database_secret_arn is empty, so the RDS password is not known.",
    });
  }
  return { aws, identity, rds, secretArn, bucket: outputs.db_backups_bucket_name ?? names.backupsBucket };
}

/** The account and the outputs, as they are. */
async function readEnvironment(source: OutputsSource, { environment, printer, signal }: CommandContext) {
  const names = resourceNames(readProject(environment));
  const aws = createAwsClients(environment);
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

async function readRdsEndpoint(
  rds: Awaited<ReturnType<typeof resolveRds>>,
  aws: AwsClients,
  arn: string,
  { printer, signal }: CommandContext,
): Promise<Endpoint> {
  const secret = await readDatabaseSecret(aws, arn, signal);
  printer.redactor.add(secret.password);
  return withCredentials(rds, secret);
}
