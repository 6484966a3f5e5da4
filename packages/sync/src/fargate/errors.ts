/** The registry of the errors of syncs that run inside AWS: `pnpm sync --on-fargate`. */
import { formatBytes } from "@pilot-light/core/output/format";
import { defineError } from "@pilot-light/core/ops-error";
import { deployCommand } from "@pilot-light/core/terraform/deploy-command";

export const noSyncTask = defineError({
  code: "NO_SYNC_TASK",
  failure: "configuration",
  meaning: "`--on-fargate` was given, but the deployed environment has no task definition for syncs.",
  remedy: "Deploy the environment with this version, which adds the task definition.",
  state: "nothing-written",
  message: () => "The deployed environment has no task definition for syncs.",
  hint: () => `An earlier version deployed the environment. To deploy it again:  ${deployCommand}`,
});

export const neonSecretEmpty = defineError<{ secret: string }>({
  code: "NEON_SECRET_EMPTY",
  failure: "configuration",
  meaning: "The secret from which a sync inside AWS reads the connection URL of Neon has no value yet.",
  remedy: "Store the URL with `pnpm sync store-neon-url`, which reads it from standard input.",
  state: "nothing-written",
  message: ({ secret }) =>
    `The secret ${secret} has no value, so the task would have no URL of the Neon database.`,
  hint: () => `To store the URL:  printf %s "$NEON_DATABASE_URL" | pnpm sync store-neon-url`,
});

export const neonSecretDiffers = defineError<{ stored: string; local: string }>({
  code: "NEON_SECRET_DIFFERS",
  failure: "configuration",
  meaning: "NEON_DATABASE_URL of this machine and the URL that is stored in AWS name different databases.",
  remedy: "Store the URL of this machine with `pnpm sync store-neon-url`, or unset NEON_DATABASE_URL.",
  state: "nothing-written",
  message: ({ stored, local }) =>
    `The task would use the Neon database ${stored}, but NEON_DATABASE_URL of this machine names ${local}.`,
  hint: () =>
    `To use the stored URL, remove NEON_DATABASE_URL from the environment and from .env. To store the URL of this machine:  printf %s "$NEON_DATABASE_URL" | pnpm sync store-neon-url`,
});

export const neonUrlNotGiven = defineError({
  code: "NEON_URL_NOT_GIVEN",
  failure: "usage",
  meaning: "`pnpm sync store-neon-url` got no URL on standard input.",
  remedy: "Write the URL to standard input. Every user of the machine could see an argument.",
  state: "nothing-written",
  message: () => "Standard input contains no URL to store.",
  hint: () =>
    `The shell does not read .env: export NEON_DATABASE_URL first. To write the URL to standard input:  printf %s "$NEON_DATABASE_URL" | pnpm sync store-neon-url`,
});

export const syncImageMissing = defineError<{ image: string }>({
  code: "SYNC_IMAGE_MISSING",
  failure: "configuration",
  meaning: "The repository of the environment does not have the image with which a sync inside AWS runs.",
  remedy: "Push the image: run the workflow `image`, or follow docs/runbooks/sync-on-fargate.md.",
  state: "nothing-written",
  message: ({ image }) => `The image ${image} does not exist.`,
  hint: () =>
    "Run the workflow `image` of the repository, or push the image as docs/runbooks/sync-on-fargate.md describes.",
});

export const syncImageDiffers = defineError<{ image: string; problem: string; mayHaveSynced: boolean }>({
  code: "SYNC_IMAGE_DIFFERS",
  failure: "configuration",
  meaning: "The task printed a result that this version cannot read, because its image has another version.",
  remedy:
    "Push an image with the version of the tool that you use. If the task had begun to sync, the target may be replaced: run `pnpm compare` first.",
  message: ({ image, problem, mayHaveSynced }) =>
    `The result of the task cannot be read: ${problem}. Its image is ${image}.${mayHaveSynced ? " The sync may have replaced the target: the target is unchanged, or it is the verified copy." : ""}`,
  hint: ({ mayHaveSynced }) =>
    `Push an image with the version of the tool that you use, as docs/runbooks/sync-on-fargate.md describes.${mayHaveSynced ? " To see what the target contains:  pnpm compare" : ""}`,
});

