/**
 * A task of Fargate inside the VPC that runs for one command, so that Systems Manager can forward a port to the database. The command
 * stops it. A task that a killed command left is found by its tag and stopped by the next command on the same machine; in any case the
 * container ends after an hour.
 */
import { createHash, randomUUID } from "node:crypto";
import { readFileSync, readlinkSync } from "node:fs";
import { hostname } from "node:os";
import { setTimeout as sleep } from "node:timers/promises";
import type { Task } from "@aws-sdk/client-ecs";
import type { AwsClients } from "../aws/clients.ts";
import { awsCommand } from "../aws/command-line.ts";
import { awsError } from "../aws/errors.ts";
import { readIdentity } from "../aws/identity.ts";
import { sdk } from "../aws/sdk.ts";
import { accessTaskFailed } from "../errors.ts";
import { isProcessAlive } from "../process.ts";

/** Where such a task runs, according to the outputs. */
export interface TaskPlace {
  cluster: string;
  taskDefinition: string;
  subnets: readonly string[];
  securityGroup: string;
}

/** The machine and the process that started a task: `<hash of machine and identity>/<process id>/<random>`. */
const ownerTag = "pilot-light:owner";

/** Milliseconds that stopping tasks may take: a person waits for it after Ctrl-C. */
const stopTime = 4000;
const pauseMs = 1000;

/** Milliseconds after which the container ends, as its definition in the stack states. */
const lifetime = 3_600_000;

export interface AccessTask extends AsyncDisposable {
  /** For StartSession. */
  target: string;
  id: string;
  /** When its container ends, in milliseconds since 1970. */
  endsAt: number;
}

export interface TaskContext {
  aws: AwsClients;
  signal: AbortSignal;
  warn: (text: string) => void;
}

/** The part of the owner's tag that names this machine and its identity in AWS. */
async function ownerOf({ aws, signal }: Pick<TaskContext, "aws" | "signal">): Promise<string> {
  const { arn } = await readIdentity(aws, undefined, signal);
  return createHash("sha256").update([hostname(), processSpace(), arn].join(" ")).digest("hex").slice(0, 16);
}

/** Where a process id means the same process: containers of one host name have ids of their own. Empty where the system does not tell. */
function processSpace(): string {
  try {
    return `${readFileSync("/proc/sys/kernel/random/boot_id", "utf8").trim()} ${readlinkSync("/proc/self/ns/pid")}`;
  } catch {
    return "";
  }
}

/**
 * Starts a task, and waits until a session can be started in it. First stops the tasks that killed commands of this machine left.
 * @param seconds that the start may take
 * @throws OpsError ACCESS_TASK_FAILED (aws), or what AWS refuses
 */
export async function startAccessTask(
  place: TaskPlace,
  seconds: number,
  context: TaskContext,
): Promise<AccessTask> {
  const owner = await ownerOf(context);
  await stopAbandonedTasks(place, owner, context);
  const tag = `${owner}/${process.pid}/${randomUUID().slice(0, 8)}`;
  let arn: string | undefined;
  const stop = () => stopTasks(place, arn ?? ((task) => tagOf(task) === tag), context);
  try {
    const endsAt = Date.now() + lifetime;
    arn = await runTask(place, tag, context);
    const target = await waitUntilReady(place, arn, seconds, context);
    return { target, id: idOf(arn), endsAt, [Symbol.asyncDispose]: stop };
  } catch (error) {
    await stop();
    throw error;
  }
}

