/** A sync on real servers: both directions, both seed databases, checked independently of the tool. */
import { createHash } from "node:crypto";
import { createPair, sandboxPassword, type Seed, type Side } from "@pilot-light/sandbox/testing";
import { testSandbox } from "@pilot-light/sandbox/vitest";
import { describe, expect, test } from "vitest";
import {
  contentOf,
  databasesOf,
  documentOf,
  keysOf,
  leftFiles,
  objectOf,
  restorePlainly,
  sync,
} from "./support.ts";

const cases: { direction: string; source: Side; target: Side; from: Seed; onto: Seed }[] = [
  { direction: "neon-to-rds", source: "neon", target: "rds", from: "app", onto: "empty" },
  { direction: "neon-to-rds", source: "neon", target: "rds", from: "awkward", onto: "app" },
  { direction: "rds-to-neon", source: "rds", target: "neon", from: "app", onto: "awkward" },
  { direction: "rds-to-neon", source: "rds", target: "neon", from: "awkward", onto: "app" },
];

describe.each(cases)("$direction, $from onto $onto", ({ direction, source, target, from, onto }) => {
  test("makes the target equal to the source, keeps dumps of both, and can be undone", async () => {
    const seeds = source === "neon" ? { neon: from, rds: onto } : { neon: onto, rds: from };
    await using pair = await createPair(testSandbox(), { ...seeds, rdsBypassRls: true });
    const wanted = await contentOf(pair, source);
    const previous = await contentOf(pair, target);
    expect(previous).not.toBe(wanted);

    const transcript = await sync(pair, [direction, "--yes", "--json", "--allow-shrink"]);
    expect(transcript.exitCode, transcript.stderr).toBe(0);
    // The progress, and no warning.
    const steps = ["dump", "restore", "verify", "archive", "settings", "swap"];
    expect([...transcript.stderr.matchAll(/^ {2}(\w+) (?! *started)/gm)].map(([, step]) => step)).toEqual(
      steps,
    );
    expect(transcript.stderr).not.toMatch(/^(?! {2}\w)./m);
    const { outcome, plan, result } = documentOf(transcript);
    expect(outcome).toBe("synced");
    expect(await contentOf(pair, target)).toBe(wanted);
    expect(await contentOf(pair, source)).toBe(wanted);

    const { database } = pair[target];
    expect(await databasesOf(pair, target)).toEqual([database, result?.previous]);
    expect(await databasesOf(pair, source)).toEqual([pair[source].database]);
    expect(await leftFiles(pair)).toEqual([]);

    const key = plan.archive.replace(`s3://${pair.bucket}/`, "");
    const backup = (plan.backup ?? "").replace(`s3://${pair.bucket}/`, "");
    expect(key).toMatch(new RegExp(`^${source}-dumps/\\d{4}-\\d\\d-\\d\\dT\\d\\d-\\d\\d-\\d\\d\\.dump$`));
    expect(await keysOf(pair)).toEqual(
      [key, backup].flatMap((k) => [k, k.replace(".dump", ".manifest.json")]).sort(),
    );
    const manifest: unknown = JSON.parse(
      Buffer.from(await objectOf(pair, key.replace(".dump", ".manifest.json"))).toString(),
    );
    expect(manifest).toMatchObject({
      kind: "archive",
      key,
      sha256: createHash("sha256")
        .update(await objectOf(pair, key))
        .digest("hex"),
    });
    expect(await restorePlainly(pair, target, key)).toBe(wanted);
    expect(await restorePlainly(pair, target, backup)).toBe(previous);

    expect(await sync(pair, ["undo", target, "--yes"])).toMatchObject({ exitCode: 0 });
    expect(await contentOf(pair, target)).toBe(previous);
  });
});

test("a dry run shows the plan and writes nothing anywhere", async () => {
  await using pair = await createPair(testSandbox(), { neon: "app", rds: "awkward", rdsBypassRls: true });
  const before = await Promise.all([contentOf(pair, "neon"), contentOf(pair, "rds")]);
  const transcript = await sync(pair, ["neon-to-rds", "--dry-run", "--json"]);
  expect(transcript.exitCode).toBe(0);
  const { outcome, plan } = documentOf(transcript);
  expect(outcome).toBe("planned");
  expect(plan.tables).toContainEqual({
    table: "public.projects",
    sourceRows: 12,
    targetRows: null,
    change: "new",
  });
  expect(plan.tables.filter(({ change }) => change === "removed").length).toBeGreaterThan(10);
  expect(await Promise.all([contentOf(pair, "neon"), contentOf(pair, "rds")])).toEqual(before);
  expect(await keysOf(pair)).toEqual([]);
  expect(await leftFiles(pair)).toEqual([]);
  expect([...(await databasesOf(pair, "neon")), ...(await databasesOf(pair, "rds"))]).toEqual([
    pair.neon.database,
    pair.rds.database,
  ]);
});

test("the output contains no password in any form", async () => {
  await using pair = await createPair(testSandbox(), { neon: "app", rds: "app" });
  const transcript = await sync(pair, ["neon-to-rds", "--yes", "--verbose"]);
  expect(transcript.exitCode).toBe(0);
  const printed = transcript.stdout + transcript.stderr;
  for (const form of [
    sandboxPassword,
    encodeURIComponent(sandboxPassword),
    JSON.stringify(sandboxPassword).slice(1, -1),
  ]) {
    expect(printed).not.toContain(form);
  }
});
