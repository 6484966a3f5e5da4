import { mkdtemp, rm, writeFile } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { createAwsClients } from "@pilot-light/core/aws/clients";
import { resourceNames } from "@pilot-light/core/contract";
import { Routes } from "@pilot-light/core/reach/routes";
import { expect, test } from "vitest";
import { createReads } from "./reads.ts";

const printer = { detail: () => undefined, progress: () => undefined, warn: () => undefined };

test.each([
  ["file", "outputs.json"],
  ["values", "in terraform lack"],
])("an error about outputs from a %s names their source", async (kind, said) => {
  const directory = await mkdtemp(join(tmpdir(), "pilot-light-reads-"));
  try {
    const file = join(directory, "outputs.json");
    await writeFile(file, '{"shop-dev":{"vpc_id":"vpc-1"}}');
    const reads = createReads({
      aws: createAwsClients({}),
      environment: {},
      names: resourceNames("shop"),
      outputs: kind === "file" ? { file } : { values: { vpc_id: "vpc-1" } },
      routes: new Routes({}, { environment: {}, signal: new AbortController().signal, printer }),
      directory,
      signal: new AbortController().signal,
      hide: () => undefined,
      log: () => undefined,
    });
    await expect(reads.outputs()).rejects.toThrow(said);
  } finally {
    await rm(directory, { recursive: true });
  }
});
