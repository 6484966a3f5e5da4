/**
 * Tasks of Fargate that one command starts, and stops when it ends. If a command is killed, the next command on the same machine finds its
 * task by the tag, and stops it.
 */
import { createHash, randomUUID } from "node:crypto";
import { readFileSync, readlinkSync } from "node:fs";
import { hostname } from "node:os";
import type { RunTaskCommandInput, Task, TaskOverride } from "@aws-sdk/client-ecs";
import type { AwsClients } from "../aws/clients.ts";
import { awsCommand } from "../aws/command-line.ts";
import { awsError } from "../aws/errors.ts";
import { readIdentity } from "../aws/identity.ts";
import { sdk } from "../aws/sdk.ts";
import type { OpsError } from "../ops-error.ts";
import { isProcessAlive } from "../process.ts";

export type { Task, TaskOverride };

/** Where such a task runs, according to the outputs. */
export interface TaskPlace {
  cluster: string;
  taskDefinition: string;
  subnets: readonly string[];
  securityGroup: string;
}

export interface TaskContext {
  aws: AwsClients;
  signal: AbortSignal;
  warn: (text: string) => void;
}

/** The machine and the process that started a task: `<hash of machine and identity>/<process id>/<random>`. */
const ownerTag = "pilot-light:owner";

/** Milliseconds that stopping tasks may take: a person waits for it after Ctrl-C. */
const stopTime = 4000;

/** The part of the owner's tag that names this machine and its identity in AWS. */
export async function ownerOf({ aws, signal }: Pick<TaskContext, "aws" | "signal">): Promise<string> {
  const { arn } = await readIdentity(aws, undefined, signal);
  return createHash("sha256").update([hostname(), processSpace(), arn].join(" ")).digest("hex").slice(0, 16);
}

/** Identifies the set of process ids: containers with the same host name have separate ids. Empty if the system does not report it. */
function processSpace(): string {
  try {
    return `${readFileSync("/proc/sys/kernel/random/boot_id", "utf8").trim()} ${readlinkSync("/proc/self/ns/pid")}`;
  } catch {
    return "";
  }
}

/** What a task gets in addition to its definition. */
export type TaskChanges = Pick<RunTaskCommandInput, "enableExecuteCommand" | "overrides">;

/** A task that this process has started, or is about to. */
export interface OwnedTask {
  /** Starts the task; returns its ARN. An interruption does not abort the request: a task with an unknown ARN could not be stopped. */
  start: (changes: TaskChanges) => Promise<string>;
  /** Stops it, if it was started. A failure is a warning. */
  stop: () => Promise<void>;
}

/** @param failed the error for a task that AWS does not start */
export function ownedTask(
  place: TaskPlace,
  owner: string,
  failed: (problem: string) => OpsError,
  context: TaskContext,
): OwnedTask {
  const tag = `${owner}/${process.pid}/${randomUUID().slice(0, 8)}`;
  let arn: string | undefined;
  let hasBegun = false;
  return {
    start: async (changes) => {
      context.signal.throwIfAborted();
      hasBegun = true;
      arn = await runTask(place, tag, changes, failed, context);
      return arn;
    },
    stop: async () => {
      if (hasBegun) await stopTasks(place, arn ?? ((task) => tagOf(task) === tag), context);
    },
  };
}

async function runTask(
  place: TaskPlace,
  tag: string,
  changes: TaskChanges,
  failed: (problem: string) => OpsError,
  { aws }: TaskContext,
): Promise<string> {
  const { RunTaskCommand } = sdk.ecs();
  const client = await aws.ecs();
  const command = new RunTaskCommand({
    cluster: place.cluster,
    taskDefinition: place.taskDefinition,
    // The SDK repeats a request that gets no answer. With the same token, AWS starts only one task.
    clientToken: randomUUID(),
    count: 1,
    launchType: "FARGATE",
    startedBy: "pilot-light",
    tags: [{ key: ownerTag, value: tag }],
    networkConfiguration: {
      awsvpcConfiguration: {
        subnets: [...place.subnets],
        securityGroups: [place.securityGroup],
        // Without an address, the task reaches neither its image nor AWS: pilot light has no NAT gateway.
        assignPublicIp: "ENABLED",
      },
    },
    ...changes,
  });
  const { tasks = [], failures = [] } = await client.send(command).catch((error: unknown) => {
    throw awsError(error, `Cannot start a task in ${place.cluster}`);
  });
  const arn = tasks[0]?.taskArn;
  if (arn !== undefined) return arn;
  const reasons = failures.map(({ reason = "", detail = "" }) => `${reason} ${detail}`.trim());
  throw failed(`AWS did not start it: ${reasons.join(", ")}`);
}

