/** Reads the document that the command in a task printed. Loads zod, so other files import it only when a task has ended. */
import { documentVersion } from "@pilot-light/core/cli/command";
import { failureSchema } from "@pilot-light/core/cli/documents";
import { describedError, messageOf, OpsError } from "@pilot-light/core/ops-error";
import { z } from "zod";
import { planSchema, resultSchema, type Plan, type SyncResult } from "../documents.ts";
import { syncImageDiffers } from "./errors.ts";
import type { EndedTask } from "./task.ts";

export type TaskResult =
  { outcome: "planned"; plan: Plan } | { outcome: "synced"; plan: Plan; result: SyncResult };

const documentSchema = z.discriminatedUnion("outcome", [
  z.object({ version: z.literal(documentVersion), outcome: z.literal("planned"), plan: planSchema }),
  z.object({
    version: z.literal(documentVersion),
    outcome: z.literal("synced"),
    plan: planSchema,
    result: resultSchema,
  }),
  z.object({ version: z.literal(documentVersion), outcome: z.literal("failed"), ...failureSchema.shape }),
]);

/**
 * The plan and the result. If the command in the task failed, its error is thrown as if it had happened here.
 * @throws OpsError of any class; SYNC_IMAGE_DIFFERS (configuration)
 */
export function taskResult(
  { id, document, reason, writes }: EndedTask,
  image: string,
  signal: AbortSignal,
): TaskResult {
  const parsed = parse({ document, writes }, image);
  if (parsed.outcome !== "failed") return parsed;
  const error = describedError(parsed.error);
  if (error.failure !== "interrupted") throw error;
  // StopTask has sent the signal to the task. The state in the document shows whether the target was replaced.
  const interruption: unknown = signal.reason;
  if (signal.aborted && isInterruption(interruption)) throw interruption.with({ state: error.state });
  throw error.with({ details: [...error.details, `the task ${id} was stopped: ${reason}`] });
}

function parse(
  { document, writes }: Pick<EndedTask, "document" | "writes">,
  image: string,
): z.infer<typeof documentSchema> {
  try {
    return documentSchema.parse(JSON.parse(document));
  } catch (error) {
    const problem = error instanceof z.ZodError ? z.prettifyError(error).split("\n")[0] : messageOf(error);
    throw syncImageDiffers(
      { image, problem: problem ?? "", mayHaveSynced: writes },
      { cause: error, state: writes ? "unknown" : "nothing-written" },
    );
  }
}

function isInterruption(reason: unknown): reason is OpsError {
  return reason instanceof OpsError && reason.failure === "interrupted";
}
