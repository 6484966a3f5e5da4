/** Runs the tasks of syncs inside AWS on this machine, as their definition in the stack states. */
import { dirname, delimiter } from "node:path";
import { fileURLToPath } from "node:url";
import { sdk } from "@pilot-light/core/aws/sdk";
import {
  defaultRegion,
  resourceNames,
  syncContainer,
  syncEntryPoint,
  syncEnvironment,
} from "@pilot-light/core/contract";
import { manifest } from "./images.ts";
import { clientOptions } from "./resources.ts";
import type { RequestedTask } from "./session-manager.ts";
import { TaskProcess } from "./task-process.ts";

/** The directory that the PATH of the image contains. */
const imageDirectory = fileURLToPath(new URL("../../../../image", import.meta.url));

export interface SyncTasksOptions {
  /** Address of the emulator. */
  endpoint: string;
  project: string;
  /** The variables that AWS adds to the environment of a task, and those with which a task reaches RDS on this machine. */
  platform: Readonly<Record<string, string>>;
}

/** Creates the secret for the URL of Neon, without a value, as the stack does. Returns its ARN. */
export async function createNeonSecret({ endpoint, project }: SyncTasksOptions): Promise<string> {
  const { CreateSecretCommand, SecretsManagerClient } = sdk.secretsManager();
  const client = new SecretsManagerClient(clientOptions(endpoint));
  const { ARN = "" } = await client.send(
    new CreateSecretCommand({ Name: resourceNames(project).neonSecret }),
  );
  return ARN;
}

/** Creates the repository for the image, and pushes an image. */
export async function pushSyncImage({ endpoint, project }: SyncTasksOptions): Promise<void> {
  const { CreateRepositoryCommand, ECRClient, PutImageCommand } = sdk.ecr();
  const client = new ECRClient(clientOptions(endpoint));
  const repositoryName = resourceNames(project).syncRepository;
  await client.send(new CreateRepositoryCommand({ repositoryName }));
  await client.send(
    new PutImageCommand({ repositoryName, imageTag: "latest", imageManifest: manifest(project) }),
  );
}

/** Starts a task with the environment that it has in AWS. ECS reads the secret before it starts the container. */
export async function runSyncTask(
  { endpoint, project, platform }: SyncTasksOptions,
  { id, command, environment }: RequestedTask,
): Promise<TaskProcess> {
  const { GetSecretValueCommand, SecretsManagerClient } = sdk.secretsManager();
  const client = new SecretsManagerClient(clientOptions(endpoint));
  const names = resourceNames(project);
  const secret = await client.send(new GetSecretValueCommand({ SecretId: names.neonSecret }));
  const [program, ...args] = syncEntryPoint;
  return new TaskProcess({
    endpoint,
    program,
    args: [...args, ...command],
    environment: {
      ...syncEnvironment(project, defaultRegion),
      NEON_DATABASE_URL: secret.SecretString ?? "",
      ...environment,
      ...platform,
      PATH: [imageDirectory, dirname(process.execPath), platform.PATH ?? ""].join(delimiter),
    },
    log: { group: names.syncLogGroup, stream: `${syncContainer}/${syncContainer}/${id}` },
  });
}
