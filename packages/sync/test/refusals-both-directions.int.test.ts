/**
 * Refusals that no other test of this folder provokes, as a table: each in both directions, with the two seed databases as source and
 * target. Each leaves both databases and the bucket as they were.
 */
import { once } from "node:events";
import { createServer, type AddressInfo } from "node:net";
import { PutObjectCommand } from "@aws-sdk/client-s3";
import { manifestKey } from "@pilot-light/core/dump-keys";
import { adminLogin } from "@pilot-light/sandbox/postgres/cluster";
import { connect } from "@pilot-light/sandbox/postgres/connect";
import type { Side } from "@pilot-light/sandbox/testing";
import { testSandbox } from "@pilot-light/sandbox/vitest";
import { expect, test } from "vitest";
import { awsProxy } from "./proxies.ts";
import {
  groundOf,
  inPlace,
  provoke,
  ways,
  withVersion,
  type Case,
  type Ground,
  type Setting,
} from "./refusal-cases.ts";
import { documentOf, objectOf, s3, sync } from "./support.ts";
import { neonUrl } from "./untouched.ts";

interface DumpedGround extends Ground {
  /** Key of a dump of the source. */
  archive: string;
}

/** Runs a statement on a server, in its database `postgres`. */
async function onServer(side: Side, ...statements: readonly string[]): Promise<void> {
  const { state } = testSandbox();
  await using session = await connect(adminLogin(state[side], state.adminPassword, "postgres"));
  for (const statement of statements) await session.client.query(statement);
}

/** The arguments of a restore of the source's dump, whose manifest is changed. */
async function withManifest(
  { pair, archive, target }: DumpedGround,
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

/** The role of the tools may not call a function of the catalog of one side. */
async function withoutFunction({ pair }: Ground, side: Side): Promise<Setting> {
  const call = "execute on function pg_catalog.pg_get_userbyid(oid)";
  await pair.query(side, `revoke ${call} from public`);
  return { undo: () => pair.query(side, `grant ${call} to public`) };
}

/** A server of one side that rejects TLS. */
async function withoutTls({ pair }: Ground, side: Side): Promise<Setting> {
  const server = createServer((socket) =>
    socket.on("error", () => undefined).once("data", () => socket.end("N")),
  );
  await once(server.listen(0, "127.0.0.1"), "listening");
  const { port } = server.address() as AddressInfo;
  return {
    env:
      side === "rds"
        ? { RDS_HOSTADDR: `127.0.0.1:${port}` }
        : { NEON_DATABASE_URL: neonUrl(pair, (url) => (url.port = String(port))) },
    server: {
      [Symbol.asyncDispose]: async () => {
        server.close();
        await once(server, "close");
      },
    },
  };
}

const cases: Case<DumpedGround>[] = [
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
  {
    code: "DUMP_TOO_NEW",
    until: 16,
    exit: 4,
    says: ["pg_dump 17.2 wrote s3://", "pnpm dumps list"],
    set: async (ground) => {
      const env = await withVersion(ground, "17.2");
      const setting = await withManifest(ground, (manifest) => ({ ...manifest, clientVersion: "17.2" }));
      return { ...setting, env };
    },
  },
  {
    code: "PG_DUMP_TOO_NEW",
    until: 16,
    exit: 3,
    says: ["to 16 is needed", "found: 17.2 in ", "install"],
    set: async (ground) => ({ env: await withVersion(ground, "17.2") }),
  },
  {
    code: "DUMP_NOT_COMPARABLE",
    exit: 4,
    says: ["contains no facts to compare", "pnpm dumps list"],
    set: async (ground) => {
      const facts = { verified: undefined, contents: undefined, details: undefined };
      const { undo } = await withManifest(ground, (manifest) => ({ ...manifest, ...facts }));
      return { args: ["compare", "--with", ground.archive], ...(undo && { undo }) };
    },
  },
  {
    code: "NO_ROOM",
    exit: 4,
    says: ["The dump needs", "free space", "TMPDIR"],
    // No disk has room for a dump of this size.
    set: async ({ pair, archive, target }) => {
      const upstream = pair.env.AWS_ENDPOINT_URL ?? "";
      const aws = await awsProxy(pair, async ({ method, path }) => {
        if (method !== "GET" || !path.includes("list-type=2")) return undefined;
        const body = await (await fetch(`${upstream}${path}`)).text();
        return { status: 200, body: body.replaceAll(/<Size>\d+</g, `<Size>${5 * 2 ** 50}<`) };
      });
      return {
        args: ["restore", archive, "--to", target, "--yes", "--allow-shrink"],
        env: { AWS_ENDPOINT_URL: aws.url },
        server: aws,
      };
    },
  },
  {
    code: "SOURCE_QUERY_FAILED",
    exit: 5,
    says: ["permission denied", "SQLSTATE 42501", "statement: "],
    set: (ground) => withoutFunction(ground, ground.source),
  },
  {
    code: "TARGET_QUERY_FAILED",
    exit: 6,
    says: ["permission denied", "SQLSTATE 42501", "statement: "],
    set: (ground) => withoutFunction(ground, ground.target),
  },
  {
    code: "TLS_UNSUPPORTED",
    exit: 5,
    says: ["does not offer TLS", "Enable TLS on the server"],
    set: (ground) => withoutTls(ground, ground.source),
  },
  {
    code: "TLS_UNSUPPORTED",
    exit: 6,
    says: ["does not offer TLS", "Enable TLS on the server"],
    set: (ground) => withoutTls(ground, ground.target),
  },
];

test.concurrent.each(ways)("$direction: each is refused, and nothing is changed", async (way) => {
  const ground = await groundOf(way);
  await using pair = ground.pair;
  // A dump of the source; then the target is what it was.
  const made = await sync(pair, [way.direction, "--yes", "--json", "--allow-shrink"]);
  expect(made.exitCode, made.stderr).toBe(0);
  const archive = documentOf(made).plan.archive.replace(`s3://${pair.bucket}/`, "");
  const undone = await sync(pair, ["undo", way.target, "--yes"]);
  expect(undone.exitCode, undone.stderr).toBe(0);
  await provoke({ ...ground, archive }, cases);
});
