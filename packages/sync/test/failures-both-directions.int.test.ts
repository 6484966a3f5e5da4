/**
 * Failures after a sync has begun to write, as a table: each in both directions, and with both seed databases (`refusal-cases.ts`). Each leaves
 * both databases and the bucket as they were.
 */
import { DeleteObjectCommand, GetObjectCommand, PutObjectCommand } from "@aws-sdk/client-s3";
import { sides } from "@pilot-light/sandbox/testing";
import { expect, test } from "vitest";
import { awsProxy, type AwsRequest } from "./proxies.ts";
import {
  afterBackup,
  beforeIndexes,
  groundOf,
  inPlace,
  onSource,
  places,
  provoke,
  withProgram,
  type Case,
  type Ground,
  type Setting,
} from "./refusal-cases.ts";
import { s3 } from "./support.ts";

const state = "target-unchanged";

/**
 * An emulator in which another program acts before S3 gets a request about the dump of the source.
 * @param isMoment decides by the request, and by whether S3 has stored the dump
 */
async function beside(
  { pair, source }: Ground,
  isMoment: (request: AwsRequest, isStored: boolean) => boolean,
  act: (key: string) => Promise<unknown>,
): Promise<Setting> {
  const dump = new RegExp(`^/[^/]+/(${source}-dumps/[^/?]+\\.dump)(?:\\?|$)`);
  let isStored = false;
  let isOver = false;
  const aws = await awsProxy(pair, async (request) => {
    const key = dump.exec(request.path)?.[1];
    if (key === undefined || isOver) return undefined;
    if (isMoment(request, isStored)) {
      isOver = true;
      await act(key);
    }
    isStored ||= request.method === "PUT";
    return undefined;
  });
  return { env: { AWS_ENDPOINT_URL: aws.url }, server: aws };
}

/** Creates an event trigger on the target. Its function is no object of the database that a dump contains. */
async function eventTrigger({ pair, target }: Ground, schema: string, body: string): Promise<Setting> {
  const name = `${pair[target].database}_trigger`;
  const create = `create function ${schema}.${name}() returns event_trigger language plpgsql as $$ begin ${body} end $$`;
  await pair.query(target, create);
  await pair.query(target, `create event trigger ${name} on sql_drop execute function ${schema}.${name}()`);
  return {
    undo: async () => {
      await pair.query(target, `drop event trigger ${name}`);
      await pair.query(target, `drop function ${schema}.${name}()`);
    },
  };
}

