import { expect, test } from "vitest";
import { formerName, stagingName } from "./database-names.ts";
import { judgeState, replacedTargets } from "./target-state.ts";

const live = "app";
const first = "2026-11-22T09-00-00";
const second = "2026-11-22T10-00-00";
const database = (oid: number, name: string, open = true) => ({ oid, name, open });
const former = (oid: number, successor: number, stamp = first) =>
  database(oid, formerName(live, "replaced", stamp, successor), false);
const undone = (oid: number, successor: number, stamp = first) =>
  database(oid, formerName(live, "undone", stamp, successor), false);
const kind = (...databases: ReturnType<typeof database>[]) => judgeState(databases, live).kind;

test("a target that was never synced is whole", () => {
  expect(kind(database(1, live), database(2, "other"))).toBe("whole");
});

test("a target that took its former's place is whole, with older formers or without", () => {
  const state = judgeState([database(3, live), former(2, 3, second), former(1, 2)], live);
  expect(state).toMatchObject({ kind: "whole", former: { oid: 2 } });
  expect(state.formers.length).toBe(2);
});

test("without a database of its name, the target is the former that nothing replaced", () => {
  const databases = [database(3, stagingName(live, second)), former(2, 3, second), former(1, 2)];
  expect(judgeState(databases, live)).toMatchObject({ kind: "nameless", former: { oid: 2 } });
});

test("the time in a name has no say: clocks differ", () => {
  const databases = [database(3, stagingName(live, first)), former(2, 3, first), former(1, 2, second)];
  expect(judgeState(databases, live)).toMatchObject({ kind: "nameless", former: { oid: 2 } });
});

test("after an undo that was killed between the names, the newest name is the target's", () => {
  for (const databases of [
    [former(1, 2, first), undone(2, 1, second)],
    [undone(1, 2, first), undone(2, 1, second)],
    // With what earlier undos put aside beside it: the successor is in the ring, or gone.
    [former(1, 2, first), undone(8, 1, first), undone(7, 99, first), undone(2, 1, second)],
  ]) {
    expect(judgeState(databases, live)).toMatchObject({ kind: "nameless", former: { oid: 2 } });
  }
});

test("what an undo put aside is what the next undo goes back to, and no sync may drop it", () => {
  const state = judgeState([database(1, live), undone(2, 1)], live);
  expect(state).toMatchObject({ kind: "whole", former: { oid: 2 } });
  expect(replacedTargets(state)).toEqual([]);
});

test("of two that were put aside for the same database, an undo goes back to the newer", () => {
  const databases = [database(1, live), undone(2, 1, first), undone(3, 1, second)];
  expect(judgeState(databases, live)).toMatchObject({ kind: "whole", former: { oid: 3 } });
});

test("what an undo put aside may point to a database that a later sync dropped", () => {
  const state = judgeState([database(4, live), former(3, 4), undone(2, 1)], live);
  expect(state).toMatchObject({ kind: "whole", former: { oid: 3 } });
  expect(replacedTargets(state)).toEqual([formerName(live, "replaced", first, 4)]);
  expect(judgeState([database(4, live), undone(2, 1)], live)).toMatchObject({
    kind: "whole",
    former: undefined,
  });
});

test("a sync that was killed between the names after an undo: the target is what nothing replaced", () => {
  const databases = [database(3, stagingName(live, second)), former(1, 3, second), undone(2, 1)];
  expect(judgeState(databases, live)).toMatchObject({ kind: "nameless", former: { oid: 1 } });
});

test("a database that somebody made in the place of one that an undo had left without its name is unclear", () => {
  const databases = [database(9, live), former(1, 2, first), undone(2, 1, second)];
  expect(judgeState(databases, live)).toMatchObject({ kind: "unclear", former: { oid: 2 } });
});

test("a database that somebody made in the target's place is unclear, and nothing is dropped for it", () => {
  const databases = [database(9, live), database(3, stagingName(live, second)), former(2, 3, second)];
  expect(judgeState(databases, live)).toMatchObject({ kind: "unclear", former: { oid: 2 } });
});

test("a closed target is a sync's doing only with a staging database beside it", () => {
  expect(kind(database(1, live, false))).toBe("whole");
  expect(kind(database(1, live, false), database(2, stagingName(live, first)))).toBe("closed");
});
