import { expect, test } from "vitest";
import { previousName, stagingName } from "./database-names.ts";
import { deriveTargetState, replacedTargets, undoneTargets } from "./target-state.ts";

const live = "app";
const first = "2026-11-22T09-00-00";
const second = "2026-11-22T10-00-00";
const database = (oid: number, name: string, open = true) => ({ oid, name, open });
const replaced = (oid: number, successor: number, stamp = first) =>
  database(oid, previousName(live, "replaced", stamp, successor), false);
const undone = (oid: number, successor: number, stamp = first) =>
  database(oid, previousName(live, "undone", stamp, successor), false);
const kind = (...databases: ReturnType<typeof database>[]) => deriveTargetState(databases, live).kind;

test("a target that was never synced is intact", () => {
  expect(kind(database(1, live), database(2, "other"))).toBe("intact");
});

test("a target that replaced the previous one is intact, with older previous targets or without", () => {
  const state = deriveTargetState([database(3, live), replaced(2, 3, second), replaced(1, 2)], live);
  expect(state).toMatchObject({ kind: "intact", previous: { oid: 2 } });
  expect(state.allPrevious.length).toBe(2);
});

test("if no database has the target's name, the target is the previous target that nothing replaced", () => {
  const databases = [database(3, stagingName(live, second)), replaced(2, 3, second), replaced(1, 2)];
  expect(deriveTargetState(databases, live)).toMatchObject({ kind: "nameless", previous: { oid: 2 } });
});

test("the time in the name of a replaced target does not matter, because clocks differ", () => {
  const databases = [database(3, stagingName(live, first)), replaced(2, 3, first), replaced(1, 2, second)];
  expect(deriveTargetState(databases, live)).toMatchObject({ kind: "nameless", previous: { oid: 2 } });
});

test("after an undo that was killed between its renames, the target is the database with the newest name", () => {
  for (const databases of [
    [replaced(1, 2, first), undone(2, 1, second)],
    [undone(1, 2, first), undone(2, 1, second)],
    // With databases that earlier undos replaced: the successor is in the ring, or no longer exists.
    [replaced(1, 2, first), undone(8, 1, first), undone(7, 99, first), undone(2, 1, second)],
  ]) {
    expect(deriveTargetState(databases, live)).toMatchObject({ kind: "nameless", previous: { oid: 2 } });
  }
});

test("the next undo returns to the undone database, and no sync may drop it", () => {
  const state = deriveTargetState([database(1, live), undone(2, 1)], live);
  expect(state).toMatchObject({ kind: "intact", previous: { oid: 2 } });
  expect(replacedTargets(state)).toEqual([]);
  expect(undoneTargets(state)).toEqual([previousName(live, "undone", first, 1)]);
});

test("of two undone databases with the same successor, the next undo returns to the newer one", () => {
  const databases = [database(1, live), undone(2, 1, first), undone(3, 1, second)];
  expect(deriveTargetState(databases, live)).toMatchObject({ kind: "intact", previous: { oid: 3 } });
});

test("a later sync may have dropped the successor of an undone database", () => {
  const state = deriveTargetState([database(4, live), replaced(3, 4), undone(2, 1)], live);
  expect(state).toMatchObject({ kind: "intact", previous: { oid: 3 } });
  expect(replacedTargets(state)).toEqual([previousName(live, "replaced", first, 4)]);
  expect(deriveTargetState([database(4, live), undone(2, 1)], live)).toMatchObject({
    kind: "intact",
    previous: undefined,
  });
});

test("after an undo, and then a sync that was killed between its renames, the target is the database that nothing replaced", () => {
  const databases = [database(3, stagingName(live, second)), replaced(1, 3, second), undone(2, 1)];
  expect(deriveTargetState(databases, live)).toMatchObject({ kind: "nameless", previous: { oid: 1 } });
});

test("after a killed undo, a database that a person created under the target's name counts as recreated", () => {
  const databases = [database(9, live), replaced(1, 2, first), undone(2, 1, second)];
  expect(deriveTargetState(databases, live)).toMatchObject({ kind: "recreated", stranger: { oid: 2 } });
});

test("after a killed sync, a database that a person created under the target's name counts as recreated, and no previous target may be dropped", () => {
  const databases = [database(9, live), database(3, stagingName(live, second)), replaced(2, 3, second)];
  const state = deriveTargetState(databases, live);
  expect(state).toMatchObject({ kind: "recreated", previous: undefined, stranger: { oid: 2 } });
  expect(replacedTargets(state)).toEqual([]);
});

test("a sync that replaced a recreated target can be undone, and repaired if it was killed", () => {
  const old = replaced(2, 3, first);
  const done = [database(10, live), replaced(9, 10, second), old];
  expect(deriveTargetState(done, live)).toMatchObject({ kind: "recreated", previous: { oid: 9 } });
  const staging = database(10, stagingName(live, second));
  expect(kind(database(9, live, false), staging, old)).toBe("closed");
  expect(deriveTargetState([staging, replaced(9, 10, second), old], live)).toMatchObject({
    kind: "nameless",
    previous: { oid: 9 },
  });
});

test("a target that a killed undo closed needs a repair: the previous target is open", () => {
  const open = database(2, previousName(live, "replaced", first, 1));
  expect(kind(database(1, live, false), open)).toBe("closed");
  expect(kind(database(1, live, false), replaced(2, 1))).toBe("intact");
  // An older one does not count: a person may read it.
  const older = database(3, previousName(live, "replaced", first, 2));
  expect(kind(database(1, live, false), replaced(2, 1), older)).toBe("intact");
});

test("a closed target needs a repair only if the server has a staging database", () => {
  expect(kind(database(1, live, false))).toBe("intact");
  expect(kind(database(1, live, false), database(2, stagingName(live, first)))).toBe("closed");
});
