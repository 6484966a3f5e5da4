import { expect, test } from "vitest";
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

test("a manifest that was written is read back as it is", () => {
  expect(parseManifest(JSON.stringify(archive), uri)).toEqual(archive);
});

test("a manifest of an earlier version, without the restored database, is read; so are unknown fields", () => {
  const earlier = { ...archive, target: undefined, addedLater: true };
  const read = parseManifest(JSON.stringify(earlier), uri);
  expect(read).toEqual(earlier);
  expect("target" in read).toBe(false);
});

test.each(["", "[]", "{}", JSON.stringify({ ...archive, version: 2 })])(
  "%j is not a manifest, and the error names its address",
  (text) => {
    expect(() => parseManifest(text, uri)).toThrow(`Cannot read the manifest ${uri}.`);
  },
);
