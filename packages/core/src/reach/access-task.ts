/**
 * A task of Fargate inside the VPC that runs for one command, so that Systems Manager can forward a port to the database. The command
 * stops it; in any case the container ends after an hour.
 */
import { setTimeout as sleep } from "node:timers/promises";
import type { Task } from "@aws-sdk/client-ecs";
import { accessTaskFailed } from "../errors.ts";
import {
  describeTasks,
  idOf,
  ownedTask,
  ownerOf,
  stopAbandonedTasks,
  stopReasons,
  type TaskContext,
  type TaskPlace,
} from "./owned-tasks.ts";

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

/**
 * Starts a task, and waits until a session can be started in it. First stops the tasks that killed commands left behind on this machine.
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
  const { cluster } = place;
  const { start, stop } = ownedTask(
    place,
    owner,
    (problem) => accessTaskFailed({ cluster, problem }),
    context,
  );
  try {
    const endsAt = Date.now() + lifetime;
    const arn = await start({ enableExecuteCommand: true });
    const target = await waitUntilReady(place, arn, seconds, context);
    return { target, id: idOf(arn), endsAt, [Symbol.asyncDispose]: stop };
  } catch (error) {
    await stop();
    throw error;
  }
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
      const problem = `it stopped: ${stopReasons(task)}`;
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
