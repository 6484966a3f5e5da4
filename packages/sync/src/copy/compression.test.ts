import { chmod, mkdtemp, rm, writeFile } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { expect, test } from "vitest";
import { chooseCompression } from "./compression.ts";

const { signal } = new AbortController();

/** The compression that is chosen for a pg_dump of this major version that prints `answer`. */
async function chosen(major: number, answer: string): Promise<string> {
  const directory = await mkdtemp(join(tmpdir(), "compression-"));
  try {
    const pgDump = join(directory, "pg_dump");
    await writeFile(pgDump, `#!/bin/sh\necho 'pg_dump: error: ${answer}' >&2\nexit 1\n`);
    await chmod(pgDump, 0o700);
    return await chooseCompression({ pgDump, major }, {}, signal);
  } finally {
    await rm(directory, { recursive: true });
  }
}

const connects =
  'connection to server on socket "/nonexistent/.s.PGSQL.5432" failed: No such file or directory';
const unsupported = "invalid compression specification: this build does not support compression with ZSTD";

test("a dump is compressed with zstd if pg_dump accepts zstd and tries to connect", async () => {
  expect(await chosen(16, connects)).toBe("zstd:1");
  expect(await chosen(17, unsupported)).toBe("1");
});

test("a pg_dump that does not know zstd uses gzip", async () => {
  expect(await chosen(15, connects)).toBe("1");
});
