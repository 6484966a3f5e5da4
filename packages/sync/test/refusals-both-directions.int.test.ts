/**
 * Refusals that no other test of this folder provokes, as a table: each in both directions, with the two seed databases as source and
 * target. Each leaves both databases and the bucket as they were.
 */
import { PutObjectCommand } from "@aws-sdk/client-s3";
import { manifestKey } from "@pilot-light/core/dump-keys";
import { adminLogin } from "@pilot-light/sandbox/postgres/cluster";
import { connect } from "@pilot-light/sandbox/postgres/connect";
import { createPair, type Pair, type Side } from "@pilot-light/sandbox/testing";
import { testSandbox } from "@pilot-light/sandbox/vitest";
import { expect, test } from "vitest";
import { clientPrograms, documentOf, objectOf, s3, sync } from "./support.ts";
import { expectRefusal, footprint, type Refusal } from "./untouched.ts";

/** One direction, with a dump of its source. */
interface Ground {
  pair: Pair;
  direction: "neon-to-rds" | "rds-to-neon";
  source: Side;
  target: Side;
  /** Key of a dump of the source. */
  archive: string;
  /** Major version of the servers and programs. */
  major: number;
}

/** How a case is run. */
interface Setting {
  args?: readonly string[];
  undo?: () => Promise<unknown>;
}

interface Case extends Refusal {
  /** The newest major version of a server that refuses it. */
  until?: number;
  set: (ground: Ground) => Setting | Promise<Setting>;
}

const run = ({ direction }: Ground) => [direction, "--yes", "--allow-shrink"];
const inPlace = (ground: Ground) => [...run(ground), "--in-place"];

/** Runs a statement on a server, in its database `postgres`. */
async function onServer(side: Side, ...statements: readonly string[]): Promise<void> {
  const { state } = testSandbox();
  await using session = await connect(adminLogin(state[side], state.adminPassword, "postgres"));
  for (const statement of statements) await session.client.query(statement);
}

/** The arguments of a restore of the source's dump, whose manifest is changed. */
async function withManifest(
  { pair, archive, target }: Ground,
  change: (manifest: Record<string, unknown> & { database: object }) => object,
): Promise<Setting> {
  const key = manifestKey(archive);
  const written = await objectOf(pair, key);
  const put = (Body: Uint8Array | string) =>
    s3(pair).send(new PutObjectCommand({ Bucket: pair.bucket, Key: key, Body }));
  const manifest = JSON.parse(Buffer.from(written).toString()) as { database: object };
  await put(JSON.stringify(change(manifest)));
  return { args: ["restore", archive, "--to", target, "--yes", "--allow-shrink"], undo: () => put(written) };
}

const cases: Case[] = [
  {
    code: "CANNOT_CREATE_IN_PLACE",
    exit: 4,
    says: ["CREATE AND TEMPORARY", "grant create, temporary on database"],
    set: async (ground) => {
      const { pair, target } = ground;
      const { database, role } = pair[target];
      const owner = `${database}_owner`;
      await pair.query(target, `create role ${owner}`);
      await pair.query(target, `grant create on schema public to ${role}`);
      await pair.query(target, `alter database ${database} owner to ${owner}`);
      await pair.query(target, `revoke temporary on database ${database} from public`);
      return {
        args: inPlace(ground),
        undo: async () => {
          await pair.query(target, `revoke create on schema public from ${role}`);
          await pair.query(target, `grant temporary on database ${database} to public`);
          await pair.query(target, `alter database ${database} owner to ${role}`);
          await pair.query(target, `drop role ${owner}`);
        },
      };
    },
  },
  {
    code: "PREPARED_TRANSACTIONS",
    exit: 4,
    says: ["1 prepared transaction"],
    set: async (ground) => {
      const { pair, target } = ground;
      const name = `${pair[target].database} open`;
      await pair.query(
        target,
        `begin; select pg_catalog.pg_current_xact_id(); prepare transaction '${name}'`,
      );
      return { args: inPlace(ground), undo: () => pair.query(target, `rollback prepared '${name}'`) };
    },
  },
  {
    code: "ENCODING_DIFFERS",
    exit: 4,
    says: ["UTF8", "LATIN1", "template template0"],
    set: async ({ pair, target }) => {
      const { database, role } = pair[target];
      await onServer(
        target,
        `alter database ${database} rename to ${database}_kept`,
        `create database ${database} owner ${role} encoding 'LATIN1' locale 'C' template template0`,
      );
      const undo = () =>
        onServer(
          target,
          `drop database ${database} with (force)`,
          `alter database ${database}_kept rename to ${database}`,
        );
      return { undo };
    },
  },
  {
    code: "TOO_FEW_CONNECTIONS",
    exit: 4,
    says: ["limit of the database", "connection limit -1;"],
    set: async ({ pair, source }) => {
      const { database } = pair[source];
      await onServer(source, `alter database ${database} connection limit 2`);
      return { undo: () => onServer(source, `alter database ${database} connection limit -1`) };
    },
  },
  {
    code: "VERSION_UNSUPPORTED",
    exit: 4,
    says: ["PostgreSQL 13.4", "14 or newer"],
    set: (ground) =>
      withManifest(ground, (manifest) => ({
        ...manifest,
        database: { ...manifest.database, serverVersion: "13.4" },
      })),
  },
  {
    code: "VERSION_DOWNGRADE",
    until: 16,
    exit: 4,
    says: ["PostgreSQL 17.2", "cannot restore what pg_dump 17 writes"],
    set: (ground) =>
      withManifest(ground, (manifest) => ({
        ...manifest,
        database: { ...manifest.database, serverVersion: "17.2" },
      })),
  },
];

test.concurrent.each([
  { direction: "neon-to-rds", source: "neon", target: "rds" },
  { direction: "rds-to-neon", source: "rds", target: "neon" },
] as const)("$direction: each is refused, and nothing is changed", async (sides) => {
  const seeds = { [sides.source]: "app", [sides.target]: "awkward" } as Record<Side, "app" | "awkward">;
  await using pair = await createPair(testSandbox(), { ...seeds, rdsBypassRls: true });
  const { major } = await clientPrograms();
  // A dump of the source; then the target is what it was.
  const made = await sync(pair, [sides.direction, "--yes", "--json", "--allow-shrink"]);
  expect(made.exitCode, made.stderr).toBe(0);
  const archive = documentOf(made).plan.archive.replace(`s3://${pair.bucket}/`, "");
  const undone = await sync(pair, ["undo", sides.target, "--yes"]);
  expect(undone.exitCode, undone.stderr).toBe(0);
  const ground: Ground = { ...sides, pair, archive, major };
  for (const { until, set, ...refusal } of cases) {
    if (major > (until ?? major)) continue;
    const { args = run(ground), undo } = await set(ground);
    const before = await footprint(pair);
    try {
      await expectRefusal(pair, before, args, refusal);
    } catch (error) {
      throw new Error(`${refusal.code}: ${String(error)}`, { cause: error });
    } finally {
      await undo?.();
    }
  }
});
