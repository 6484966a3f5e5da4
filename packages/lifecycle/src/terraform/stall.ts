/** Finds out whether terraform waits for an answer of AWS that will never arrive. Terraform itself has no limit for a request. */
import { watch } from "@pilot-light/core/async/watch";
import { probeAws } from "@pilot-light/core/aws/probe";
import type { Environment } from "@pilot-light/core/config/env";
import { readStallLimit, readTerraformLimit } from "@pilot-light/core/config/stall-limit";

/** Why a run of terraform was stopped. */
export interface Stall {
  reason: string;
  /** Without progress. */
  seconds: number;
}

export interface WatchedTerraform {
  /** Of terraform. */
  environment: Environment;
  signal: AbortSignal;
  /** A value that changes while it makes progress. */
  progress: () => unknown;
}

/** Milliseconds that AWS has to answer. */
const probeTime = 15_000;

/**
 * Waits for terraform.
 * @param cut stops it; called once when it makes no progress and AWS does not answer, or when its time is over
 */
export async function watchTerraform<T>(
  work: Promise<T>,
  { environment, signal, progress }: WatchedTerraform,
  cut: (stall: Stall) => void,
): Promise<T> {
  const limit = readStallLimit(environment);
  const longest = readTerraformLimit(environment);
  let last = progress();
  let since = performance.now();
  return await watch(
    work,
    {
      limit: Math.min(limit, longest),
      probeTime: Math.min(probeTime, limit),
      interruption: signal,
      progress: () => {
        const now = progress();
        if (now !== last) since = performance.now();
        last = now;
        return now;
      },
      probe: async (milliseconds, stop) => {
        const isOver = !signal.aborted && performance.now() - since >= longest;
        if (isOver) return "its time is over (PILOT_LIGHT_TERRAFORM_SECONDS)";
        return await probeAws(environment, milliseconds, stop);
      },
    },
    (reason, seconds) => cut({ reason, seconds }),
  );
}