/** The request is not aborted by an interruption: a task that nobody knows would run. */
async function runTask(place: TaskPlace, tag: string, { aws, signal }: TaskContext): Promise<string> {
  signal.throwIfAborted();
  const { RunTaskCommand } = sdk.ecs();
  const client = await aws.ecs();
  const command = new RunTaskCommand({
    cluster: place.cluster,
    taskDefinition: place.taskDefinition,
    // The SDK repeats a request without an answer. With a token, AWS starts one task nevertheless.
    clientToken: randomUUID(),
    count: 1,
    launchType: "FARGATE",
    enableExecuteCommand: true,
    startedBy: "pilot-light",
    tags: [{ key: ownerTag, value: tag }],
    networkConfiguration: {
      awsvpcConfiguration: {
        subnets: [...place.subnets],
        securityGroups: [place.securityGroup],
        // Without an address, the task reaches neither its image nor Systems Manager: pilot light has no NAT gateway.
        assignPublicIp: "ENABLED",
      },
    },
  });
  const { tasks = [], failures = [] } = await client.send(command).catch((error: unknown) => {
    throw awsError(error, `Cannot start a task in ${place.cluster}`);
  });
  const arn = tasks[0]?.taskArn;
  if (arn !== undefined) return arn;
  const reasons = failures.map(({ reason = "", detail = "" }) => `${reason} ${detail}`.trim());
  throw accessTaskFailed({ cluster: place.cluster, problem: `AWS did not start it: ${reasons.join(", ")}` });
}

async function waitUntilReady(
  place: TaskPlace,
  arn: string,
  seconds: number,
  context: TaskContext,
): Promise<string> {
  const { cluster } = place;
  const end = performance.now() + seconds * 1000;
  for (let last = "PENDING"; ;) {
    const [task] = await describeTasks(place, [arn], context, context.signal);
    last = task?.lastStatus ?? last;
    const target = task === undefined ? undefined : targetOf(cluster, task);
    if (target !== undefined) return target;
    if (task !== undefined && (last === "STOPPED" || task.desiredStatus === "STOPPED")) {
      const reasons = [task.stoppedReason, ...(task.containers ?? []).map(({ reason }) => reason)];
      const problem = `it stopped: ${reasons.filter(Boolean).join("; ") || "AWS gives no reason"}`;
      throw accessTaskFailed({ cluster, task: idOf(arn), problem });
    }
    if (performance.now() > end) {
      const agent = last === "RUNNING" ? ", but its agent of Systems Manager does not run" : "";
      const problem = `no session was possible within ${seconds} s; its status is ${last}${agent}`;
      throw accessTaskFailed({ cluster, task: idOf(arn), problem });
    }
    await sleep(pauseMs, undefined, { signal: context.signal });
  }
}

/** The target for StartSession of a task whose agent runs; undefined while it does not. */
export function targetOf(cluster: string, task: Task): string | undefined {
  if (task.lastStatus !== "RUNNING" || task.enableExecuteCommand !== true) return undefined;
  const container = (task.containers ?? []).find(({ runtimeId, managedAgents = [] }) =>
    managedAgents.some(
      ({ name, lastStatus }) =>
        name === "ExecuteCommandAgent" && lastStatus === "RUNNING" && runtimeId !== undefined,
    ),
  );
  if (container?.runtimeId === undefined) return undefined;
  return `ecs:${cluster}_${idOf(task.taskArn ?? "")}_${container.runtimeId}`;
}

/** The id at the end of a task's ARN. */
export function idOf(arn: string): string {
  return arn.split("/").at(-1) ?? arn;
}

function tagOf({ tags = [] }: Task): string | undefined {
  return tags.find(({ key }) => key === ownerTag)?.value;
}

/** Stops the tasks of commands of this machine whose process has ended. Another command may run at this moment, and uses its own task. */
async function stopAbandonedTasks(place: TaskPlace, owner: string, context: TaskContext): Promise<void> {
  await stopTasks(
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
 */
async function stopTasks(
  place: TaskPlace,
  which: string | ((task: Task) => boolean),
  context: TaskContext,
): Promise<void> {
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
  } catch (error) {
    const list = awsCommand(aws, `ecs list-tasks --cluster ${cluster}`);
    warn(
      `${awsError(error, `Cannot stop the task in ${cluster}`).message} It ends by itself after an hour at most. To see it:  ${list}`,
    );
  }
}

/** ARNs of the tasks that run or are about to, and that `isChosen` names. */
async function findTasks(
  place: TaskPlace,
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
