/** Step: the staging database gets the name of the target. */
import { formatDuration } from "@pilot-light/core/output/format";
import type { StepContext } from "../job.ts";
import { swap, type SwapResult } from "../target/swap.ts";

export async function swapTarget({ printer, job, signal }: StepContext): Promise<SwapResult> {
  const { maintenance, reopen, staging, stamp, target } = job;
  const request = { live: target.database, incoming: staging, becomes: "replaced", stamp, reopen } as const;
  return await printer.step("swap", async () => {
    const value = await swap(maintenance, request, signal);
    return { value, summary: summarize(target.database, value) };
  });
}

function summarize(live: string, result: SwapResult): string {
  switch (result.target) {
    case "replaced":
      return `${live} was unavailable for ${formatDuration(result.unavailableMs)}`;
    case "unchanged":
      return `not done: ${live} is unchanged`;
    case "unknown":
      return "interrupted, and not reverted";
  }
}
