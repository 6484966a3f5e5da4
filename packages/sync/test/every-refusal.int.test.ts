/**
 * Refusals and failures that no other test of this folder provokes, as a table: each in both directions, with the two seed databases as
 * source and target. Each leaves both databases and the bucket as they were.
 */
import { chmod, mkdtemp, writeFile } from "node:fs/promises";
import { createServer } from "node:net";
import { once } from "node:events";
import { join } from "node:path";
import { PutObjectCommand } from "@aws-sdk/client-s3";
import { manifestKey } from "@pilot-light/core/dump-keys";
import { adminLogin } from "@pilot-light/sandbox/postgres/cluster";
import { connect } from "@pilot-light/sandbox/postgres/connect";
import { createPair, type Pair, type Side } from "@pilot-light/sandbox/testing";
import { testSandbox } from "@pilot-light/sandbox/vitest";
import { expect, test } from "vitest";
import { awsProxy, readsSecret, type AwsAnswer, type AwsRequest } from "./proxies.ts";
import { clientPrograms, documentOf, objectOf, s3, sync } from "./support.ts";
import { expectRefusal, footprint, textFile, type Refusal } from "./untouched.ts";

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
  env?: Record<string, string>;
  /** Answers of AWS in place of the emulator's. */
  answer?: (request: AwsRequest) => AwsAnswer | undefined | Promise<AwsAnswer | undefined>;
  undo?: () => Promise<unknown>;
}

interface Case extends Refusal {
  /** Only with a target of this system. */
  only?: Side;
  /** The newest major version of a server that refuses it. */
  until?: number;
  set: (ground: Ground) => Setting | Promise<Setting>;
}

const run = ({ direction }: Ground) => [direction, "--yes", "--allow-shrink"];
const inPlace = (ground: Ground) => [...run(ground), "--in-place"];
const unchanged = "target-unchanged";

/** Runs a statement on a server, in its database `postgres`. */
async function onServer(side: Side, ...statements: readonly string[]): Promise<void> {
  const { state } = testSandbox();
  await using session = await connect(adminLogin(state[side], state.adminPassword, "postgres"));
  for (const statement of statements) await session.client.query(statement);
}

