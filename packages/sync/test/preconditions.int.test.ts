/** Refusals because of the databases: both are the same, one is empty or too small, another role owns it, or the target lacks something. */
import { sdk } from "@pilot-light/core/aws/sdk";
import { resourceNames } from "@pilot-light/core/contract";
import { tcpProxy } from "@pilot-light/sandbox/postgres/tcp-proxy";
import { createPair, neonHost, ownerRoles, sandboxPassword } from "@pilot-light/sandbox/testing";
import { testSandbox } from "@pilot-light/sandbox/vitest";
import { describe, expect, test } from "vitest";
import { awsWithSecret } from "./proxies.ts";
import { roleOnRds } from "./roles.ts";
import { contentOf, databasesOf, documentOf, errorOf, sync } from "./support.ts";
import { expectRefusal, footprint, outputsFile, superuserOnRds } from "./untouched.ts";

const dryRun = ["neon-to-rds", "--dry-run"];
const run = ["neon-to-rds", "--yes"];

test.concurrent(
  "source and target that are the same database, through a tunnel and under another name",
  async () => {
    await using pair = await createPair(testSandbox(), { neon: "app", rds: "empty" });
    const before = await footprint(pair);
    const { neon, rds } = testSandbox().state;
    const secret = JSON.stringify({ username: ownerRoles.neon, password: sandboxPassword });
    await using aws = await awsWithSecret(pair, secret);
    await using tunnel = await tcpProxy(neon.port);
    const file = await outputsFile(pair, (outputs) => ({
      ...outputs,
      database_endpoint: `${neonHost}:5432`,
      database_name: pair.neon.database,
    }));
    const says = [pair.neon.database, "NEON_DATABASE_URL", "database_endpoint", "RDS_HOSTADDR"];
    const env = { AWS_ENDPOINT_URL: aws.url, RDS_HOSTADDR: `127.0.0.1:${tunnel.port}` };
    for (const args of [dryRun, run, ["rds-to-neon", "--yes"], ["compare"]]) {
      const refusal = { exit: 4, code: "SAME_DATABASE", says };
      await expectRefusal(pair, before, [...args, "--outputs-file", file], refusal, { env });
    }
    expect(rds.port).not.toBe(neon.port);
  },
);

describe.concurrent("a source that has too few rows", () => {
  test("because it is empty", async () => {
    await using pair = await createPair(testSandbox(), { neon: "empty", rds: "app" });
    const before = await footprint(pair);
    const says = ["neon", "no rows and no tables", "pnpm sync neon-to-rds --allow-shrink"];
    for (const args of [dryRun, run]) {
      await expectRefusal(pair, before, args, { exit: 4, code: "SOURCE_EMPTY", says });
    }
    expect(await sync(pair, [...run, "--allow-shrink"])).toMatchObject({ exitCode: 0 });
    expect(await contentOf(pair, "rds")).toBe(await contentOf(pair, "neon"));
  });

  test("because a table would be emptied", async () => {
    await using pair = await createPair(testSandbox(), { neon: "app", rds: "app" });
    await pair.query("neon", "delete from public.sessions");
    const before = await footprint(pair);
    const says = ["public.sessions: 90 -> 0", "pnpm sync neon-to-rds --allow-shrink"];
    await expectRefusal(pair, before, run, { exit: 4, code: "SHRINK_REFUSED", says });
  });

  test("because most of its rows were deleted", async () => {
    await using pair = await createPair(testSandbox(), { neon: "app", rds: "app" });
    await pair.query("rds", "delete from public.events where payload ->> 'path' <> '/projects/1'");
    await pair.query("rds", "delete from public.contacts where id > 20");
    const before = await footprint(pair);
    const says = [
      "3,560 rows",
      "only 490",
      "public.events: 3,000 -> 250",
      "pnpm sync rds-to-neon --allow-shrink",
    ];
    const refusal = { exit: 4, code: "SHRINK_REFUSED", says };
    await expectRefusal(pair, before, ["rds-to-neon", "--yes"], refusal);
    const transcript = await sync(pair, ["rds-to-neon", "--dry-run", "--allow-shrink", "--json"]);
    expect(documentOf(transcript).outcome).toBe("planned");
  });
});

