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

/** Follows the task to its end. An interruption stops it. */
async function follow(
  arn: string,
  run: TaskRun,
  stop: () => Promise<void>,
  context: RunContext,
): Promise<EndedTask> {
  const { signal } = context;
  const followed = new FollowedTask(arn, run, context);
  for (;;) {
    if (signal.aborted && !followed.isStopping) {
      followed.expectStop();
      await stop();
    }
    const task = await followed.update();
    const end = followed.unlistedEnd() ?? (await followed.stoppedEnd(task));
    if (end !== undefined) return end;
    followed.assertInTime(task);
    await pause(followed.isStopping ? undefined : signal);
  }
}

/** What this command knows about its task. */
class FollowedTask {
  /** Whether the task was asked to stop. */
  isStopping = false;
  readonly #arn: string;
  readonly #run: TaskRun;
  readonly #context: RunContext;
  readonly #log: TaskLog;
  readonly #output = new TaskOutput();
  #hasRun = false;
  /** When the task must run, or have stopped. */
  #deadline: number;
  /** When AWS last answered. */
  #reached = performance.now();
  /** When AWS last listed the task. */
  #listed = performance.now();

  constructor(arn: string, run: TaskRun, context: RunContext) {
    this.#arn = arn;
    this.#run = run;
    this.#context = context;
    const stream = `${syncContainer}/${syncContainer}/${this.#id}`;
    this.#log = new TaskLog(context.aws, { group: run.place.logGroup, stream });
    this.#deadline = secondsFromNow(run.startSeconds);
  }

  /** From now on, the task must stop. */
  expectStop(): void {
    this.isStopping = true;
    this.#deadline = secondsFromNow(stopSeconds);
  }

  /**
   * Reads the state of the task, and prints the new lines of its log. Undefined if AWS did not answer, or does not list the task.
   * @throws OpsError SYNC_TASK_UNFOLLOWED, SYNC_TASK_LOST (aws) if AWS has not answered for too long
   */
  async update(): Promise<Task | undefined> {
    // Wait for both requests: two reads of the log at once would print lines twice.
    const task = await settleAll([this.#describe(), this.#read()]).then(
      ([found]) => {
        this.#reached = performance.now();
        return found;
      },
      (error: unknown) => {
        this.#assertReachable(error);
        return undefined;
      },
    );
    if (task === undefined) return undefined;
    this.#listed = performance.now();
    if (!beforeRunning.has(statusOf(task)) && task.startedAt !== undefined) this.#hasRun = true;
    return task;
  }

  /**
   * The end of a task that ran and that AWS no longer lists; undefined if AWS lists it.
   * @throws OpsError SYNC_TASK_LOST (aws) if its document did not arrive
   */
  unlistedEnd(): EndedTask | undefined {
    if (!this.#hasRun || secondsSince(this.#listed, this.#reached) <= unlistedSeconds) return undefined;
    const { document } = this.#output;
    if (document === undefined) throw this.#lost(unlistedSeconds);
    return { id: this.#id, document, reason: "AWS no longer lists the task", writes: this.#writes };
  }

  /**
   * The end of a task that has stopped; undefined if it has not.
   * @throws OpsError SYNC_TASK_NOT_STARTED, SYNC_TASK_ENDED (aws), INTERRUPTED
   */
  async stoppedEnd(task: Task | undefined): Promise<EndedTask | undefined> {
    if (task === undefined || statusOf(task) !== "STOPPED") return undefined;
    const problems = this.#hasRun ? await readLateLines(this.#output, () => this.#read()) : [];
    const end = ended(task, this.#run.place, this.#output, problems, this.#context.signal);
    return { ...end, writes: this.#writes };
  }

  /** @throws OpsError SYNC_TASK_LOST, SYNC_TASK_NOT_STARTED (aws) if the task has not stopped or started in time */
  assertInTime(task: Task | undefined): void {
    if (performance.now() <= this.#deadline) return;
    if (this.isStopping) throw this.#lost(stopSeconds);
    if (this.#hasRun) return;
    const { place, startSeconds } = this.#run;
    const problem = `it does not run after ${startSeconds} s; its status is ${statusOf(task)}`;
    throw syncTaskNotStarted({ cluster: place.cluster, task: this.#id, problem });
  }

  get #id(): string {
    return idOf(this.#arn);
  }

  get #writes(): boolean {
    return !this.#run.command.includes("--dry-run");
  }

  async #describe(): Promise<Task | undefined> {
    const { aws } = this.#context;
    const [found] = await describeTasks(
      this.#run.place,
      [this.#arn],
      { aws },
      AbortSignal.timeout(requestTime),
    );
    return found;
  }

  async #read(): Promise<void> {
    const lines = this.#output.add(await this.#log.read(AbortSignal.timeout(requestTime)));
    for (const line of lines) this.#context.print(line);
  }

  /** Throws if requests have failed for too long. */
  #assertReachable(error: unknown): void {
    const seconds = secondsSince(this.#reached);
    if (this.#hasRun && seconds > rejectedSeconds && isRejected(error)) throw this.#unfollowed(error);
    if (seconds > lostSeconds) throw this.#lost(lostSeconds, error);
  }

  #lost(seconds: number, cause?: unknown): OpsError {
    const { cluster } = this.#run.place;
    const command = this.#command(`ecs describe-tasks --cluster ${cluster} --tasks ${this.#id}`);
    const details = cause === undefined ? [] : [messageOf(cause)];
    return syncTaskLost({ task: this.#id, seconds, command }, { cause, details });
  }

  #unfollowed(cause: unknown): OpsError {
    const { cluster, logGroup } = this.#run.place;
    const log = this.#command(`logs tail ${logGroup} --follow --since 1h`);
    const wait = this.#command(`ecs wait tasks-stopped --cluster ${cluster} --tasks ${this.#id}`);
    return syncTaskUnfollowed({ task: this.#id, log, wait }, { cause, details: [messageOf(cause)] });
  }

  #command(words: string): string {
    return awsCommand(this.#context.aws, words);
  }
}

/** A task without a status, or that AWS does not list yet, is being prepared. */
function statusOf(task: Task | undefined): string {
  return task?.lastStatus ?? "PROVISIONING";
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

function secondsSince(start: number, end = performance.now()): number {
  return (end - start) / 1000;
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
