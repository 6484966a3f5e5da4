/** A task of ECS in the stand-in for Systems Manager: its names, and how ECS describes it. */
import { randomUUID } from "node:crypto";
import type { TaskProcess } from "./task-process.ts";

/** A task, as ECS describes it. */
export interface StandInTask {
  id: string;
  cluster: string;
  status: "PENDING" | "RUNNING" | "STOPPED";
  stoppedReason: string;
  tags: readonly { key: string; value: string }[];
  /** Whether it was started with ECS Exec. */
  exec: boolean;
  publicAddress: boolean;
  service?: string;
  /** The process of a task that runs a command. */
  process?: TaskProcess;
  exitCode?: number;
  /** GiB that were requested. */
  storage?: number;
}

export function newTask(cluster: string, status: StandInTask["status"]): StandInTask {
  const id = randomUUID().replaceAll("-", "");
  return { id, cluster, status, stoppedReason: "", tags: [], exec: false, publicAddress: false };
}

export function arnOf({ cluster, id }: StandInTask): string {
  return `arn:aws:ecs:us-east-1:123456789012:task/${cluster}/${id}`;
}

function runtimeIdOf({ id }: StandInTask): string {
  return `${id}-0527074092`;
}

/** For StartSession. */
export function targetOf(task: StandInTask): string {
  return `ecs:${task.cluster}_${task.id}_${runtimeIdOf(task)}`;
}

/** As DescribeTasks returns it. */
export function describe(task: StandInTask) {
  const { status, exec, tags, stoppedReason, exitCode } = task;
  const agent = { name: "ExecuteCommandAgent", lastStatus: status };
  const container = {
    name: "wait",
    runtimeId: runtimeIdOf(task),
    managedAgents: exec ? [agent] : [],
    ...(exitCode === undefined ? {} : { exitCode }),
  };
  return {
    taskArn: arnOf(task),
    lastStatus: status,
    desiredStatus: status === "STOPPED" ? "STOPPED" : "RUNNING",
    enableExecuteCommand: exec,
    stoppedReason,
    ...(status === "RUNNING" || task.process !== undefined ? { startedAt: 1_764_000_000 } : {}),
    tags,
    containers: [container],
  };
}
