/** Check: there is a recent dump that counts, which is one with a manifest beside it. */
import { formatDuration, plural } from "@pilot-light/core/output/format";
import { listDumps, type StoredDumps } from "../aws/dumps.ts";
import type { Check, Finding } from "../check.ts";
import { warning } from "../check.ts";

/** Dumps expire after 30 days: two weeks leave as much time again to notice. */
const oldestDays = 14;
const day = 24 * 3600 * 1000;
const dumpNow = "Make one:  pnpm sync neon-to-rds";

export const newestDump: Check = {
  id: "newest-dump",
  title: `A whole dump of a database is not older than ${oldestDays} days`,
  needs: ["aws-credentials", "backups-bucket"],
  actions: ["s3:ListBucket"],
  async run({ aws, names, now, signal }) {
    return judge(await listDumps(aws, names.backupsBucket, signal), now);
  },
};

function judge({ whole, unfinished: without }: StoredDumps, now: Date): Finding {
  const unfinished = without === 0 ? "" : `, ${without} without a manifest`;
  const [newest] = whole;
  if (newest === undefined) {
    const summary = `no dump with a manifest${unfinished}`;
    return { summary, problems: [warning("there is no dump that could be restored", dumpNow)] };
  }
  const age = Number(now) - Number(newest.modified);
  const summary = `${newest.key}, ${formatAge(age)} old, of ${plural(whole.length, "dump")}${unfinished}`;
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
