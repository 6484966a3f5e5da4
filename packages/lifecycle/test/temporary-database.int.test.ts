/**
 * The cycle of an environment that has a database in active mode only (`database_always_on = false`): it is filled after the deployment,
 * and copied to Neon and to a snapshot before it is deleted. Its state and journal are in S3.
 */
import { DescribeDBInstancesCommand, DescribeDBSnapshotsCommand } from "@aws-sdk/client-rds";
import { succeeds } from "@pilot-light/sandbox/workplace";
import { afterAll, beforeAll, describe, expect, it } from "vitest";
import { z } from "zod";
import { parseDocument, refuseDumps, TestEnvironment, type CommandRun } from "./environment.ts";
import { holdStateLock } from "./state.ts";

const minutes = 60_000;
const project = "seed-test";
const region = "eu-north-1";
const countProjects = "select count(*) from public.projects";

let environment: TestEnvironment;

async function instances(): Promise<(string | undefined)[]> {
  const { DBInstances = [] } = await environment.aws.rds.send(new DescribeDBInstancesCommand({}));
  return DBInstances.map(({ DBInstanceIdentifier }) => DBInstanceIdentifier);
}

function codeOf(result: CommandRun): string | undefined {
  return parseDocument(result).error?.code;
}

beforeAll(async () => {
  const variables = { TF_VAR_database_always_on: "false" };
  environment = await TestEnvironment.create({ project, region, rds: "empty", state: "s3", variables });
  await environment.workplace.deploy();
  await environment.pushImages("v1");
}, 20 * minutes);

afterAll(() => environment[Symbol.asyncDispose]());

describe("an activation that creates the database", () => {
  it("plans to fill the database after the deployment", async () => {
    const result = await environment.run(["activate", "--sync-data", "--dry-run", "--json"]);
    expect(parseDocument(result), result.text).toMatchObject({
      plan: {
        steps: ["deploy", "database", "sync", "validate"],
        sync: null,
        terraform: { create: { aws_db_instance: 1 } },
      },
    });
  });

  it("is refused by the lock in S3 of a run that was killed: the error names the holder, and its command removes the lock", async () => {
    const lock = await holdStateLock(environment);
    await lock.kill();
    const result = await environment.run(["activate", "--yes", "--json"]);
    expect(result.exitCode, result.text).toBe(4);
    expect(parseDocument(result).error).toMatchObject({
      code: "STATE_LOCKED",
      message: expect.stringContaining(lock.who) as string,
      hint: expect.stringContaining(`force-unlock ${lock.id}`) as string,
    });
    const { hint = "" } = parseDocument(result).error ?? {};
    const [, directory = "", id = ""] = /terraform -chdir=(\S+) force-unlock (\S+)$/.exec(hint) ?? [];
    await succeeds(environment.workplace.terraform(["force-unlock", "-force", id], { directory }));
    await expect(environment.state.read(environment.workplace, "lock")).rejects.toThrow();
  });

  it(
    "can be interrupted while it waits for the database, and reports that the data is missing",
    async () => {
      const result = await environment.interruptWhileRdsHangs(
        ["activate", "--sync-data", "--yes"],
        "changes made",
      );
      expect(result.exitCode, result.text).toBe(130);
      expect(result.stderr).toContain("its database does not have the data of Neon yet");
      expect(await environment.journal()).toMatchObject({ done: ["deploy"], stopped: "database" });
    },
    20 * minutes,
  );

  it(
    "reports that the data is missing when the sync fails after the deployment",
    async () => {
      const result = await environment.during(refuseDumps, () =>
        environment.run(["activate", "--resume", "--yes", "--json"]),
      );
      expect(result.exitCode, result.text).toBe(7);
      expect(parseDocument(result).error?.details.join("\n")).toContain(
        "its database does not have the data of Neon yet",
      );
      expect(await environment.journal()).toMatchObject({ done: ["deploy", "database"], stopped: "sync" });
    },
    20 * minutes,
  );

  it("is not called active while its data is missing", async () => {
    const result = await environment.run(["activate", "--yes", "--json"]);
    expect(codeOf(result), result.text).toBe("SYNC_PENDING");
  });

  it(
    "can be interrupted while it waits for services, and reports that",
    async () => {
      const env = { ALB_HOSTADDR: "127.0.0.1:1" };
      const args = ["activate", "--resume", "--yes", "--verbose"];
      const result = await environment.interrupt(args, "DescribeTargetHealth", { env });
      expect(result.exitCode, result.text).toBe(130);
      expect(await environment.journal()).toMatchObject({ done: ["deploy", "database", "sync"] });
    },
    20 * minutes,
  );

  it(
    "is finished by --resume, with the rows of Neon",
    async () => {
      const result = await environment.run(["activate", "--resume", "--yes", "--json", "--wait", "60s"]);
      expect(result.exitCode, result.text).toBe(0);
      expect(parseDocument(result)).toMatchObject({ outcome: "activated", validation: { failed: 0 } });
      const { pair } = environment;
      expect(await pair.query("rds", countProjects)).toEqual(await pair.query("neon", countProjects));
    },
    20 * minutes,
  );
});

