/** Check: there is a recent dump that counts, which is one with a manifest beside it. */
import { formatDuration, plural } from "@pilot-light/core/format";
import type { Check, CheckContext, Finding } from "../check.ts";
import { warning } from "../check.ts";
import { sdk } from "@pilot-light/core/aws/sdk";

/** Dumps expire after 30 days: two weeks leave as much time again to notice. */
const oldestDays = 14;
const day = 24 * 3600 * 1000;
const folders = ["neon-dumps/", "rds-dumps/"] as const;
const dumpNow = "Make one:  pnpm sync neon-to-rds";

export const newestDump: Check = {
  id: "newest-dump",
  title: `A whole dump of a database is not older than ${oldestDays} days`,
  needs: ["aws-credentials", "backups-bucket"],
  actions: ["s3:ListBucket"],
  async run(context) {
    const lists = await Promise.all(folders.map((folder) => listKeys(context, folder)));
    return judge(lists.flat(), context.now);
  },
};

interface StoredObject {
  key: string;
  modified: Date;
}

async function listKeys({ aws, names, signal }: CheckContext, folder: string): Promise<StoredObject[]> {
  const { paginateListObjectsV2 } = sdk.s3();
  const client = await aws.s3();
  const found: StoredObject[] = [];
  const where = { Bucket: names.backupsBucket, Prefix: folder };
  for await (const page of paginateListObjectsV2({ client }, where, { abortSignal: signal })) {
    for (const { Key, LastModified } of page.Contents ?? []) {
      if (Key !== undefined && LastModified !== undefined) found.push({ key: Key, modified: LastModified });
    }
  }
  return found;
}

function judge(objects: readonly StoredObject[], now: Date): Finding {
  const keys = new Set(objects.map(({ key }) => key));
  const dumps = objects.filter(({ key }) => key.endsWith(".dump"));
  const whole = dumps.filter(({ key }) => keys.has(key.replace(/\.dump$/, ".manifest.json")));
  const without = dumps.length - whole.length;
  const unfinished = without === 0 ? "" : `, ${without} without a manifest`;
  const [newest] = whole.sort((a, b) => Number(b.modified) - Number(a.modified));
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
