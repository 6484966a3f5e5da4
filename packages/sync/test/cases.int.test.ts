/**
 * Situations that people reported in public, each run by the command. They change roles and files of their servers, so they have
 * servers of their own, and run one after the other.
 */
import { processEnvironment } from "@pilot-light/core/config/env";
import { startSandbox } from "@pilot-light/sandbox/testing";
import { extraSandboxDirectory } from "@pilot-light/sandbox/vitest";
import { afterAll, beforeAll, expect, test } from "vitest";
import { matches, runCase, type Case } from "./cases.ts";

const copied = { notes: [] };

const cases: readonly Case[] = [
  {
    name: "01-fk-to-partitioned-table",
    expected: copied,
    then: [
      {
        query:
          "select count(*)::int from pg_constraint where conrelid = 'event'::regclass and contype = 'f' and conparentid = 0",
        gives: [1],
      },
    ],
  },
  {
    name: "01c-fk-to-monthly-partitions-oldest-dropped",
    expected: copied,
    then: [{ query: "select m_id from item", gives: [1] }],
  },
  {
    name: "03-domain-default",
    expected: copied,
    then: [{ query: "select mood::text from visitor order by id", gives: ["calm", "loud"] }],
  },
  {
    name: "05-tables-joined-to-an-extension",
    expected: {
      notes: [
        /hstore.*function public\.q_pop\(\), table public\.q_empty, table public\.q_full, view public\.q_open/,
      ],
    },
    then: [{ query: "select id from app", gives: [1] }],
  },
  {
    name: "05b-function-and-view-joined-to-an-extension",
    expected: { notes: [/hstore.*function public\.q_pop\(\), table public\.q_empty, view public\.q_open/] },
  },
  {
    name: "09-left-out-extension-with-own-rows",
    extensions: ["plcronlike"],
    withdrawn: ["plcronlike"],
    expected: { notes: ["plcronlike"] },
    then: [{ query: "select count(*)::int from pg_extension where extname = 'plcronlike'", gives: [0] }],
  },
  {
    name: "30-foreign-partition-out-of-reach",
    superuser: true,
    expected: copied,
    then: [{ query: "select id from log_new", gives: [1] }],
  },
  {
    name: "45-rows-that-the-filter-of-an-extension-leaves-out",
    extensions: ["plrefsys"],
    expected: {
      notes: [
        /rows of public\.refsys that the filter of the extension plrefsys leaves out of every dump \(3 rows, 2 of them/,
      ],
    },
    then: [{ query: "select srid from refsys order by 1", gives: [1, 2, 3, 5000] }],
  },
  {
    name: "50-partition-key-with-a-list",
    expected: copied,
    then: [{ query: "select id from ticket_open", gives: [1] }],
  },
];

let sandbox: Awaited<ReturnType<typeof startSandbox>>;

beforeAll(async () => {
  sandbox = await startSandbox({
    directory: extraSandboxDirectory("cases"),
    environment: processEnvironment(),
    // Whose directory of extensions may be written to.
    majors: { neon: 14, rds: 14 },
  });
});

afterAll(async () => {
  await sandbox.stop();
});

test.each(cases)("$name", async (each) => {
  await runCase(sandbox, each, async (what, transcript, pair) => {
    expect(matches(transcript, each.expected), `${what}: ${transcript.stderr}`).toEqual([]);
    if (what === "dry run") return;
    for (const { query, gives } of each.then ?? []) {
      const rows = await pair.query("rds", query);
      expect(rows.map((row) => Object.values(row)[0])).toEqual(gives);
    }
  });
});
