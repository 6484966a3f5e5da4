/** Which dumps a plan would let S3 delete earlier, and when. Reads the bucket only if the plan shortens their retention. */
import { messageOf } from "@pilot-light/core/ops-error";
import { formatMinute } from "@pilot-light/core/output/format";
import { listDumps } from "@pilot-light/validate/aws/dumps";
import type { LifecycleContext } from "../context.ts";
import { expiryOf, objectExpiry, shorterRetentions } from "./retention.ts";
import type { PlanContents } from "../terraform/changes.ts";

/** The dumps, the first to expire first; the reason if they could not be listed. */
export type ExpiringDumps = readonly { key: string; expiry: string }[] | { unknown: string };

export async function readExpiringDumps(
  contents: Pick<PlanContents, "changes" | "before" | "after">,
  { aws, names, signal }: Pick<LifecycleContext, "aws" | "names" | "signal">,
): Promise<ExpiringDumps> {
  const shorter = shorterRetentions(contents).find(
    ({ bucket, what }) => bucket === names.backupsBucket && what === objectExpiry,
  );
  if (shorter === undefined) return [];
  try {
    // A dump without a manifest may be one that other code has made.
    const { complete, incomplete } = await listDumps(aws, names.backupsBucket, signal);
    const now = Date.now();
    return [...complete, ...incomplete]
      .map(({ key, modified }) => ({ key, at: expiryOf(modified, shorter.to) }))
      .sort((one, other) => one.at - other.at)
      .map(({ key, at }) => ({ key, expiry: at <= now ? "within a day" : describeDay(at) }));
  } catch (error) {
    signal.throwIfAborted();
    return { unknown: messageOf(error) };
  }
}

/** "on 2026-11-29 00:00 UTC". */
function describeDay(at: number): string {
  return `on ${formatMinute(new Date(at).toISOString())} UTC`;
}
