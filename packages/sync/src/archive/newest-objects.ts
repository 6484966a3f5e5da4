/**
 * Finds the newest objects of a prefix. S3 lists keys in ascending order only, so the newest are last, and a list of twenty dumps would
 * read a large bucket to its end. The search finds the hour of the newest key. Then it lists the keys after some earlier time, and moves
 * this time until one page is enough.
 */
import { parseDumpKey, timeOfStamp, timestamp } from "@pilot-light/core/dump-keys";
import type { ListedObject } from "./stored-dump.ts";

/** Objects of a prefix in the order of their keys. */
export interface ObjectsPage {
  objects: readonly ListedObject[];
  /** Whether more objects follow. */
  isTruncated: boolean;
}

/** Lists the objects whose keys come after `after`. */
export type ListPage = (after: string | undefined, most: number) => Promise<ObjectsPage>;

/** How the search reads a bucket. */
export interface Listing {
  page: ListPage;
  /** The beginnings of the keys that start with `prefix`, up to the next `delimiter`. */
  groups: (prefix: string, delimiter: string) => Promise<readonly string[]>;
}

export interface NewestObjects {
  objects: readonly ListedObject[];
  /** Whether these are all objects of the prefix. */
  isAll: boolean;
}

const second = 1000;
const hour = 3600 * second;

/**
 * Finds the newest objects of a prefix. If they are never enough, it returns all objects of the prefix.
 * @param isEnough whether the newest objects contain what the caller needs
 * @param pageSize objects of one request: some more than the caller needs. A prefix with fewer objects takes one request.
 */
export async function findNewest(
  prefix: string,
  listing: Listing,
  isEnough: (objects: readonly ListedObject[]) => boolean,
  pageSize: number,
): Promise<NewestObjects> {
  const { page: list } = listing;
  const first = await list(undefined, pageSize);
  if (!first.isTruncated) return { objects: first.objects, isAll: true };
  const end = await findEnd(prefix, listing);
  // After `older`, S3 has more objects than one page. After `newer`, it has not enough.
  let older = firstTime(first);
  let newer = end;
  // Go back further and further until a page is full. Then halve the time between `older` and `newer`.
  let width: number | undefined = hour;
  while (newer - older > second) {
    const start = width !== undefined && end - width > older ? end - width : (older + newer) / 2;
    const page = await list(startKey(prefix, start), pageSize);
    if (page.isTruncated) {
      older = start;
      width = undefined;
    } else {
      if (isEnough(page.objects)) return { objects: page.objects, isAll: false };
      newer = start;
      width = width === undefined ? undefined : width * 4;
    }
  }
  // One second has more objects than a page, or no key states a time.
  const rest = await listAll(list, startKey(prefix, older));
  if (isEnough(rest)) return { objects: rest, isAll: false };
  return { objects: await listAll(list, undefined), isAll: true };
}

/** The end of the hour of the newest key; 0 if no key has a time. */
async function findEnd(prefix: string, { groups }: Listing): Promise<number> {
  let found = prefix;
  // `2026-`, then `2026-11-22T`, then `2026-11-22T09-`.
  for (const delimiter of ["-", "T", "-"]) {
    const below = await groups(found, delimiter);
    const dated = below.filter((group) =>
      /^\d{4}-(?:\d\d-\d\dT(?:\d\d-)?)?$/.test(group.slice(prefix.length)),
    );
    const newest = [...dated].sort().at(-1);
    if (newest === undefined) return 0;
    found = newest;
  }
  return timeOfStamp(`${found.slice(prefix.length)}00-00`) + hour;
}

/** The key to list after: keys of the same second are longer, so they follow it. */
function startKey(prefix: string, time: number): string {
  return `${prefix}${timestamp(new Date(time))}`;
}

/** All objects after a key, page by page. */
export async function listAll(list: ListPage, after: string | undefined): Promise<ListedObject[]> {
  const objects: ListedObject[] = [];
  for (let from = after; ;) {
    const page = await list(from, 1000);
    objects.push(...page.objects);
    from = page.objects.at(-1)?.key;
    if (!page.isTruncated || from === undefined) return objects;
  }
}

/** The time in the first key that has one. */
function firstTime({ objects }: ObjectsPage): number {
  for (const { key } of objects) {
    const time = timeOfStamp(parseDumpKey(key)?.stamp ?? "");
    if (!Number.isNaN(time)) return time;
  }
  return 0;
}
