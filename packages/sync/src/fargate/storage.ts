/** How much storage the task of a sync needs for its dumps. */
import type { Plan } from "../documents.ts";
import { syncTooLarge } from "./errors.ts";

const gibibyte = 2 ** 30;

/** GiB that every task of Fargate has at no cost, and GiB that a task may request at most. https://docs.aws.amazon.com/AmazonECS/latest/developerguide/fargate-task-storage.html */
const included = 20;
const most = 200;

/** GiB for the image, and for everything else except the dumps. */
const others = 4;

/**
 * Gibibytes to request, or undefined if the storage that every task has is enough. A dump is compressed and has no indexes: it is not larger
 * than its database.
 * @throws OpsError SYNC_TOO_LARGE (precondition)
 */
export function neededStorage({
  source,
  target,
  backup,
}: Pick<Plan, "source" | "target" | "backup">): number | undefined {
  const dumps = source.bytes + (backup === null ? 0 : target.bytes);
  const needed = Math.ceil(dumps / gibibyte) + others;
  if (needed > most) {
    throw syncTooLarge({ neededBytes: dumps, mostGibibytes: most, hasBackup: backup !== null });
  }
  return needed <= included ? undefined : needed;
}