describe.concurrent("a role on the target", () => {
  test("that may not create databases", async () => {
    await using pair = await createPair(testSandbox(), { neon: "app", rds: "stale" });
    await using limited = await roleOnRds(pair, "limited", `nocreatedb in role ${pair.rds.role}`);
    const before = await footprint(pair);
    const says = [limited.role, `alter role "${limited.role}" createdb;`];
    for (const args of [dryRun, run]) {
      await expectRefusal(pair, before, args, { exit: 4, code: "NO_CREATEDB", says }, limited);
    }
  });

  test("that does not own the database", async () => {
    await using pair = await createPair(testSandbox(), { neon: "app", rds: "stale" });
    await using reader = await roleOnRds(pair, "reader", "createdb in role pg_read_all_data");
    const before = await footprint(pair);
    const { database, role } = pair.rds;
    const says = [reader.role, database, role, `alter database "${database}" owner to "${reader.role}";`];
    await expectRefusal(pair, before, run, { exit: 4, code: "NOT_OWNER", says }, reader);
  });

  test("that may not end the sessions of an application", async () => {
    await using pair = await createPair(testSandbox(), { neon: "app", rds: "empty" });
    const owner = await roleOnRds(pair, "owner", "createdb");
    await pair.query("rds", `alter database ${pair.rds.database} owner to ${owner.role}`);
    const application = await pair.connect("rds", "application");
    const before = await footprint(pair);
    const says = [owner.role, "1 session", `grant pg_signal_backend to "${owner.role}";`];
    await expectRefusal(pair, before, run, { exit: 4, code: "CANNOT_END_SESSIONS", says }, owner);
    await application[Symbol.asyncDispose]();
    await pair.query("rds", `alter database ${pair.rds.database} owner to ${pair.rds.role}`);
    await owner[Symbol.asyncDispose]();
  });
});

test.concurrent("an extension that only the source has and that no object needs is left out", async () => {
  await using pair = await createPair(testSandbox(), { neon: "app", rds: "stale" });
  // Both servers offer the same extensions. Another name in the source's catalog makes one an extension that only the source has.
  await pair.query("neon", "create extension hstore");
  await pair.query("neon", "update pg_extension set extname = 'only_hstore' where extname = 'hstore'");
  const transcript = await sync(pair, [...run, "--json"]);
  expect(transcript.exitCode, transcript.stdout).toBe(0);
  expect(documentOf(transcript).plan.notes).toContainEqual(
    expect.stringContaining("only_hstore is not available on rds; no object uses it, so it is left out"),
  );
  expect(await pair.query("rds", "select count(*)::int as n from public.projects")).toEqual([{ n: 12 }]);
});

test.concurrent(
  "a target with another encoding: the statements of the hint make the sync possible",
  async () => {
    await using pair = await createPair(testSandbox(), { neon: "app", rds: "stale" });
    const { database, role } = pair.rds;
    await using server = await superuserOnRds("postgres");
    const runAll = async (statements: readonly string[]) => {
      for (const statement of statements) await server.client.query(statement);
    };
    await runAll([
      `alter database ${database} rename to ${database}_utf8`,
      `create database ${database} owner ${role} encoding 'LATIN1' locale 'C' template template0`,
    ]);
    const refused = await sync(pair, [...run, "--json"]);
    expect(refused.exitCode).toBe(4);
    const { code, hint } = errorOf(refused);
    expect(code).toBe("ENCODING_DIFFERS");
    const [, statements = ""] = hint.split(/ {2,}/);
    await runAll(statements.split(/(?<=;) /));
    expect(await databasesOf(pair, "rds")).toContain(`${database}_kept`);
    expect(await sync(pair, run)).toMatchObject({ exitCode: 0 });
    expect(await contentOf(pair, "rds")).toBe(await contentOf(pair, "neon"));
    await runAll([`drop database ${database}_kept`, `drop database ${database}_utf8`]);
  },
);

