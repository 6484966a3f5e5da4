/** Checks whether each part of a sandbox runs. */
import type { Environment } from "@pilot-light/core/config/env";
import { frontAddresses, frontPid } from "./aws/front-control.ts";
import { motoAnswers, motoPid, motoUrl } from "./aws/moto.ts";
import { sides } from "./names.ts";
import { loopback } from "./ports.ts";
import { clusterAnswers, clusterPid } from "./postgres/cluster.ts";
import type { Deployment, SandboxState } from "./state.ts";

/** One server of a sandbox. */
export interface PartStatus {
  part: "neon" | "rds" | "aws" | "front";
  /** What the part is, for people. */
  description: string;
  address: string;
  /** Undefined when the process does not run. */
  pid: number | undefined;
  /** Whether the part answers a request. */
  answers: boolean;
}

/** Checks every part: its process, by id and command line, and whether it answers. */
export async function sandboxStatus(state: SandboxState, environment: Environment): Promise<PartStatus[]> {
  const clusters = sides.map(async (side): Promise<PartStatus> => {
    const cluster = state[side];
    const pid = await clusterPid(cluster, environment);
    return {
      part: side,
      description: `PostgreSQL ${cluster.major}, database ${cluster.database}`,
      address: `${loopback}:${cluster.port}`,
      pid,
      answers: pid !== undefined && (await clusterAnswers(cluster, state.adminPassword)),
    };
  });
  const aws = async (): Promise<PartStatus> => {
    const pid = await motoPid(state.moto, environment);
    return {
      part: "aws",
      description: "moto_server",
      address: motoUrl(state.moto),
      pid,
      answers: pid !== undefined && (await motoAnswers(state.moto)),
    };
  };
  const { deployment } = state;
  const front = async (own: Deployment): Promise<PartStatus> => {
    const pid = await frontPid(state, own, environment);
    return {
      part: "front",
      description: "stands in for what moto_server lacks, forwards the rest",
      address: frontAddresses(own).url,
      pid,
      answers: pid !== undefined && (await motoAnswers({ port: own.proxyPort })),
    };
  };
  return Promise.all([...clusters, aws(), ...(deployment === undefined ? [] : [front(deployment)])]);
}

/** Whether every part of the sandbox works. */
export function isUp(state: SandboxState, parts: readonly PartStatus[]): boolean {
  return state.phase === "ready" && parts.every((part) => part.answers);
}
