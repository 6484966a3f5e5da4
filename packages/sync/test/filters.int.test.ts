/** Tables that are copied without their rows, and what follows from it. */
import { mkdtemp, rm } from "node:fs/promises";
import { join } from "node:path";
import { run } from "@pilot-light/core/process";
import { createPair, type Pair } from "@pilot-light/sandbox/testing";
import { testSandbox } from "@pilot-light/sandbox/vitest";
import { expect, test } from "vitest";
import { clientPrograms, contentOf, documentOf, errorOf, sync } from "./support.ts";
import { expectRefusal, footprint } from "./untouched.ts";

async function succeeds(pair: Pair, ...args: string[]) {
  const transcript = await sync(pair, [...args, "--json"]);
  expect(transcript.exitCode, transcript.stdout + transcript.stderr).toBe(0);
  return documentOf(transcript);
}

async function rowsOf(pair: Pair, table: string): Promise<(number | string)[]> {
  const count = async (side: "neon" | "rds") => {
    const [row] = await pair.query(side, `select count(*)::int as n from ${table}`);
    return Number(row?.n);
  };
  return [await count("neon"), await count("rds")];
}

test.concurrent("a filtered copy lacks the rows, is verified, and must not reach Neon", async () => {
  await using pair = await createPair(testSandbox(), { neon: "app", rds: "stale" });
  const before = await footprint(pair);
  const filters = ["--exclude-table-data", "EVENTS", "--exclude-table-data", "public.session*"];
  const filtered = ["neon-to-rds", "--yes", ...filters];
  const refused = async (args: readonly string[], code: string, ...says: string[]) => {
    await expectRefusal(pair, before, args, { exit: 4, code, says });
  };
  const other = ["neon-to-rds", "--yes", "--exclude-table-data"];
  await refused([...other, "nothing*"], "FILTER_MATCHES_NOTHING", "nothing*");
  await refused([...other, '"EVENTS"', "--allow-filtered"], "FILTER_MATCHES_NOTHING", '"EVENTS"');
  const key = "projects_owner_id_fkey of the table public.projects";
  await refused([...other, "users", "--allow-filtered"], "FILTER_BREAKS_KEYS", key);
  const hint = "pnpm sync neon-to-rds --exclude-table-data EVENTS --exclude-table-data";
  await refused(filtered, "TARGET_UNFILTERED", "EVENTS, public.session*", hint, "--allow-filtered");

  const { plan } = await succeeds(pair, ...filtered, "--allow-filtered");
  expect(plan.excludeTableData).toEqual([
    { pattern: "EVENTS", tables: ["public.events"] },
    { pattern: "public.session*", tables: ["public.sessions"] },
  ]);
  const [events = 0] = await rowsOf(pair, "public.events");
  expect(events).toBeGreaterThan(0);
  expect(plan.notes.join("\n")).toContain(`the rows of public.events (${events.toLocaleString("en")} rows)`);
  expect((await rowsOf(pair, "public.events"))[1]).toBe(0);
  expect((await rowsOf(pair, "public.sessions"))[1]).toBe(0);
  const [contacts, copied] = await rowsOf(pair, "public.contacts");
  expect(copied).toBe(contacts);

  const back = await sync(pair, ["rds-to-neon", "--dry-run", "--json"]);
  expect(errorOf(back)).toMatchObject({ code: "CHANGED_COPY", exit: 4 });
  expect(errorOf(back).message).toContain("has no rows of EVENTS, public.session*");
  // Now the target is a filtered copy, which another one may replace.
  await succeeds(pair, ...filtered);
  await succeeds(pair, "neon-to-rds", "--yes");
  const restored = ["restore", plan.archive, "--to", "rds", "--dry-run"];
  const unfiltered = await sync(pair, [...restored, "--json"]);
  expect(errorOf(unfiltered)).toMatchObject({ code: "TARGET_UNFILTERED", exit: 4 });
  const again = await sync(pair, [...restored, "--no-target-backup", "--allow-filtered"]);
  expect(again.stderr).toMatch(
    /To run it: {2}pnpm sync restore \S+ --to rds --allow-filtered --no-target-backup$/m,
  );
  expect(await contentOf(pair, "rds")).toBe(await contentOf(pair, "neon"));
  await succeeds(pair, "rds-to-neon", "--dry-run");
});

/** `schema table` of each table whose rows a dump has, from pg_dump and pg_restore. */
async function dumpedTables(pair: Pair, ...flags: string[]): Promise<Set<string>> {
  const { pgDump, pgRestore } = await clientPrograms();
  const directory = await mkdtemp(join(pair.env.HOME ?? "", "dump-"));
  const file = join(directory, "x.dump");
  const options = { environment: { PATH: pair.env.PATH } };
  const dump = await run(pgDump, ["-Fc", `--file=${file}`, ...flags, pair.neon.adminUrl], options);
  expect(dump.exitCode, dump.stderr.join("\n")).toBe(0);
  const { stdout } = await run(pgRestore, ["--list", file], options);
  await rm(directory, { recursive: true });
  const lines = stdout.split("\n").filter((line) => line.includes(" TABLE DATA "));
  return new Set(lines.map((line) => line.replace(/^.* TABLE DATA (.*) \S+$/, "$1")));
}

test.concurrent("patterns match the tables that pg_dump matches", async () => {
  await using pair = await createPair(testSandbox(), { neon: "awkward", rds: "empty" });
  const all = await dumpedTables(pair);
  for (const pattern of [
    '"Mixed Case".*',
    "plain.table",
    "plain.T?B*",
    'plain."T*"',
    "*.all_types",
    "user",
    "p*.i?en*",
  ]) {
    const kept = await dumpedTables(pair, `--exclude-table-data=${pattern}`);
    const omitted = [...all].filter((table) => !kept.has(table));
    const args = ["neon-to-rds", "--dry-run", "--json", "--allow-filtered", "--exclude-table-data", pattern];
    const transcript = await sync(pair, args);
    const code = transcript.exitCode === 0 ? undefined : errorOf(transcript).code;
    if (omitted.length === 0) {
      expect(code, pattern).toBe("FILTER_MATCHES_NOTHING");
      continue;
    }
    expect(code, transcript.stdout).toBeUndefined();
    const matched = documentOf(transcript).plan.excludeTableData.flatMap(({ tables }) => tables);
    const plainly = matched.map((name) => name.replaceAll('"', "").replace(".", " "));
    expect(plainly.sort(), pattern).toEqual(omitted.sort());
  }
  // The foreign key of a partitioned table is named once, and not for each partition.
  const args = ["neon-to-rds", "--dry-run", "--json", "--exclude-table-data", "plain.T*"];
  expect(errorOf(await sync(pair, args))).toMatchObject({
    code: "FILTER_BREAKS_KEYS",
    details: ["partitioned_child_id_fkey of the table plain.partitioned_child"],
  });
});
