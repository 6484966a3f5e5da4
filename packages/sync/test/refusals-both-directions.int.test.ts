/**
 * Refusals of the plan, as a table: each in both directions, and with both seed databases (`refusal-cases.ts`). Each leaves both databases and
 * the bucket as they were.
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
import { awsProxy, readsSecret } from "./proxies.ts";
import {
  groundOf,
  inPlace,
  onSource,
  onTarget,
  places,
  provoke,
  run,
  withVersion,
  type Case,
  type Ground,
  type Setting,
} from "./refusal-cases.ts";
import { roleOn } from "./roles.ts";
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

/** A command whose role on the target is another one than that of the pair, and what is changed for it on the target. */
async function withRole(
  { pair, target }: Ground,
  attributes: string,
  set: (names: { database: string; owner: string; role: string }) => {
    made?: readonly string[];
    undone?: readonly string[];
    args?: readonly string[];
  } = () => ({}),
): Promise<Setting> {
  const { database, role: owner } = pair[target];
  const other = await roleOn(pair, target, "other", attributes);
  const { made = [], undone = [], args } = set({ database, owner, role: other.role });
  for (const statement of made) await pair.query(target, statement);
  return {
    env: other.env,
    ...(args && { args }),
    undo: async () => {
      for (const statement of undone) await pair.query(target, statement);
      await other[Symbol.asyncDispose]();
    },
  };
}

/** A filter for a source that gets a table `apart.rows` and the tables `extra.parent` and `extra.child`, which refers to both. */
async function withFilter(ground: Ground, ...flags: readonly string[]): Promise<Setting> {
  const made = `as owner; create schema apart; create schema extra;
    create table apart.rows (id int primary key); insert into apart.rows values (1);
    create table extra.child (id int references apart.rows); insert into extra.child values (1)`;
  return {
    ...(await onSource(ground, made, "drop schema apart cascade; drop schema extra cascade")),
    args: [...run(ground), ...flags],
  };
}

/** Neon gets complete copies only. */
const filterToNeon = (...says: readonly string[]) => ({
  code: "FILTER_TO_NEON",
  says: ["complete copies only", ...says],
});

