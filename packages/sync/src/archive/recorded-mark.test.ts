import { expect, test } from "vitest";
import { keysOfContents, statedMark } from "./recorded-mark.ts";

const mark = { excludeTableData: ["events"] };
const neon = { system: "neon", host: "n", name: "app", serverVersion: "16.4", oid: 1 } as const;
const rds = { system: "rds", host: "r", name: "app", oid: 2 } as const;
const marked = { ...rds, mark };
const stated = (manifest: object, database: { host?: string; oid?: number } = {}) =>
  statedMark(JSON.stringify(manifest), { system: "rds", host: "r", oid: 2, ...database });

test("a manifest states the mark of a database by its OID, as its target and as its database", () => {
  expect(stated({ kind: "archive", database: neon, target: marked })).toEqual(mark);
  expect(stated({ kind: "archive", database: marked, target: neon })).toEqual(mark);
  expect(stated({ kind: "backup", database: marked })).toEqual(mark);
  expect(stated({ version: 1, database: marked })).toEqual(mark);
});

test("only the archive that a database was created from states that it has no mark", () => {
  expect(stated({ kind: "archive", database: neon, target: rds })).toBe("none");
  // Its comment may have been replaced before the backup.
  expect(stated({ kind: "backup", database: rds })).toBe("unknown");
  expect(stated({ kind: "archive", database: rds, target: neon })).toBe("unknown");
});

test("a manifest states nothing about another database: after an undo, on another server, or without an OID", () => {
  const { oid, ...without } = marked;
  const manifest = { kind: "archive", database: neon, target: marked };
  expect(stated(manifest, { oid: oid + 1 })).toBe("unknown");
  expect(stated(manifest, { host: "other" })).toBe("unknown");
  expect(stated({ ...manifest, target: without })).toBe("unknown");
});

test("a mark that cannot be read is still a mark, also in a manifest of a later version", () => {
  const later = { version: 9, kind: "archive", database: neon, target: { ...rds, mark: { masked: 1 } } };
  expect(stated(later)).toEqual({ unreadable: true });
  expect(stated({ ...later, target: { ...rds, mark: "x" } })).toEqual({ unreadable: true });
  expect(statedMark("not JSON", rds)).toBe("unknown");
});

test("older objects and the backup state nothing about a database whose contents were replaced in place", () => {
  const inPlace = { at: "2026-11-22T09-30-00", backup: "rds-dumps/2026-11-22T09-30-00.dump" };
  const after = ["neon-dumps/2026-11-22T09-30-00.manifest.json", "rds-dumps/2026-11-22T09-30-00.mark.json"];
  const before = ["rds-dumps/2026-11-22T09-29-59.mark.json", "rds-dumps/2026-11-22T09-30-00.manifest.json"];
  const keys = [...before, ...after];
  expect(keysOfContents(keys, { inPlace })).toEqual(after);
  expect(keysOfContents(keys, {})).toEqual(keys);
});
