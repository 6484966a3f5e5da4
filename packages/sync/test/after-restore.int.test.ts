/** A copy that a script changes after its verification: its rows must not reach Neon by any command. */
import { mkdtemp, writeFile } from "node:fs/promises";
import { join } from "node:path";
import { DeleteObjectCommand } from "@aws-sdk/client-s3";
import { manifestKey } from "@pilot-light/core/dump-keys";
import { createPair, type Pair } from "@pilot-light/sandbox/testing";
import { testSandbox } from "@pilot-light/sandbox/vitest";
import { afterAll, beforeAll, describe, expect, test } from "vitest";
import { z } from "zod";
import { contentOf, databasesOf, documentOf, errorOf, keysOf, objectOf, s3, sync } from "./support.ts";
import { expectRefusal, footprint, superuserOnRds } from "./untouched.ts";

const masking = `-- Masks what must not leave production.
update users set email = 'user' || id || '@example.com';
create table masked_at (at timestamptz not null);`;

async function maskFile(pair: Pair, text = masking): Promise<string> {
  const path = join(await mkdtemp(join(pair.env.HOME ?? "", "file-")), "mask.sql");
  await writeFile(path, text);
  return path;
}

async function succeeds(pair: Pair, ...args: string[]) {
  const transcript = await sync(pair, [...args, "--json"]);
  expect(transcript.exitCode, transcript.stdout + transcript.stderr).toBe(0);
  return documentOf(transcript);
}

/** The code with which a sync to Neon is refused; undefined if it is possible. */
async function refusalToNeon(pair: Pair): Promise<string | undefined> {
  const transcript = await sync(pair, ["rds-to-neon", "--dry-run", "--json"]);
  return transcript.exitCode === 0 ? undefined : errorOf(transcript).code;
}

async function commentOn(pair: Pair, side: "neon" | "rds"): Promise<string | null> {
  const [row] = await pair.query(
    side,
    "select shobj_description(oid, 'pg_database') as comment from pg_database where datname = $1",
    [pair[side].database],
  );
  return row?.comment as string | null;
}

const side = z.looseObject({ oid: z.number(), mark: z.unknown().optional() });
const manifestSchema = z.looseObject({
  database: side,
  target: side.optional(),
  afterRestore: z
    .looseObject({ tables: z.record(z.string(), z.looseObject({ rows: z.number() })) })
    .optional(),
});

