import { expect, test } from "vitest";
import { compareFingerprints, compareObjects, compareSequences, describeDifference } from "./compare.ts";
import type { SequencePosition } from "./tables.ts";

const view = (definition: string) => ({ kind: "view", identity: "public.v", definition });

test("missing, unexpected and different objects are distinguished", () => {
  const type = { kind: "enum", identity: "public.mood", definition: "a,b" };
  const differences = compareObjects(
    [view("select 1"), type, { kind: "table", identity: "public.only_here", definition: "" }],
    [view("select 2"), type, { kind: "table", identity: "public.only_there", definition: "" }],
    { sameMajor: true },
  );
  expect(differences.map(describeDifference)).toEqual([
    "view public.v differs: expected select 1, found select 2",
    "table public.only_here is missing",
    "table public.only_there is unexpected",
  ]);
});

test("between two versions the wording of a view may differ, the labels of an enum may not", () => {
  const options = { sameMajor: false };
  expect(compareObjects([view("select 1")], [view("SELECT 1")], options)).toEqual([]);
  expect(compareObjects([view("select 1")], [], options)).toHaveLength(1);
  const mood = (definition: string) => [{ kind: "enum", identity: "public.mood", definition }];
  expect(compareObjects(mood("a,b"), mood("a"), options)).toHaveLength(1);
});

test("two kinds with the same name are two objects", () => {
  const [index, table] = ["index", "table"].map((kind) => ({ kind, identity: "public.x", definition: "" }));
  expect(index && table && compareObjects([index], [table], { sameMajor: true })).toHaveLength(2);
});

test("tables differ by existence, by rows and by hash", () => {
  const expected = new Map([
    ["a", { rows: 5, hash: "1" }],
    ["b", { rows: 5, hash: "1" }],
    ["c", { rows: 5, hash: "1" }],
    ["d", { rows: 5 }],
  ]);
  const actual = new Map([
    ["a", { rows: 5, hash: "1" }],
    ["b", { rows: 4, hash: "1" }],
    ["c", { rows: 5, hash: "2" }],
    ["e", { rows: 0 }],
  ]);
  expect(compareFingerprints("table", expected, actual).map(describeDifference)).toEqual([
    "table b differs: expected 5 rows, found 4 rows",
    "table c differs: expected hash 1, found hash 2",
    "table d is missing",
    "table e is unexpected",
  ]);
});

const position = (lastValue: string, rest: Partial<SequencePosition> = {}): SequencePosition[] => [
  { identity: "public.s", lastValue, isCalled: true, increment: "1", cycle: false, ...rest },
];

test.each([
  { before: position("42"), after: position("42"), found: position("42"), equal: true },
  { before: position("42"), after: position("42"), found: position("41"), equal: false },
  {
    before: position("1", { isCalled: false }),
    after: position("1", { isCalled: false }),
    found: position("1"),
    equal: false,
  },
  // pg_dump reads sequences outside of its snapshot: a busy one was anywhere between.
  { before: position("10"), after: position("20"), found: position("15"), equal: true },
  { before: position("10"), after: position("20"), found: position("21"), equal: false },
  { before: position("-10"), after: position("-20"), found: position("-15"), equal: true },
  {
    before: position("9223372036854775806"),
    after: position("9223372036854775807"),
    found: position("9223372036854775805"),
    equal: false,
  },
  {
    before: position("9", { cycle: true }),
    after: position("2", { cycle: true }),
    found: position("10"),
    equal: true,
  },
])(
  "a sequence read at $before.0.lastValue and $after.0.lastValue and found at $found.0.lastValue: $equal",
  ({ before, after, found, equal }) => {
    expect(compareSequences(before, after, found).length === 0).toBe(equal);
  },
);

test("missing and unexpected sequences are named", () => {
  expect(compareSequences(position("1"), position("1"), []).map(describeDifference)).toEqual([
    "sequence position public.s is missing",
  ]);
  expect(compareSequences([], [], position("1"))).toHaveLength(1);
});