/** Why a task stopped, as AWS describes it. */
export function stopReasons({ stoppedReason, containers = [] }: Task): string {
  const reasons = [stoppedReason, ...containers.map(({ reason }) => reason)];
  return [...new Set(reasons)].filter(Boolean).join("; ") || "AWS gives no reason";
}

/** The id at the end of a task's ARN. */
export function idOf(arn: string): string {
  return arn.split("/").at(-1) ?? arn;
}

function tagOf({ tags = [] }: Task): string | undefined {
  return tags.find(({ key }) => key === ownerTag)?.value;
}

/**
 * Stops the tasks of commands of this machine whose process has ended. Another command may run at this moment, and uses its own task.
 * @returns their ARNs
 */
export async function stopAbandonedTasks(
  place: Pick<TaskPlace, "cluster">,
  owner: string,
  context: TaskContext,
): Promise<readonly string[]> {
  return await stopTasks(
    place,
    (task) => {
      const [machine, pid] = (tagOf(task) ?? "").split("/");
      return machine === owner && !isProcessAlive(Number(pid));
    },
    context,
  );
}

/**
 * Stops tasks. A failure is a warning: it must not hide the result of the command.
 * @param which the ARN of one task; or which of the tasks of the cluster
 * @returns the ARNs of the tasks that were asked to stop
 */
async function stopTasks(
  place: Pick<TaskPlace, "cluster">,
  which: string | ((task: Task) => boolean),
  context: TaskContext,
): Promise<readonly string[]> {
  const { aws, warn } = context;
  const { cluster } = place;
  const signal = AbortSignal.timeout(stopTime);
  try {
    const { StopTaskCommand } = sdk.ecs();
    const client = await aws.ecs();
    const arns = typeof which === "string" ? [which] : await findTasks(place, which, context, signal);
    const reason = "Its pilot-light command has ended.";
    await Promise.all(
      arns.map((task) =>
        client.send(new StopTaskCommand({ cluster, task, reason }), { abortSignal: signal }),
      ),
    );
    return arns;
  } catch (error) {
    const list = awsCommand(aws, `ecs list-tasks --cluster ${cluster}`);
    warn(`${awsError(error, `Cannot stop the task in ${cluster}`).message} To see it:  ${list}`);
    return [];
  }
}

/** ARNs of the tasks that run or are about to, and that `isChosen` names. */
async function findTasks(
  place: Pick<TaskPlace, "cluster">,
  isChosen: (task: Task) => boolean,
  context: TaskContext,
  signal: AbortSignal,
): Promise<string[]> {
  const { ListTasksCommand } = sdk.ecs();
  const client = await context.aws.ecs();
  const command = new ListTasksCommand({ cluster: place.cluster, desiredStatus: "RUNNING" });
  const { taskArns = [] } = await client.send(command, { abortSignal: signal });
  const tasks = await describeTasks(place, taskArns, context, signal);
  return tasks.filter(isChosen).map(({ taskArn = "" }) => taskArn);
}

/** Descriptions of tasks, with their tags. */
export async function describeTasks(
  { cluster }: Pick<TaskPlace, "cluster">,
  tasks: readonly string[],
  { aws }: Pick<TaskContext, "aws">,
  signal: AbortSignal,
): Promise<Task[]> {
  if (tasks.length === 0) return [];
  const { DescribeTasksCommand } = sdk.ecs();
  const client = await aws.ecs();
  const command = new DescribeTasksCommand({ cluster, tasks: tasks.slice(0, 100), include: ["TAGS"] });
  const reply = await client.send(command, { abortSignal: signal }).catch((error: unknown) => {
    throw awsError(error, `Cannot read the tasks of ${cluster}`);
  });
  return reply.tasks ?? [];
}