async function manifestOf(pair: Pair, uri: string) {
  const key = manifestKey(uri.replace(/^s3:\/\/[^/]+\//, ""));
  return manifestSchema.parse(JSON.parse(new TextDecoder().decode(await objectOf(pair, key))));
}

async function emailsOn(pair: Pair, side: "neon" | "rds"): Promise<boolean> {
  const [row] = await pair.query(
    side,
    "select bool_and(email = 'user' || id || '@example.com') as masked from public.users",
  );
  return row?.masked === true;
}

test.concurrent("without the flag, no command copies a masked database to Neon", async () => {
  await using pair = await createPair(testSandbox(), { neon: "app", rds: "stale" });
  const { database } = pair.rds;
  await using maintenance = await superuserOnRds("postgres");
  await maintenance.client.query(`comment on database ${database} is 'ours'`);
  const production = await contentOf(pair, "neon");
  const args = ["neon-to-rds", "--yes", "--after-restore", await maskFile(pair)];

  const { plan, result } = await succeeds(pair, ...args);
  const sha256 = plan.afterRestore?.sha256 ?? "";
  expect(sha256).toMatch(/^[0-9a-f]{64}$/);
  expect(result?.afterRestore).toEqual({
    statements: 2,
    changedTables: ["public.masked_at", "public.users"],
  });
  expect(await emailsOn(pair, "rds")).toBe(true);
  expect(await commentOn(pair, "rds")).toMatch(new RegExp(`^ours\npilot-light, .*${sha256}`));
  const manifest = await manifestOf(pair, plan.archive);
  // The dump itself holds the original rows.
  expect(manifest.database.mark).toBeUndefined();
  expect(manifest.target?.mark).toEqual({ afterRestore: { file: "mask.sql", sha256 } });
  expect(manifest.afterRestore?.tables["public.masked_at"]?.rows).toBe(0);

  const before = await footprint(pair);
  await expectRefusal(pair, before, ["rds-to-neon", "--yes"], {
    exit: 4,
    code: "CHANGED_COPY",
    says: [database, "mask.sql", sha256, "pnpm sync rds-to-neon --allow-changed-copy"],
  });

  // Neither another name nor another comment hides the mark: the manifest states it as well.
  await maintenance.client.query(`comment on database ${database} is null`);
  expect(await refusalToNeon(pair)).toBe("CHANGED_COPY");
  // An undo returns to a true copy. A second undo returns to the masked copy.
  await sync(pair, ["undo", "rds", "--yes"]);
  expect(await refusalToNeon(pair)).toBeUndefined();
  await sync(pair, ["undo", "rds", "--yes"]);
  expect(await refusalToNeon(pair)).toBe("CHANGED_COPY");

  // Without the dumps, the comment on the database still states the mark.
  const again = await succeeds(pair, ...args);
  const backup = await manifestOf(pair, again.plan.backup ?? "");
  expect(backup.database.oid).toBe(manifest.target?.oid);
  for (const Key of await keysOf(pair)) {
    await s3(pair).send(new DeleteObjectCommand({ Bucket: pair.bucket, Key }));
  }
  expect(await refusalToNeon(pair)).toBe("CHANGED_COPY");
  expect(await contentOf(pair, "neon")).toBe(production);

  // A true copy has no mark, and the dump of the masked target before it has one.
  const plain = await succeeds(pair, "neon-to-rds", "--yes");
  expect((await manifestOf(pair, plain.plan.backup ?? "")).database.mark).toEqual(manifest.target?.mark);
  expect((await manifestOf(pair, plain.plan.archive)).target?.mark).toBeUndefined();
  const masked = plain.plan.backup?.split("/").slice(-2).join("/") ?? "";
  const toNeon = await sync(pair, ["restore", masked, "--to", "neon", "--yes", "--json"]);
  expect(errorOf(toNeon)).toMatchObject({ code: "CHANGED_COPY", state: "nothing-written" });
  expect(errorOf(toNeon).message).toContain(
    `The dump of the database ${database} on rds must not reach Neon`,
  );
  expect(await contentOf(pair, "neon")).toBe(production);
  expect(plain.plan.notes.join()).toContain("rds is a changed copy at the moment: it was changed after");
  expect(await refusalToNeon(pair)).toBeUndefined();

  // The newest archive is of a later sync, and the comment is another one: the manifest of the backup states the mark, by the OID.
  await sync(pair, ["undo", "rds", "--yes"]);
  await maintenance.client.query(`comment on database ${database} is 'mine'`);
  expect(await refusalToNeon(pair)).toBe("CHANGED_COPY");
  await sync(pair, ["undo", "rds", "--yes"]);
  expect(await refusalToNeon(pair)).toBeUndefined();
  // A restore of a masked dump creates another masked database, which no manifest describes.
  const restored = ["restore", masked, "--to", "rds", "--yes", "--no-target-backup"];
  expect(await sync(pair, restored)).toMatchObject({ exitCode: 0 });
  await maintenance.client.query(`comment on database ${database} is null`);
  expect(await refusalToNeon(pair)).toBe("CHANGED_COPY");
  expect(await contentOf(pair, "neon")).toBe(production);

  // With the flag, a person accepts the masked rows for production.
  await succeeds(pair, ...args);
  const flagged = await succeeds(pair, "rds-to-neon", "--yes", "--allow-changed-copy");
  expect(flagged.plan.notes.join()).toContain("allowed by --allow-changed-copy: the database");
  expect((await manifestOf(pair, flagged.plan.archive)).database.mark).toEqual(manifest.target?.mark);
  expect(await emailsOn(pair, "neon")).toBe(true);
  expect(await commentOn(pair, "neon")).toBeNull();
});

describe("a script is refused", () => {
  let pair: Pair;
  let before: unknown;
  beforeAll(async () => {
    pair = await createPair(testSandbox(), { neon: "app", rds: "stale" });
    before = await footprint(pair);
  });
  afterAll(() => pair.dispose());

  const failing = [
    {
      what: "with a command of psql, before anything is written",
      text: "update users set email = '';\n\\connect postgres\nselect 1;",
      refusal: { exit: 6, code: "SCRIPT_FAILED", says: ["mask.sql, line 2: syntax error", "backslash"] },
    },
    {
      what: "that is empty",
      text: " \n",
      refusal: { exit: 3, code: "SCRIPT_UNREADABLE", says: ["mask.sql", "empty"] },
    },
    {
      what: "with a name that does not exist, and the error names the line",
      text: "-- é 🔥\nupdate users set is_admin = false;\nupdate nobody set x = 1;",
      refusal: {
        exit: 6,
        code: "SCRIPT_FAILED",
        says: [`mask.sql, line 3, statement 2: relation "nobody" does not exist`],
        state: "target-unchanged" as const,
      },
    },
    {
      what: "whose statement fails on the rows, and the error names the statement",
      text: "create table t (id int primary key);\ninsert into t values (1);\ninsert into t values (1)",
      refusal: {
        exit: 6,
        code: "SCRIPT_FAILED",
        says: [`mask.sql, statement 3: duplicate key`],
        state: "target-unchanged" as const,
      },
    },
    {
      what: "that commits",
      text: "update users set is_admin = false;\ncommit;\nselect 1;",
      refusal: {
        exit: 6,
        code: "SCRIPT_ENDS_TRANSACTION",
        says: ["mask.sql", "COMMIT"],
        state: "target-unchanged" as const,
      },
    },
  ];
  for (const { what, text, refusal } of failing) {
    test(what, async () => {
      const file = await maskFile(pair, text);
      await expectRefusal(pair, before, ["neon-to-rds", "--yes", "--after-restore", file], refusal);
    });
  }

  test("on Neon, before it is read", async () => {
    const args = ["rds-to-neon", "--yes", "--after-restore", "missing.sql"];
    await expectRefusal(pair, before, args, { exit: 4, code: "SCRIPT_TO_NEON", says: ["missing.sql"] });
  });
});

test.concurrent(
  "if a sync is killed during its script, the target is unchanged, and the next run removes what the sync left",
  async () => {
    await using pair = await createPair(testSandbox(), { neon: "app", rds: "stale" });
    const previous = await contentOf(pair, "rds");
    const file = await maskFile(pair, `${masking}\nselect pg_sleep(600);`);
    let printed = "";
    const { exitCode } = await sync(pair, ["neon-to-rds", "--yes", "--after-restore", file], {
      onStderr: (text, child) => {
        printed += text;
        if (/^ {2}verify /m.test(printed)) setTimeout(() => child.kill("SIGKILL"), 1500);
      },
    });
    expect(exitCode).toBe(-1);
    expect(await contentOf(pair, "rds")).toBe(previous);
    expect(await databasesOf(pair, "rds")).toHaveLength(2);
    expect(await refusalToNeon(pair)).toBeUndefined();
    const next = await sync(pair, ["neon-to-rds", "--yes"]);
    expect(next.exitCode, next.stderr).toBe(0);
    expect(next.stderr).toMatch(/dropped .*__pl_staging_\d+, which an interrupted sync left/);
    expect(await contentOf(pair, "rds")).toBe(await contentOf(pair, "neon"));
  },
);