const cases: Case<DumpedGround>[] = [
  {
    code: "NO_CREATEDB",
    exit: 4,
    says: [/alter role "\w+_other" createdb;/, "--in-place"],
    set: (ground) => withRole(ground, `nocreatedb bypassrls in role ${ground.pair[ground.target].role}`),
  },
  {
    code: "NOT_OWNER",
    exit: 4,
    says: [/alter database "\w+" owner to "\w+_other";/, "--in-place"],
    set: (ground) => withRole(ground, "createdb bypassrls in role pg_read_all_data"),
  },
  {
    code: "CANNOT_END_SESSIONS",
    exit: 4,
    says: ["1 session", /grant pg_signal_backend to "\w+_other";/],
    set: async (ground) => {
      const { pair, target } = ground;
      const setting = await withRole(ground, "createdb bypassrls", ({ database, owner, role }) => ({
        made: [`alter database ${database} owner to ${role}`],
        undone: [`alter database ${database} owner to ${owner}`],
      }));
      return { ...setting, server: await pair.connect(target, "application") };
    },
  },
  {
    code: "MARK_NEEDS_OWNER",
    exit: 4,
    says: [/grant "\w+" to "\w+_other";/],
    // The target is a changed copy, and would become a true one.
    set: (ground) =>
      withRole(
        ground,
        `nocreatedb bypassrls in role ${ground.pair[ground.target].role}`,
        ({ database, owner, role }) => ({
          made: [
            `comment on database ${database} is 'pilot-light, changed copy: {"excludeTableData":["t"]}'`,
            `create role ${database}_owner`,
            `alter database ${database} owner to ${database}_owner`,
            `grant create on schema public to ${owner}`,
            `grant create, temporary on database ${database} to ${role}`,
          ],
          undone: [
            `revoke create on schema public from ${owner}`,
            `alter database ${database} owner to ${owner}`,
            `revoke all on database ${database} from ${role}`,
            `comment on database ${database} is null`,
            `drop role ${database}_owner`,
          ],
          args: inPlace(ground),
        }),
      ),
  },
  {
    code: "FILTER_MATCHES_NOTHING",
    exit: 4,
    says: ["apart.nothing*"],
    toNeon: filterToNeon("--exclude-table-data 'apart.nothing*'"),
    set: (ground) => withFilter(ground, "--exclude-table-data", "apart.nothing*"),
  },
  {
    code: "FILTER_BREAKS_KEYS",
    exit: 4,
    says: ["child_id_fkey of the table extra.child"],
    toNeon: filterToNeon("--exclude-table-data apart.rows"),
    set: (ground) => withFilter(ground, "--exclude-table-data", "apart.rows", "--allow-filtered"),
  },
  {
    code: "TARGET_UNFILTERED",
    exit: 4,
    says: ["has no rows of extra.child", "--allow-filtered"],
    toNeon: filterToNeon("--exclude-table-data extra.child"),
    set: (ground) => withFilter(ground, "--exclude-table-data", "extra.child"),
  },
  {
    code: "SCHEMA_MATCHES_NOTHING",
    exit: 4,
    says: ["nothing*", "apart", "extra"],
    toNeon: filterToNeon("--schema 'nothing*'"),
    set: (ground) => withFilter(ground, "--schema", "nothing*"),
  },
  {
    code: "SCHEMAS_NEED_OTHERS",
    exit: 4,
    says: ["constraint child_id_fkey on table extra.child needs table apart.rows", "--schema apart"],
    toNeon: filterToNeon("--schema extra"),
    set: (ground) => withFilter(ground, "--schema", "extra", "--allow-filtered"),
  },
  {
    code: "TABLE_LOCKED",
    exit: 5,
    says: [/public\.held, held by session \d+ \(role \w+, a migration/],
    set: async (ground) => {
      const { pair, source } = ground;
      await pair.query(source, `set role ${pair[source].role}; create table public.held (n int)`);
      const holder = await pair.connect(source);
      // The test reads the tables before the command begins.
      const aws = await awsProxy(pair, async (request) => {
        const lock =
          "set application_name = 'a migration'; begin; lock table public.held in access exclusive mode";
        if (readsSecret(request)) await holder.client.query(lock);
        return undefined;
      });
      return {
        env: { AWS_ENDPOINT_URL: aws.url },
        revert: () => holder.client.query("rollback"),
        server: aws,
        undo: async () => {
          await holder[Symbol.asyncDispose]();
          await pair.query(source, "drop table public.held");
        },
      };
    },
  },
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
    code: "TARGET_PINNED",
    exit: 4,
    says: [/subscription sub_/],
    set: (ground) => {
      const name = `sub_${ground.pair[ground.target].database}`;
      const options = "with (connect = false, enabled = false, create_slot = false, slot_name = none)";
      const create = `create subscription ${name} connection 'host=nowhere' publication p ${options}`;
      return onTarget(ground, create, `drop subscription ${name}`);
    },
  },
  {
    code: "ROLES_MISSING",
    exit: 4,
    says: [/"\w+ ""auditor"""/, "nologin;"],
    set: (ground) => {
      const role = `"${ground.pair[ground.source].database} ""auditor"""`;
      return onSource(
        ground,
        `create role ${role}; as owner; create table public.audited (n int); create policy audit on public.audited to ${role} using (true)`,
        `drop table public.audited; drop role ${role}`,
      );
    },
  },
  {
    code: "EXTENSION_MISSING",
    exit: 4,
    says: ["only_cube", "column c of table", "pg_available_extensions"],
    // Both servers offer the same extensions. Another name in the source's catalog makes one an extension that only the source has.
    set: (ground) =>
      onSource(
        ground,
        `create extension cube schema public; as owner; create table public.boxes (c public.cube);
         reset role; update pg_extension set extname = 'only_cube' where extname = 'cube'`,
        `update pg_extension set extname = 'cube' where extname = 'only_cube';
         drop table public.boxes; drop extension cube`,
      ),
  },
  {
    code: "SUPERUSER_NEEDED",
    exit: 4,
    says: ["function public.sealed() (leakproof)", "alter function ... not leakproof;"],
    set: (ground) =>
      onSource(
        ground,
        "create function public.sealed() returns int language sql leakproof as 'select 1'",
        "drop function public.sealed()",
      ),
  },
  {
    code: "SUPERUSER_NEEDED",
    exit: 4,
    says: ["operator class public.mine"],
    set: (ground) =>
      onSource(
        ground,
        "create operator class public.mine for type int using btree as operator 1 <",
        "drop operator family public.mine using btree",
      ),
  },
  {
    code: "FUNCTION_SETTINGS_NOT_SETTABLE",
    exit: 4,
    says: ["log_statement of public.logs()", 'grant set on parameter "log_statement" to '],
    set: (ground) =>
      onSource(
        ground,
        "create function public.logs() returns int language sql set log_statement = 'all' as 'select 1'",
        "drop function public.logs()",
      ),
  },
  {
    code: "EXTENSION_NOT_CREATABLE",
    exit: 4,
    says: ["pg_stat_statements"],
    set: (ground) =>
      onSource(
        ground,
        "create extension pg_stat_statements schema public",
        "drop extension pg_stat_statements",
      ),
  },
  {
    code: "COLLATIONS_MISSING",
    exit: 4,
    says: ["only here"],
    set: (ground) =>
      onSource(
        ground,
        `as owner; create table public.sorted (a text collate "C.utf8");
         reset role; update pg_collation set collname = 'only here' where collname = 'C.utf8'`,
        `drop table public.sorted; update pg_collation set collname = 'C.utf8' where collname = 'only here'`,
      ),
  },
  {
    code: "PUBLICATIONS_NAME_TABLES",
    exit: 4,
    says: ["named", 'drop publication "named";'],
    set: async (ground) => ({
      ...(await onTarget(
        ground,
        "as owner; create table public.published (n int); reset role; create publication named for table public.published",
        "drop publication named; drop table public.published",
      )),
      args: inPlace(ground),
    }),
  },
  {
    code: "CANNOT_EMPTY",
    exit: 4,
    says: ["schema theirs", "grant "],
    set: async (ground) => {
      const { role } = ground.pair[ground.target];
      const create = `create schema theirs; grant usage on schema theirs to ${role}`;
      return { ...(await onTarget(ground, create, "drop schema theirs")), args: inPlace(ground) };
    },
  },
  {
    code: "SETTINGS_NOT_SETTABLE",
    exit: 4,
    says: ["log_duration", "administrator", "--allow-lost-settings"],
    set: (ground) => {
      const alter = `alter database ${ground.pair[ground.target].database}`;
      return onTarget(ground, `${alter} set log_duration to on`, `${alter} reset log_duration`);
    },
  },
  {
    code: "DUMP_MISSING",
    exit: 4,
    says: ["pnpm dumps list"],
    set: ({ target }) => ({ args: ["restore", "neon-dumps/2001-01-01", "--to", target, "--yes"] }),
  },
  {
    code: "DUMP_NOT_INTACT",
    exit: 4,
    says: ["the SHA-256 of the dump is"],
    set: async ({ pair, archive, target }) => {
      const bytes = await objectOf(pair, archive);
      const put = (Body: Uint8Array) =>
        s3(pair).send(new PutObjectCommand({ Bucket: pair.bucket, Key: archive, Body }));
      const middle = Math.floor(bytes.length / 2);
      await put(Uint8Array.from(bytes, (byte, index) => (index === middle ? byte ^ 1 : byte)));
      return {
        args: ["restore", archive, "--to", target, "--yes", "--allow-shrink"],
        undo: () => put(bytes),
      };
    },
  },
  {
    code: "MANIFEST_UNREADABLE",
    exit: 7,
    says: ["version 3", "versions 1 and 2"],
    set: (ground) => withManifest(ground, (manifest) => ({ ...manifest, version: 3 })),
  },
  {
    code: "NO_DUMP_TO_RESUME",
    exit: 4,
    says: [/pnpm sync \w+-to-\w+/],
    set: ({ direction }) => ({ args: [direction, "--yes", "--resume", "--allow-shrink"] }),
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

test.concurrent.each(places)(
  "$direction, from $seed: each is refused, and nothing is changed",
  async (place) => {
    const ground = await groundOf(place);
    await using pair = ground.pair;
    // A dump of the source; then the target is what it was.
    const made = await sync(pair, [place.direction, "--yes", "--json", "--allow-shrink"]);
    expect(made.exitCode, made.stderr).toBe(0);
    const archive = documentOf(made).plan.archive.replace(`s3://${pair.bucket}/`, "");
    const undone = await sync(pair, ["undo", place.target, "--yes"]);
    expect(undone.exitCode, undone.stderr).toBe(0);
    await provoke({ ...ground, archive }, cases);
  },
);
