/** Step: the staging database gets the name of the target. */
import { sessionEnded } from "@pilot-light/core/errors";
import { formatDuration } from "@pilot-light/core/output/format";
import type { Endpoint } from "@pilot-light/core/postgres/endpoint";
import type { StepContext } from "../job.ts";
import { swap, type SwapResult } from "../target/swap.ts";

export async function swapTarget({ printer, job, signal }: StepContext): Promise<SwapResult> {
  const { maintenance, oids, reopen, staging, stamp, target } = job;
  const live = { live: target.database, oid: oids.target };
  const request = { ...live, incoming: staging, becomes: "replaced", stamp, reopen } as const;
  return await printer.step("swap", async () => {
    assertRouteLasts(target);
    const value = await swap(maintenance, request, signal);
    return { value, summary: summarize(target.database, value) };
  });
}

/** Milliseconds that a swap and its repair may take. */
const swapTime = 120_000;

/**
 * Checks that the route to RDS lasts long enough. If it ended between the two renames, the target would have no name until the next command.
 * @throws OpsError SESSION_ENDED (aws)
 */
function assertRouteLasts({ route }: Endpoint): void {
  const left = (route?.endsAt ?? Infinity) - Date.now();
  if (left > swapTime) return;
  const details = [
    `The task ends in ${Math.max(0, Math.round(left / 1000))} s, and a swap must not be cut off.`,
  ];
  throw sessionEnded({ target: route?.reason ?? "" }, { details });
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
