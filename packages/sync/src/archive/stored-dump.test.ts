import { expect, test } from "vitest";
import { dumpsOf, isComplete, type ListedObject } from "./stored-dump.ts";

const object = (key: string, minute: number, bytes = 10): ListedObject => ({
  key,
  bytes,
  modified: new Date(Date.UTC(2026, 10, 22, 9, minute)),
});

test("a dump and its manifest are one dump; other objects are none", () => {
  const [dump, ...others] = dumpsOf([
    object("me-dev/lifecycle.json", 1),
    object("neon-dumps/2026-11-22T09-30-00.dump", 31),
    object("neon-dumps/2026-11-22T09-30-00.manifest.json", 35, 900),
    object("neon-dumps/by-hand.dump", 31),
  ]);
  expect(others).toEqual([]);
  expect(dump).toMatchObject({ key: "neon-dumps/2026-11-22T09-30-00.dump", system: "neon", bytes: 10 });
  expect(dump?.createdAt.toISOString()).toBe("2026-11-22T09:30:00.000Z");
  expect(dump?.manifestAt?.getUTCMinutes()).toBe(35);
});

test("the newest comes first; of one sync, the dump whose manifest was written last", () => {
  const keys = [
    "rds-dumps/2026-11-22T09-30-00",
    "neon-dumps/2026-11-22T09-30-00",
    "neon-dumps/2026-11-23T00-00-00",
  ];
  const objects = keys.flatMap((key, index) => [
    object(`${key}.dump`, 31),
    object(`${key}.manifest.json`, index === 0 ? 33 : 34),
  ]);
  expect(dumpsOf(objects).map(({ key }) => key)).toEqual([
    "neon-dumps/2026-11-23T00-00-00.dump",
    "neon-dumps/2026-11-22T09-30-00.dump",
    "rds-dumps/2026-11-22T09-30-00.dump",
  ]);
});

test("a dump without its manifest, and a manifest without its dump, are not complete", () => {
  const dumps = dumpsOf([
    object("rds-dumps/2026-11-22T09-30-00.dump", 31),
    object("neon-dumps/2026-11-22T09-30-00.manifest.json", 31),
  ]);
  expect(dumps.map(isComplete)).toEqual([false, false]);
});
