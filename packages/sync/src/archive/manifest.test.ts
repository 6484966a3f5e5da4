import { expect, test } from "vitest";
import { decodeDetails, encodeDetails, factsOf } from "./details.ts";
import { manifestBase, parseManifest, type Manifest } from "./manifest.ts";

const uri = "s3://bucket/neon-dumps/2026-11-22T09-30-00.manifest.json";
const run = { direction: "neon-to-rds", createdBy: "arn:aws:iam::1:user/me", clientVersion: "16.4" } as const;
const archive: Manifest = {
  ...manifestBase(run, "neon-dumps/2026-11-22T09-30-00.dump", { bytes: 1, sha256: "00" }),
  kind: "archive",
  database: { system: "neon", host: "h", name: "neondb", serverVersion: "16.4" },
  target: { system: "rds", host: "r", name: "app" },
  verified: {
    depth: "checksums",
    snapshot: "00000003-1",
    tables: { "public.projects": { rows: 12, hash: "7" } },
    largeObjects: { rows: 0, hash: "0" },
    sequences: [{ identity: "public.s", lastValue: "1", isCalled: true, increment: "1", cycle: false }],
    schemaObjects: 5,
  },
  durations: { dump: 7 },
};

test("a manifest is read as it was written", () => {
  expect(parseManifest(JSON.stringify(archive), uri)).toEqual(archive);
});

test("version 1 is read; an error names a version that does not exist yet", () => {
  expect(parseManifest(JSON.stringify({ ...archive, version: 1 }), uri).version).toBe(1);
  const later = () => parseManifest(JSON.stringify({ ...archive, version: 3 }), uri);
  expect(later).toThrow(expect.objectContaining({ details: [expect.stringContaining("versions 1 and 2")] }));
});

test("details are read as they were written, and damaged details are an error", () => {
  const details = {
    encoding: "UTF8",
    state: {
      hasPublic: true,
      extensions: { citext: { version: "1.6", schema: "public", members: ["type public.citext"] } },
      brokenIndexes: {},
      unenforced: [],
      populated: [],
      largeObjectComments: {},
    },
    relations: [],
    configuration: { rows: { "public.c": { rows: 1, hash: "2" } }, leftOut: {} },
    objects: [["column", "public.t.c", '{"type": "text"}'] as [string, string, string]],
    privileges: [],
    notDumped: [],
  };
  const manifest = { ...archive, details: encodeDetails(details) };
  expect(decodeDetails(manifest, uri)).toEqual(details);
  expect(decodeDetails(archive, uri)).toBeUndefined();
  const cut = { ...manifest, details: manifest.details.slice(0, 20) };
  expect(() => decodeDetails(cut, uri)).toThrow(`Cannot read the manifest ${uri}.`);
});

test("facts of an object hold no SQL that the server prints, and no name of a role", () => {
  const facts = (kind: string, definition: string) => factsOf({ kind, identity: "x", definition });
  expect(facts("column", '{"type": "text"}\nnow()')).toBe('{"type": "text"}');
  expect(facts("view", "select 1")).toBe("");
  expect(facts("enum", '["a"]')).toBe('["a"]');
  expect(facts("policy", '{"roles": ["reader"]}\ntrue')).toMatch(/^[0-9a-f]{16}$/);
});

test("a manifest without the restored database, and one with unknown fields, is read", () => {
  const earlier = { ...archive, target: undefined, addedLater: true };
  const read = parseManifest(JSON.stringify(earlier), uri);
  expect(read).toEqual(earlier);
  expect("target" in read).toBe(false);
});

test.each(["", "[]", "{}", JSON.stringify({ ...archive, version: 3 })])(
  "%j is not a manifest, and the error names its address",
  (text) => {
    expect(() => parseManifest(text, uri)).toThrow(`Cannot read the manifest ${uri}.`);
  },
);
