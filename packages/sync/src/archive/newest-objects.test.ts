import { dumpKey, manifestKey, timestamp } from "@pilot-light/core/dump-keys";
import { expect, test } from "vitest";
import { findNewest, listAll, type Listing, type ListPage } from "./newest-objects.ts";
import { dumpsOf, type ListedObject } from "./stored-dump.ts";

const now = Date.parse("2026-11-22T09:30:00Z");
const minute = 60_000;

/** A bucket with these times, as S3 lists it. */
function bucketOf(times: readonly number[]) {
  const keys = times.flatMap((time) => {
    const key = dumpKey("neon", timestamp(new Date(time)));
    return [key, manifestKey(key)];
  });
  const objects = [...new Set(keys)]
    .sort()
    .map((key): ListedObject => ({ key, bytes: 1, modified: new Date(0) }));
  let requests = 0;
  const list: ListPage = (after, most) => {
    requests += 1;
    const rest = objects.filter(({ key }) => after === undefined || key > after);
    return Promise.resolve({ objects: rest.slice(0, most), isTruncated: rest.length > most });
  };
  const groups: Listing["groups"] = (prefix, delimiter) => {
    requests += 1;
    const found = objects.flatMap(({ key }) => {
      const end = key.startsWith(prefix) ? key.indexOf(delimiter, prefix.length) : -1;
      return end < 0 ? [] : [key.slice(0, end + 1)];
    });
    return Promise.resolve([...new Set(found)]);
  };
  return { listing: { page: list, groups }, objects, requests: () => requests };
}

const atLeast = (count: number) => (objects: readonly ListedObject[]) => dumpsOf(objects).length >= count;
const newestKeys = (objects: readonly ListedObject[]) =>
  dumpsOf(objects)
    .slice(0, 20)
    .map(({ key }) => key);

const spread = (count: number, apart: number, until = now) =>
  Array.from({ length: count }, (_, index) => until - index * apart);

test.each([
  ["one a minute", 12, spread(10_000, minute)],
  ["one a second", 12, spread(10_000, 1000)],
  ["one a day, for thirty years", 12, spread(10_000, 24 * 60 * minute)],
  ["all of them years ago", 12, spread(10_000, minute, now - 5 * 365 * 24 * 60 * minute)],
  ["all of them in the future", 12, spread(10_000, minute, now + 30 * 24 * 60 * minute)],
  ["a little more than a page", 12, spread(101, minute)],
  ["a crowd, then a few", 25, [...spread(10_000, 1000, now - 20 * 24 * 60 * minute), ...spread(5, minute)]],
])("the newest twenty are found in a bucket with many dumps: %s", async (_, most, times) => {
  const { listing, objects, requests } = bucketOf(times);
  const found = await findNewest("neon-dumps/", listing, atLeast(20), 200);
  expect(newestKeys(found.objects)).toEqual(newestKeys(objects));
  expect(found.isAll).toBe(false);
  // Reading everything takes 21 requests of 1000 keys, which take five times as long.
  expect(requests()).toBeLessThanOrEqual(most);
  expect(found.objects.length).toBeLessThanOrEqual(200);
});

test("a bucket with few dumps takes one request", async () => {
  const { listing, objects, requests } = bucketOf(spread(50, minute));
  expect(await findNewest("neon-dumps/", listing, atLeast(20), 200)).toEqual({ objects, isAll: true });
  expect(requests()).toBe(1);
});

test("if the bucket has fewer dumps than the caller needs, the complete bucket is read", async () => {
  const { listing, objects } = bucketOf(spread(300, minute));
  expect(await findNewest("neon-dumps/", listing, atLeast(1000), 200)).toEqual({ objects, isAll: true });
});

test("all pages are read", async () => {
  const { listing, objects } = bucketOf(spread(2500, minute));
  expect(await listAll(listing.page, undefined)).toEqual(objects);
});