describe("a deactivation that deletes the database", () => {
  it("is refused without an option that decides about the rows", async () => {
    const result = await environment.run(["deactivate", "--yes", "--json"]);
    expect(result.exitCode, result.text).toBe(4);
    expect(codeOf(result)).toBe("DATABASE_WOULD_BE_DELETED");
    expect(await instances()).toContain(`${project}-dev-db`);
  });

  it("knows after kill -9 that the backend is stopped, and how many tasks it had", async () => {
    await environment.write("rds", "written-while-active");
    const result = await environment.interrupt(["deactivate", "--sync-data", "--yes"], "stopped (2 tasks)", {
      signal: "SIGKILL",
    });
    expect(result.exitCode, result.text).toBeNull();
    expect(await environment.journal()).toMatchObject({ done: [], pausedTasks: 2 });
  });

  it("destroys nothing when it is interrupted at its snapshot", async () => {
    const result = await environment.interruptWhileRdsHangs(
      ["deactivate", "--resume", "--yes"],
      "is verified equal to",
    );
    expect(result.exitCode, result.text).toBe(130);
    expect(result.stderr).toContain("This run has destroyed nothing.");
    expect(await environment.journal()).toMatchObject({ done: ["sync"], stopped: "snapshot" });
    expect(await instances()).toContain(`${project}-dev-db`);
  });

  it(
    "copies the rows that were written after the copy, takes a tagged snapshot, and only then deletes the database",
    async () => {
      // A person with a tunnel may write: the backend is stopped.
      await environment.write("rds", "written-after-the-copy");
      const result = await environment.run(["deactivate", "--resume", "--yes", "--json"]);
      expect(result.exitCode, result.text).toBe(0);
      expect(parseDocument(result)).toMatchObject({
        outcome: "deactivated",
        steps: [
          { step: "sync", outcome: "done" },
          { step: "snapshot", outcome: "done" },
          { step: "deploy", outcome: "done" },
        ],
        validation: { mode: "pilot-light", failed: 0 },
      });
      expect(await instances()).not.toContain(`${project}-dev-db`);
      const { DBSnapshots = [] } = await environment.aws.rds.send(
        new DescribeDBSnapshotsCommand({ DBInstanceIdentifier: `${project}-dev-db`, SnapshotType: "manual" }),
      );
      const own = DBSnapshots.find(({ DBSnapshotIdentifier: id = "" }) =>
        id.startsWith(`${project}-dev-db-pre-deactivation-`),
      );
      expect(own?.TagList).toEqual(expect.arrayContaining([{ Key: "ManagedBy", Value: "pilot-light" }]));
    },
    20 * minutes,
  );

  it("has copied the rows to Neon", async () => {
    for (const slug of ["written-while-active", "written-after-the-copy"]) {
      expect(await environment.titleOf("neon", slug)).toEqual([{ title: "New" }]);
    }
  });
});

describe("snapshots", () => {
  it("are listed, the newest first, with their origin", async () => {
    const result = await environment.run(["snapshots", "list", "--json"]);
    expect(parseDocument(result), result.text).toMatchObject({
      snapshots: expect.arrayContaining([
        expect.objectContaining({ origin: "deactivation" }),
        expect.objectContaining({ origin: "terraform" }),
      ]) as unknown[],
    });
  });

  it("are kept by a dry run of prune, and deleted by prune down to the number that is kept", async () => {
    const look = await environment.run(["snapshots", "prune", "--keep", "1", "--dry-run", "--json"]);
    expect(parseDocument(look), look.text).toMatchObject({
      outcome: "planned",
      plan: { delete: [{ status: "available" }] },
    });
    const usual = await environment.run(["snapshots", "prune", "--yes", "--json"]);
    expect(parseDocument(usual), usual.text).toMatchObject({ outcome: "nothing to do" });
    const pruned = await environment.run(["snapshots", "prune", "--keep", "1", "--yes", "--json"]);
    expect(parseDocument(pruned), pruned.text).toMatchObject({ outcome: "pruned" });
    const left = await environment.run(["snapshots", "list", "--json"]);
    expect(
      z.looseObject({ snapshots: z.array(z.unknown()) }).parse(parseDocument(left)).snapshots,
    ).toHaveLength(1);
  });
});
