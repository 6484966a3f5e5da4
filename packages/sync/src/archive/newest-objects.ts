/**
 * Finds the newest objects of a prefix. S3 lists keys in ascending order only, so that the newest come last. A bucket with many dumps
 * would be read to its end for a list of twenty. The search finds the hour of the newest key, and asks for the keys after a time
 * before it, which it moves until one page is enough.
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
  /** The beginnings of keys below `prefix`, up to the next `delimiter`. */
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
 * The newest objects of a prefix, at least as many as are enough, unless the prefix has fewer.
 * @param isEnough whether the newest objects contain what the caller needs
 * @param pageSize objects of a request; some more than are enough. A prefix with fewer takes one request.
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
  // After `older` there are more objects than a page has; after `newer`, not enough.
  let older = firstTime(first);
  let newer = end;
  // Widen the time until a page is full. Then halve.
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
  // More than a page of objects within one second, or no end.
  const rest = await listAll(list, startKey(prefix, older));
  if (isEnough(rest)) return { objects: rest, isAll: false };
  return { objects: await listAll(list, undefined), isAll: true };
}

/** The end of the hour of the newest key; 0 where no key has a time. */
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

/** Keys of this second and later ones come after it: they are longer. */
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
