/** Runs a command in a task of Fargate as if it ran here: prints its log, passes an interruption on to it, and leaves no task. */
import { setTimeout as sleep } from "node:timers/promises";
import { settleAll } from "@pilot-light/core/async/settle";
import type { AwsClients } from "@pilot-light/core/aws/clients";
import { awsCommand } from "@pilot-light/core/aws/command-line";
import { awsError } from "@pilot-light/core/aws/errors";
import { syncContainer } from "@pilot-light/core/contract";
import { awsCredentials } from "@pilot-light/core/errors";
import { OpsError, messageOf } from "@pilot-light/core/ops-error";
import {
  describeTasks,
  idOf,
  ownedTask,
  stopReasons,
  type Task,
  type TaskOverride,
} from "@pilot-light/core/reach/owned-tasks";
import { syncTaskEnded, syncTaskLost, syncTaskNotStarted, syncTaskUnfollowed } from "./errors.ts";
import { TaskLog } from "./log.ts";
import type { SyncPlace } from "./place.ts";
import { TaskOutput } from "./task-output.ts";

/** A task that has ended, with the document that its command printed. */
export interface EndedTask {
  id: string;
  document: string;
  /** Whether its command writes to the target; a dry run does not. */
  writes: boolean;
  /** Why the task stopped, as AWS states it. That its container exited is a reason as well. */
  reason: string;
}

export interface TaskRun {
  place: SyncPlace;
  /** Identifies this machine in the tag of the task. */
  owner: string;
  command: readonly string[];
  environment: Readonly<Record<string, string>>;
  /** GiB, if the storage that every task has is not enough. */
  storage: number | undefined;
  /** Seconds that the task may take to start. */
  startSeconds: number;
}

export interface RunContext {
  aws: AwsClients;
  signal: AbortSignal;
  /** Called with each line of the log. */
  print: (line: string) => void;
  warn: (text: string) => void;
  detail: (text: string) => void;
}

const pauseMs = 1000;

/** Milliseconds that one request may take. */
const requestTime = 30_000;

/** Seconds for which requests may fail, such as on a laptop that changes its network. */
const lostSeconds = 120;

/** Seconds for which AWS may reject the credentials, because another program may be renewing them. */
const rejectedSeconds = 10;

/** Seconds after which a task that ran and that AWS does not list is lost. AWS forgets a task an hour after its end. */
const unlistedSeconds = 5;

/** Seconds in which a task must stop after SIGTERM. Its definition gives its container two minutes. */
const stopSeconds = 180;

/** Seconds for which the last lines of the log may arrive after the end of the task. */
const lateSeconds = 20;

const beforeRunning = new Set(["PROVISIONING", "PENDING", "ACTIVATING"]);

/**
 * Runs the command to its end. An interruption stops the task. This function then waits until the command in the task has removed what it
 * created.
 * @throws OpsError SYNC_TASK_NOT_STARTED, SYNC_TASK_ENDED, SYNC_TASK_LOST, SYNC_TASK_UNFOLLOWED, AWS_* (aws), INTERRUPTED
 */
export async function runInTask(run: TaskRun, context: RunContext): Promise<EndedTask> {
  const { place, owner } = run;
  const { aws, signal, warn } = context;
  const { cluster } = place;
  const failed = (problem: string) => syncTaskNotStarted({ cluster, problem });
  const task = ownedTask(place, owner, failed, { aws, signal, warn });
  const { code: unfollowed } = syncTaskUnfollowed.entry;
  try {
    const arn = await task.start({ overrides: overridesOf(run) });
    context.detail(`started the task ${idOf(arn)} in ${cluster}`);
    return await follow(arn, run, task.stop, context);
  } catch (error) {
    // SYNC_TASK_UNFOLLOWED: the task continues, and must not be stopped.
    if (!(error instanceof OpsError && error.code === unfollowed)) await task.stop();
    throw error;
  }
}

function overridesOf({ command, environment, storage }: TaskRun): TaskOverride {
  return {
    containerOverrides: [
      {
        name: syncContainer,
        command: [...command],
        environment: Object.entries(environment).map(([name, value]) => ({ name, value })),
      },
    ],
    ...(storage === undefined ? {} : { ephemeralStorage: { sizeInGiB: storage } }),
  };
}

