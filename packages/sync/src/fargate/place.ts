/** Where a sync inside AWS runs, according to the outputs, and whether its task can start there. */
import type { AwsClients } from "@pilot-light/core/aws/clients";
import { awsError } from "@pilot-light/core/aws/errors";
import { sdk } from "@pilot-light/core/aws/sdk";
import { outputsSchema } from "@pilot-light/core/contract";
import type { TaskPlace } from "@pilot-light/core/reach/owned-tasks";
import { parseOutputs, type RawOutputs } from "@pilot-light/core/terraform/outputs";
import { neonSecretEmpty, noSyncTask, syncImageMissing } from "./errors.ts";

/** Outputs that the command in the task reads. The command checks their values itself. */
const passedOutputs = [
  "database_endpoint",
  "database_port",
  "database_name",
  "database_secret_arn",
  "db_backups_bucket_name",
] as const;

const placeOutputs = outputsSchema.pick({
  database_access_cluster_name: true,
  database_access_subnet_ids: true,
  sync_task_definition_arn: true,
  sync_security_group_id: true,
  sync_log_group_name: true,
  sync_image: true,
  sync_ecr_repository_url: true,
  sync_ecr_repository_name: true,
  neon_url_secret_arn: true,
});

export interface SyncPlace extends TaskPlace {
  logGroup: string;
  image: string;
  repository: { name: string; url: string };
  neonSecret: string;
  /** The outputs that the task needs, as JSON of `cdktf output`. */
  outputs: string;
}

/** @throws OpsError NO_SYNC_TASK, OUTPUTS_INVALID (configuration) */
export function syncPlace(raw: RawOutputs, stack: string): SyncPlace {
  const outputs = parseOutputs(raw, placeOutputs);
  if (outputs.sync_task_definition_arn === "" || outputs.database_access_subnet_ids.length === 0) {
    throw noSyncTask();
  }
  const passed = passedOutputs
    .filter((name) => name in raw.values)
    .map((name) => [name, raw.values[name]] as const);
  return {
    cluster: outputs.database_access_cluster_name,
    taskDefinition: outputs.sync_task_definition_arn,
    subnets: outputs.database_access_subnet_ids,
    securityGroup: outputs.sync_security_group_id,
    logGroup: outputs.sync_log_group_name,
    image: outputs.sync_image,
    repository: { name: outputs.sync_ecr_repository_name, url: outputs.sync_ecr_repository_url },
    neonSecret: outputs.neon_url_secret_arn,
    outputs: JSON.stringify({ [stack]: Object.fromEntries(passed) }),
  };
}

/**
 * Checks the secret and the image. AWS itself would report a problem with them only after it has tried to start the task.
 * @throws OpsError NEON_SECRET_EMPTY, SYNC_IMAGE_MISSING (configuration), AWS_* (aws)
 */
export async function assertCanStart(place: SyncPlace, aws: AwsClients, signal: AbortSignal): Promise<void> {
  await Promise.all([assertSecretHasValue(place, aws, signal), assertImageExists(place, aws, signal)]);
}

/** Checks that the secret has a value, without reading the value. */
async function assertSecretHasValue(
  { neonSecret }: SyncPlace,
  aws: AwsClients,
  signal: AbortSignal,
): Promise<void> {
  const { DescribeSecretCommand } = sdk.secretsManager();
  const client = await aws.secretsManager();
  const command = new DescribeSecretCommand({ SecretId: neonSecret });
  const { VersionIdsToStages = {} } = await client
    .send(command, { abortSignal: signal })
    .catch((error: unknown) => {
      throw awsError(error, `Cannot read the secret ${neonSecret}`);
    });
  const hasValue = Object.values(VersionIdsToStages).some((stages) => stages.includes("AWSCURRENT"));
  if (!hasValue) throw neonSecretEmpty({ secret: neonSecret });
}

/** Checks that the image exists in the repository of the environment. An image of another registry is not checked. */
async function assertImageExists(
  { image, repository }: SyncPlace,
  aws: AwsClients,
  signal: AbortSignal,
): Promise<void> {
  if (repository.url === "" || !image.startsWith(repository.url)) return;
  const reference = image.slice(repository.url.length);
  const id = reference.startsWith("@")
    ? { imageDigest: reference.slice(1) }
    : { imageTag: reference.slice(1) };
  const { DescribeImagesCommand, ImageNotFoundException, RepositoryNotFoundException } = sdk.ecr();
  const client = await aws.ecr();
  const command = new DescribeImagesCommand({ repositoryName: repository.name, imageIds: [id] });
  await client.send(command, { abortSignal: signal }).catch((error: unknown) => {
    if (error instanceof ImageNotFoundException || error instanceof RepositoryNotFoundException) {
      throw syncImageMissing({ image }, { cause: error });
    }
    throw awsError(error, `Cannot check whether the image ${image} exists`);
  });
}