export const syncTooLarge = defineError<{ neededBytes: number; mostGibibytes: number; hasBackup: boolean }>({
  code: "SYNC_TOO_LARGE",
  failure: "precondition",
  meaning: "The dumps of the databases may need more storage than AWS offers for a task.",
  remedy:
    "If the dump of the source alone fits, skip the dump of the target with `--no-target-backup`. For larger databases use AWS DMS or logical replication.",
  state: "nothing-written",
  message: ({ neededBytes, mostGibibytes }) =>
    `The dumps may need ${formatBytes(neededBytes)}, and a task has at most ${mostGibibytes} GiB of storage.`,
  hint: ({ hasBackup }) =>
    `For databases of this size, AWS DMS or logical replication is the better tool: docs/runbooks/sync-on-fargate.md.${hasBackup ? " To skip the dump of the target, add the option:  --no-target-backup" : ""}`,
});

export const syncTaskNotStarted = defineError<{ cluster: string; task?: string; problem: string }>({
  code: "SYNC_TASK_NOT_STARTED",
  failure: "aws",
  meaning: "The task for a sync inside AWS did not start. The message contains the reason that AWS gives.",
  remedy:
    "Fix the problem that AWS reports. If the task only needs more time, raise PILOT_LIGHT_SSM_TASK_SECONDS.",
  message: ({ cluster, task, problem }) =>
    `The task${task === undefined ? "" : ` ${task}`} in ${cluster} did not start: ${problem}.`,
  hint: ({ problem }) =>
    problem.includes("CannotPull")
      ? "Check that the image exists and is built for the processors of the task: docs/runbooks/sync-on-fargate.md"
      : "Run the command again. If the task only needs more time:  export PILOT_LIGHT_SSM_TASK_SECONDS=600",
});

export const syncTaskEnded = defineError<{ task: string; exitCode: number | undefined; reason: string }>({
  code: "SYNC_TASK_ENDED",
  failure: "aws",
  meaning:
    "The task of a sync inside AWS ended without a result, such as a task that was killed or ran out of memory.",
  remedy:
    "Run the sync again. It repairs what the killed sync left. If the task ran out of memory, raise `sync_task_memory`.",
  message: ({ task, exitCode, reason }) =>
    `The task ${task} ended without a result${exitCode === undefined ? "" : `, with exit code ${exitCode}`}: ${reason}.`,
  hint: () =>
    "The target is unchanged, or it is the verified copy. If the task was killed during the swap, the next sync repairs the target. Run the sync again. If the task ran out of memory, raise the Terraform variable sync_task_memory.",
});

export const syncTaskUnfollowed = defineError<{ task: string; log: string; wait: string }>({
  code: "SYNC_TASK_UNFOLLOWED",
  failure: "aws",
  meaning:
    "The AWS credentials of this machine expired while a task was running. The task uses its own IAM role, not these credentials, and continues.",
  remedy:
    "Log in again. Follow the task with the commands of the hint. When it has stopped, its last line states the result.",
  state: "unknown",
  message: ({ task }) =>
    `The task ${task} continues, but this command cannot follow it any longer: AWS rejects the credentials of this machine.`,
  hint: ({ log, wait }) =>
    `Log in again:  aws sso login    To follow the task:  ${log}    To wait for its end:  ${wait}    Then compare both databases:  pnpm compare`,
});

export const syncTaskLost = defineError<{ task: string; seconds: number; command: string }>({
  code: "SYNC_TASK_LOST",
  failure: "aws",
  meaning: "The command could not follow its task in AWS any longer, or the task did not stop in time.",
  remedy: "Inspect the task with the command of the hint. When the task has stopped, run the sync again.",
  state: "unknown",
  message: ({ task, seconds }) =>
    `For ${seconds} s, the command could not find out the state of the task ${task}.`,
  hint: ({ command }) => `The task may still run. To inspect the task:  ${command}`,
});