test.concurrent("the comment on an extension is not copied, and the plan names it", async () => {
  await using pair = await createPair(testSandbox(), { neon: "app", rds: "stale" });
  await pair.query("neon", "create extension citext; comment on extension citext is 'ours'");
  const transcript = await sync(pair, [...run, "--json"]);
  expect(transcript.exitCode, transcript.stdout).toBe(0);
  expect(documentOf(transcript).plan.notes).toContainEqual(expect.stringContaining("the comments on citext"));
});

test.concurrent(
  "tables of either side of which the role does not see every row are refused, and the commands of the hint help",
  async () => {
    await using pair = await createPair(testSandbox(), { neon: "app", rds: "awkward" });
    const before = await footprint(pair);
    const refusal = {
      exit: 4,
      code: "ROW_SECURITY_FORCED",
      says: ["rds", "plain.forced", 'alter role "dbadmin" bypassrls;'],
    };
    await expectRefusal(pair, before, ["rds-to-neon", "--yes", "--allow-shrink"], refusal);
    const says = [...refusal.says, "--no-target-backup"];
    await expectRefusal(pair, before, [...run, "--allow-shrink"], { ...refusal, says });
    const transcript = await sync(pair, [...run, "--allow-shrink", "--no-target-backup"]);
    expect(transcript.exitCode, transcript.stderr).toBe(0);
    expect(await contentOf(pair, "rds")).toBe(await contentOf(pair, "neon"));
  },
);

describe.concurrent("a server without room for the copy", () => {
  test("RDS: CloudWatch reports the free storage", async () => {
    await using pair = await createPair(testSandbox(), { neon: "app", rds: "stale" });
    const { AWS_ENDPOINT_URL: endpoint = "", AWS_REGION: region = "" } = pair.env;
    const { AWS_ACCESS_KEY_ID: accessKeyId = "", AWS_SECRET_ACCESS_KEY: secretAccessKey = "" } = pair.env;
    const credentials = { accessKeyId, secretAccessKey };
    const cloudWatch = new (sdk.cloudWatch().CloudWatchClient)({ endpoint, region, credentials });
    const { databaseInstance } = resourceNames(pair.project);
    await cloudWatch.send(
      new (sdk.cloudWatch().PutMetricDataCommand)({
        Namespace: "AWS/RDS",
        MetricData: [
          {
            MetricName: "FreeStorageSpace",
            Dimensions: [{ Name: "DBInstanceIdentifier", Value: databaseInstance }],
            Timestamp: new Date(),
            Value: 1_500_000,
          },
        ],
      }),
    );
    const before = await footprint(pair);
    const says = ["rds has 1.5 MB of free storage", "CloudWatch", "--allow-low-storage"];
    await expectRefusal(pair, before, run, { exit: 4, code: "NO_ROOM_ON_TARGET", says });
    const allowed = await sync(pair, [...run, "--allow-low-storage"]);
    expect(allowed.exitCode, allowed.stderr).toBe(0);
    // The option drops the previous target that the sync has kept.
    const [, previous = ""] = await databasesOf(pair, "rds");
    const again = await sync(pair, ["neon-to-rds", "--dry-run", "--json"]);
    expect(errorOf(again).hint).toContain("pnpm sync neon-to-rds --drop-previous-first");
    const done = await sync(pair, [...run, "--drop-previous-first"]);
    expect(done.exitCode, done.stderr).toBe(0);
    expect(done.stderr).toContain(`${previous} will be dropped first`);
    expect(await databasesOf(pair, "rds")).not.toContain(previous);
  });

  test("Neon: its project has a limit", async () => {
    await using pair = await createPair(testSandbox(), { neon: "stale", rds: "app" });
    await pair.query("neon", `alter database ${pair.neon.database} set neon.max_cluster_size = '8MB'`);
    const before = await footprint(pair);
    const says = ["neon has 0 B of free storage", "neon.max_cluster_size"];
    const args = ["rds-to-neon", "--yes", "--allow-lost-settings"];
    await expectRefusal(pair, before, args, { exit: 4, code: "NO_ROOM_ON_TARGET", says });
  });
});