/** Client programs that are the real ones, except for what the script of pg_dump does. */
async function programs({ pair }: Ground, script: string, version?: string): Promise<Record<string, string>> {
  const { directory } = await clientPrograms();
  const own = await mkdtemp(join(pair.env.HOME ?? "", "programs-"));
  for (const name of ["pg_dump", "pg_restore"]) {
    const isVersion =
      version === undefined ? 'exec "$real" "$@"' : `echo "${name} (PostgreSQL) ${version}"; exit 0`;
    const rest = name === "pg_dump" ? script : 'exec "$real" "$@"';
    const text = `#!/bin/bash\nreal=${directory}/${name}\nif [ "$1" = --version ]; then ${isVersion}; fi\n${rest}\n`;
    await writeFile(join(own, name), text);
    await chmod(join(own, name), 0o755);
  }
  return { PILOT_LIGHT_PG_BIN: own };
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

/** A server that answers a request for TLS with no. */
async function withoutTls({ pair }: Ground): Promise<Setting> {
  const server = createServer((socket) =>
    socket.once("data", () => socket.write("N")).on("error", () => undefined),
  );
  server.listen(0, "127.0.0.1");
  await once(server, "listening");
  const address = server.address();
  const port = typeof address === "object" && address !== null ? address.port : 0;
  expect(pair.env.RDS_HOSTADDR).toBeDefined();
  return {
    env: { RDS_HOSTADDR: `127.0.0.1:${port}` },
    undo: async () => {
      server.close();
      await once(server, "close");
    },
  };
}

const isDump = ({ path }: AwsRequest) => /-dumps\/[^?]*\.dump(\?|$)/.test(path);

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
  {
    code: "DUMP_TOO_NEW",
    until: 16,
    exit: 4,
    says: ["pg_dump 17.2 wrote", "pnpm dumps list"],
    set: (ground) => withManifest(ground, (manifest) => ({ ...manifest, clientVersion: "17.2" })),
  },
  {
    code: "DUMP_NOT_COMPARABLE",
    exit: 4,
    says: ["no facts to compare", "pnpm dumps list"],
    set: async (ground) => {
      const setting = await withManifest(ground, ({ verified, contents, details, ...rest }) => {
        expect([verified ?? contents, details]).not.toContain(undefined);
        return { ...rest, version: 1 };
      });
      return { ...setting, args: ["compare", "--with", ground.archive] };
    },
  },
  {
    code: "PG_DUMP_TOO_NEW",
    until: 16,
    exit: 3,
    says: ["17.0"],
    set: async (ground) => ({ env: await programs(ground, "exit 1", "17.0") }),
  },
  {
    code: "DUMP_DAMAGED",
    state: unchanged,
    exit: 6,
    says: ["cannot read the dump of the target", "df -h"],
    set: async (ground) => ({
      env: await programs(
        ground,
        `"$real" "$@" || exit
         for arg; do case "$arg" in --file=*target.dump) truncate --size=-200 "\${arg#--file=}";; esac; done`,
      ),
    }),
  },
  {
    code: "ARCHIVE_UNREADABLE",
    state: unchanged,
    exit: 70,
    says: ["Cannot read the dump that pg_dump has written"],
    set: async (ground) => ({
      env: await programs(
        ground,
        `case "$*" in *--file=*source.dump*) ;; *) exec "$real" "$@";; esac
         args=(); for arg; do case "$arg" in --file=*) file="\${arg#--file=}";; *) args+=("$arg");; esac; done
         "$real" "\${args[@]}" | (printf 'PGDMP\\x09'; tail --bytes=+7) > "$file"`,
      ),
    }),
  },
  {
    code: "KEY_TAKEN",
    state: unchanged,
    exit: 7,
    says: ["-dumps/"],
    set: () => ({
      answer: (request) =>
        request.method === "PUT" && isDump(request)
          ? {
              status: 412,
              body: "<Error><Code>PreconditionFailed</Code><Message>the key exists</Message></Error>",
            }
          : undefined,
    }),
  },
  {
    code: "UPLOAD_INCOMPLETE",
    state: unchanged,
    exit: 7,
    says: ["-dumps/"],
    set: () => ({
      answer: (request) => (request.method === "HEAD" && isDump(request) ? { status: 200 } : undefined),
    }),
  },
  {
    code: "NO_ROOM",
    exit: 4,
    says: ["free space", "--file"],
    set: ({ archive, pair }) => {
      const object = (key: string, bytes: number) =>
        `<Contents><Key>${key}</Key><Size>${bytes}</Size><LastModified>2026-01-01T00:00:00.000Z</LastModified><ETag>"x"</ETag></Contents>`;
      const listing = `<ListBucketResult><Name>${pair.bucket}</Name><IsTruncated>false</IsTruncated>${object(archive, 10 ** 15)}${object(manifestKey(archive), 9)}</ListBucketResult>`;
      return {
        args: ["dumps", "download", archive, "--file", join(pair.env.HOME ?? "", "x.dump")],
        answer: ({ method, path }) =>
          method === "GET" && path.includes("list-type=2") ? { status: 200, body: listing } : undefined,
      };
    },
  },
  {
    code: "NOT_EMPTIED",
    state: unchanged,
    exit: 6,
    says: ["must be kept: extension earthdistance"],
    set: async (ground) => {
      const { pair, target } = ground;
      // The platform's extension needs one that belongs to the role.
      await pair.query(target, `set role ${pair[target].role}; create extension cube schema public`);
      await pair.query(target, "create extension earthdistance schema public");
      return { args: inPlace(ground), undo: () => pair.query(target, "drop extension cube cascade") };
    },
  },
  {
    code: "TARGET_CHANGED",
    state: unchanged,
    exit: 6,
    says: ["function public.late()"],
    set: async (ground) => {
      const { pair, target } = ground;
      const create = (kind: string) =>
        pair.query(
          target,
          `create or replace function public.late() returns int language sql ${kind} as 'select 1'`,
        );
      await create("stable");
      return {
        args: inPlace(ground),
        // The run begins with another definition. A migration changes it after the dump of the target.
        answer: async (request) => {
          if (readsSecret(request)) await create("volatile");
          if (request.method === "PUT" && request.path.includes(`${target}-dumps/`)) await create("stable");
          return undefined;
        },
        undo: () => pair.query(target, "drop function public.late()"),
      };
    },
  },
  {
    code: "COMMIT_FAILED",
    only: "rds",
    state: unchanged,
    exit: 6,
    says: ["violates foreign key constraint"],
    set: async (ground) => {
      const script = await textFile(
        ground.pair,
        `create table public.p (id int primary key);
         create table public.c (id int references public.p deferrable initially deferred);
         insert into public.c values (1);`,
      );
      return { args: [...inPlace(ground), "--after-restore", script] };
    },
  },
  {
    code: "TLS_UNSUPPORTED",
    only: "rds",
    exit: 6,
    says: ["does not offer TLS", "Enable TLS"],
    set: withoutTls,
  },
  {
    code: "TLS_UNSUPPORTED",
    only: "neon",
    exit: 5,
    says: ["does not offer TLS", "Enable TLS"],
    set: withoutTls,
  },
  {
    code: "RDS_AUTH_INVALID",
    exit: 3,
    says: ["RDS_AUTH is kerberos"],
    set: () => ({ env: { RDS_AUTH: "kerberos" } }),
  },
  {
    code: "RDS_IAM_USER_MISSING",
    exit: 3,
    says: ["RDS_IAM_USER"],
    set: () => ({ env: { RDS_AUTH: "iam" } }),
  },
  {
    code: "OUTPUTS_STACK_MISSING",
    exit: 3,
    says: ["several stacks", "PROJECT_NAME"],
    set: async (ground) => ({
      args: [...run(ground), "--outputs-file", await textFile(ground.pair, '{ "one": {}, "two": {} }')],
    }),
  },
  {
    code: "ENV_FILE_UNREADABLE",
    exit: 3,
    says: ["/nowhere/.env"],
    set: (ground) => ({ args: [...run(ground), "--env-file", "/nowhere/.env"] }),
  },
  {
    code: "ENV_FILE_MALFORMED",
    exit: 3,
    says: ["Line 1"],
    set: async (ground) => ({
      args: [...run(ground), "--env-file", await textFile(ground.pair, "no value")],
    }),
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
  for (const { only, until, set, ...refusal } of cases) {
    if ((only ?? sides.target) !== sides.target || major > (until ?? major)) continue;
    const { args = run(ground), env = {}, answer, undo } = await set(ground);
    await using aws = await awsProxy(pair, answer);
    const before = await footprint(pair);
    try {
      await expectRefusal(pair, before, args, refusal, { env: { AWS_ENDPOINT_URL: aws.url, ...env } });
    } catch (error) {
      throw new Error(`${refusal.code}: ${String(error)}`, { cause: error });
    } finally {
      await undo?.();
    }
  }
});