async function follow(
  arn: string,
  { place, command, startSeconds }: TaskRun,
  stop: () => Promise<void>,
  { aws, signal, print }: RunContext,
): Promise<EndedTask> {
  const id = idOf(arn);
  const log = new TaskLog(aws, { group: place.logGroup, stream: `${syncContainer}/${syncContainer}/${id}` });
  const output = new TaskOutput();
  const read = async () => {
    for (const line of output.add(await log.read(AbortSignal.timeout(requestTime)))) print(line);
  };
  const describe = async () => {
    const [found] = await describeTasks(place, [arn], { aws }, AbortSignal.timeout(requestTime));
    return found;
  };
  const lost = (seconds: number, cause?: unknown) =>
    syncTaskLost(
      {
        task: id,
        seconds,
        command: awsCommand(aws, `ecs describe-tasks --cluster ${place.cluster} --tasks ${id}`),
      },
      { cause, details: cause === undefined ? [] : [messageOf(cause)] },
    );

  const unfollowed = (cause: unknown) => {
    const log = awsCommand(aws, `logs tail ${place.logGroup} --follow --since 1h`);
    const wait = awsCommand(aws, `ecs wait tasks-stopped --cluster ${place.cluster} --tasks ${id}`);
    return syncTaskUnfollowed({ task: id, log, wait }, { cause, details: [messageOf(cause)] });
  };

  const writes = !command.includes("--dry-run");
  let [hasRun, stopping] = [false, false];
  let [deadline, reached, listed] = [secondsFromNow(startSeconds), performance.now(), performance.now()];
  for (;;) {
    if (signal.aborted && !stopping) {
      stopping = true;
      deadline = secondsFromNow(stopSeconds);
      await stop();
    }
    // Wait for both requests: two reads of the log at once would print lines twice.
    const task = await settleAll([describe(), read()]).then(
      ([found]) => {
        reached = performance.now();
        return found;
      },
      (error: unknown) => {
        const seconds = (performance.now() - reached) / 1000;
        if (hasRun && seconds > rejectedSeconds && isRejected(error)) throw unfollowed(error);
        if (seconds > lostSeconds) throw lost(lostSeconds, error);
        return undefined;
      },
    );
    const status = task?.lastStatus ?? "PROVISIONING";
    if (task !== undefined) listed = performance.now();
    if (hasRun && (reached - listed) / 1000 > unlistedSeconds) {
      if (output.document === undefined) throw lost(unlistedSeconds);
      return { id, document: output.document, reason: "AWS no longer lists the task", writes };
    }
    if (task !== undefined && !beforeRunning.has(status) && task.startedAt !== undefined) hasRun = true;
    if (task !== undefined && status === "STOPPED") {
      const problems = hasRun ? await readLateLines(output, read) : [];
      return { ...ended(task, place, output, problems, signal), writes };
    }
    if (stopping && performance.now() > deadline) throw lost(stopSeconds);
    if (!stopping && !hasRun && performance.now() > deadline) {
      const problem = `it does not run after ${startSeconds} s; its status is ${status}`;
      throw syncTaskNotStarted({ cluster: place.cluster, task: id, problem });
    }
    await pause(stopping ? undefined : signal);
  }
}

/** Whether AWS rejects the credentials. The error may be an error of the SDK. */
function isRejected(error: unknown): boolean {
  const known = awsError(error, "");
  return known instanceof OpsError && known.code === awsCredentials.entry.code;
}

/** The pause ends early with an interruption. */
async function pause(signal: AbortSignal | undefined): Promise<void> {
  const options = signal === undefined ? {} : { signal };
  await sleep(pauseMs, undefined, options).catch(() => undefined);
}

function secondsFromNow(seconds: number): number {
  return performance.now() + seconds * 1000;
}

/**
 * Reads until the document has arrived or the time is over. A request that fails is repeated until then.
 * @returns why the log could not be read, for the details of an error; empty if it could
 */
export async function readLateLines(
  output: Pick<TaskOutput, "document">,
  read: () => Promise<void>,
  { seconds, pause: pauseBetween }: { seconds: number; pause: number } = {
    seconds: lateSeconds,
    pause: pauseMs,
  },
): Promise<string[]> {
  const end = secondsFromNow(seconds);
  let problems: string[] = [];
  while (output.document === undefined && performance.now() < end) {
    await sleep(pauseBetween);
    problems = await read().then(
      () => [],
      (error: unknown) => [`the end of its log cannot be read: ${messageOf(error)}`],
    );
  }
  return problems;
}

function ended(
  task: Task,
  { cluster }: SyncPlace,
  output: TaskOutput,
  problems: readonly string[],
  signal: AbortSignal,
): Omit<EndedTask, "writes"> {
  const id = idOf(task.taskArn ?? "");
  const reason = stopReasons(task);
  if (output.document !== undefined) return { id, document: output.document, reason };
  if (task.startedAt === undefined) {
    signal.throwIfAborted();
    throw syncTaskNotStarted({ cluster, task: id, problem: `it stopped: ${reason}` });
  }
  const exitCode = task.containers?.[0]?.exitCode;
  const details = [...output.tail, ...problems];
  throw syncTaskEnded({ task: id, exitCode, reason }, { state: "unknown", details });
}

/** Waits until tasks have stopped. A sync that is still undoing its work holds the lock of the target. */
export async function untilStopped(
  place: Pick<SyncPlace, "cluster">,
  arns: readonly string[],
  { aws, signal }: Pick<RunContext, "aws" | "signal">,
): Promise<void> {
  const end = secondsFromNow(stopSeconds);
  while (performance.now() < end) {
    const tasks = await describeTasks(place, arns, { aws }, signal);
    if (tasks.every(({ lastStatus }) => lastStatus === "STOPPED")) return;
    await sleep(pauseMs, undefined, { signal });
  }
}