const cases: Case[] = [
  {
    code: "DUMP_DAMAGED",
    exit: 6,
    state,
    says: ["pg_restore: error", "df -h"],
    // As if the disk were full, and pg_dump had not noticed it.
    set: async (ground) => ({
      env: await withProgram(ground, {
        program: "pg_dump",
        call: "*target.dump*",
        commands: `    "$real" "$@" || exit
    for each; do case "$each" in --file=*) file="\${each#--file=}" ;; esac; done
    head -c 9000 "$file" > "$file.short" && mv "$file.short" "$file"`,
      }),
    }),
  },
  {
    code: "ARCHIVE_UNREADABLE",
    exit: 3,
    state,
    says: ["1.99", "PILOT_LIGHT_PG_BIN"],
    // A pg_dump of the future.
    set: async (ground) => ({
      env: await withProgram(ground, {
        program: "pg_dump",
        call: "*source.dump*",
        commands: `    for each; do
      shift
      case "$each" in --file=*) file="\${each#--file=}"; each="$each.whole" ;; esac
      set -- "$@" "$each"
    done
    "$real" "$@" || exit
    { printf 'PGDMP\\001\\143\\000'; tail -c +9 "$file.whole"; } > "$file.next" && mv "$file.next" "$file"`,
      }),
    }),
  },
  {
    code: "KEY_TAKEN",
    exit: 7,
    state,
    says: ["Another run has just created s3://", "Run the same command again"],
    set: async (ground) => {
      const { pair } = ground;
      let address = { Bucket: pair.bucket, Key: "" };
      const setting = await beside(
        ground,
        ({ method }) => method === "PUT",
        async (Key) => {
          address = { ...address, Key };
          await s3(pair).send(new PutObjectCommand({ ...address, Body: "of another run" }));
        },
      );
      return {
        ...setting,
        revert: async () => {
          const { Body } = await s3(pair).send(new GetObjectCommand(address));
          expect(await Body?.transformToString()).toBe("of another run");
          await s3(pair).send(new DeleteObjectCommand(address));
        },
      };
    },
  },
  {
    code: "UPLOAD_INCOMPLETE",
    exit: 7,
    state,
    says: [/s3:\/\/\S+ has 9 bytes in S3, but \d+ bytes on disk/, "Run the same command again"],
    set: async (ground) => {
      const { pair } = ground;
      return await beside(
        ground,
        ({ method }, isStored) => isStored && method === "HEAD",
        (Key) => s3(pair).send(new PutObjectCommand({ Bucket: pair.bucket, Key, Body: "truncated" })),
      );
    },
  },
  {
    code: "VERIFICATION_FAILED",
    exit: 6,
    state,
    says: ["public.moments", "not immutable"],
    set: (ground) =>
      onSource(
        ground,
        `as owner; create function public.moment(n int) returns text immutable language sql as 'select clock_timestamp()::text';
         create table public.moments (n int, at text generated always as (public.moment(n)) stored);
         insert into public.moments values (1)`,
        "drop table public.moments; drop function public.moment(int)",
      ),
  },
  {
    code: "RESTORE_FAILED",
    exit: 6,
    state,
    says: ['relation "numbers" does not exist'],
    set: (ground) =>
      onSource(
        ground,
        `as owner; create table public.numbers (n int); insert into public.numbers values (1);
         create function public.bad(n int) returns int immutable language plpgsql as 'begin return n + (select count(*) from numbers); end';
         set search_path = public; create index on public.numbers (public.bad(n))`,
        "drop table public.numbers; drop function public.bad(int)",
      ),
  },
  {
    code: "SETTINGS_NOT_CARRIED",
    exit: 6,
    state,
    says: ["log_duration", "SQLSTATE 42501", "administrator"],
    set: async (ground) => {
      const { pair, target } = ground;
      const database = `alter database ${pair[target].database}`;
      return {
        env: await afterBackup(ground, () => pair.query(target, `${database} set log_duration to on`)),
        revert: () => pair.query(target, `${database} reset log_duration`),
      };
    },
  },
  {
    code: "PRIVILEGES_NOT_CARRIED",
    exit: 6,
    state,
    says: ["public.shared", "Grant the privileges as the owner"],
    set: async (ground) => {
      const { pair, target } = ground;
      for (const side of sides) {
        await pair.query(side, `set role ${pair[side].role}; create table public.shared (id int)`);
      }
      const { role } = pair[target];
      const owner = (name: string) => `alter table public.shared owner to ${name}`;
      // The role of the sync may still read the table.
      const give = `${owner("app_reader")}; grant all on public.shared to ${role}`;
      return {
        env: await beforeIndexes(ground, () => pair.query(target, give)),
        revert: () => pair.query(target, owner(role)),
        undo: () => Promise.all(sides.map((side) => pair.query(side, "drop table public.shared"))),
      };
    },
  },
  {
    code: "NOT_EMPTIED",
    exit: 6,
    state,
    says: ["must be kept: event trigger ", "sync without --in-place"],
    set: async (ground) => ({
      ...(await eventTrigger(ground, "public", "null;")),
      args: inPlace(ground),
    }),
  },
  {
    code: "TARGET_CHANGED",
    exit: 6,
    state,
    says: ["function public.made_meanwhile()", "run the same command again"],
    set: async (ground) => {
      const { pair, target } = ground;
      const create = "create function public.made_meanwhile() returns int language sql as 'select 1'";
      return {
        args: inPlace(ground),
        env: await afterBackup(ground, () => pair.query(target, create)),
        revert: () => pair.query(target, "drop function public.made_meanwhile()"),
      };
    },
  },
  {
    code: "TABLE_LOCKED",
    exit: 6,
    state,
    says: [/public\.held, held by session \d+ \(role \w+, a report/],
    // A session that only reads lets the plan and the dump of the target through.
    set: async (ground) => {
      const { pair, target } = ground;
      await pair.query(target, `set role ${pair[target].role}; create table public.held (n int)`);
      const holder = await pair.connect(target);
      await holder.client.query("set application_name = 'a report'; begin; select from public.held");
      return {
        args: inPlace(ground),
        revert: () => holder.client.query("rollback"),
        server: holder,
        undo: () => pair.query(target, "drop table public.held"),
      };
    },
  },
  {
    code: "TRANSACTION_ENDED",
    exit: 6,
    state,
    says: ["The dump has ended the transaction", "Sync without --in-place"],
    set: async (ground) => ({
      args: inPlace(ground),
      env: await withProgram(ground, {
        program: "pg_restore",
        call: "*in-place.list*",
        commands: `    "$psql" --no-psqlrc --quiet --command=rollback`,
      }),
    }),
  },
  {
    code: "COMMIT_FAILED",
    exit: 6,
    state,
    says: ["late_n_key", "server rolled the transaction back"],
    // An event trigger that violates a deferred constraint.
    set: async (ground) => ({
      ...(await eventTrigger(
        ground,
        "pg_catalog",
        `if pg_catalog.to_regclass('pg_temp.late') is null then
           create temporary table late (n int unique deferrable initially deferred);
           insert into pg_temp.late values (1), (1);
         end if;`,
      )),
      args: inPlace(ground),
    }),
  },
];

test.concurrent.each(places)(
  "$direction, from $seed: each is reported, and nothing is changed",
  async (place) => {
    const ground = await groundOf(place);
    await using pair = ground.pair;
    await provoke({ ...ground, pair }, cases);
  },
);
