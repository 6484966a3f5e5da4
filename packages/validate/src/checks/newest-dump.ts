/** Check: there is a recent complete dump. A dump is complete when its manifest exists. */
import { formatDuration, plural } from "@pilot-light/core/output/format";
import { listDumps, type StoredDumps } from "../aws/dumps.ts";
import type { Check, Finding } from "../check.ts";
import { warning } from "../check.ts";

/** Dumps are deleted after 30 days: the warning leaves two weeks to create a new one. */
const oldestDays = 14;
const day = 24 * 3600 * 1000;
const dumpNow = { text: "Create a dump with a sync", command: "pnpm sync neon-to-rds" };

export const newestDump: Check = {
  id: "newest-dump",
  title: `The newest complete dump of a database is at most ${oldestDays} days old`,
  needs: ["aws-credentials", "backups-bucket"],
  actions: ["s3:ListBucket"],
  async run({ aws, names, now, signal }) {
    return findingOf(await listDumps(aws, names.backupsBucket, signal), now);
  },
};

function findingOf({ complete, incomplete: without }: StoredDumps, now: Date): Finding {
  const incomplete = without.length === 0 ? "" : `, ${without.length} without a manifest`;
  const [newest] = complete;
  if (newest === undefined) {
    const summary = `no dump with a manifest${incomplete}`;
    return { summary, problems: [warning("there is no dump that can be restored", dumpNow)] };
  }
  const age = Number(now) - Number(newest.modified);
  const summary = `${newest.key}, ${formatAge(age)} old, of ${plural(complete.length, "dump")}${incomplete}`;
  const old = age > oldestDays * day;
  return {
    summary,
    problems: old ? [warning(`the newest dump is ${formatAge(age)} old`, dumpNow)] : [],
  };
}

function formatAge(milliseconds: number): string {
  if (milliseconds >= day) return plural(Math.floor(milliseconds / day), "day");
  return milliseconds >= day / 24
    ? plural(Math.floor(milliseconds / (day / 24)), "hour")
    : formatDuration(Math.max(milliseconds, 0));
}
