/**
 * The cycle of an environment that has a database in active mode only (`database_always_on = false`): it is filled after the deployment,
 * and copied to Neon and to a snapshot before it is deleted. Its state and journal are in S3.
 */
import {
  DescribeDBInstancesCommand,
  DescribeDBSnapshotsCommand,
  StartDBInstanceCommand,
  StopDBInstanceCommand,
} from "@aws-sdk/client-rds";
import { succeeds } from "@pilot-light/sandbox/workplace";
import { afterAll, beforeAll, describe, expect, it } from "vitest";
import { z } from "zod";
import { parseDocument, refuseDumps, TestEnvironment, type CommandRun } from "./environment.ts";
import { deployedMeanwhile, holdStateLock } from "./state.ts";

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

  it("is refused while the database is stopped, and the hint starts it", async () => {
    const instance = { DBInstanceIdentifier: `${project}-dev-db` };
    await environment.aws.rds.send(new StopDBInstanceCommand(instance));
    const result = await environment.run(["deactivate", "--sync-data", "--yes", "--json"]);
    await environment.aws.rds.send(new StartDBInstanceCommand(instance));
    expect(result.exitCode, result.text).toBe(4);
    expect(parseDocument(result).error).toMatchObject({
      code: "DATABASE_NOT_AVAILABLE",
      hint: expect.stringMatching(/aws .*rds start-db-instance --db-instance-identifier/) as string,
      state: "nothing-written",
    });
  });

  it("destroys nothing when ECS does not stop the backend in time, and starts the backend again", async () => {
    const before = await environment.everything();
    environment.keepsTasks = true;
    const result = await environment.run(["deactivate", "--sync-data", "--yes", "--json"], {
      env: { PILOT_LIGHT_BACKEND_STOP_SECONDS: "1" },
    });
    environment.keepsTasks = false;
    expect(result.exitCode, result.text).toBe(7);
    expect(parseDocument(result).error).toMatchObject({
      code: "WRITERS_STILL_RUNNING",
      message: expect.stringContaining(`dev-${project}-backend`) as string,
      hint: expect.stringMatching(/aws .*ecs list-tasks --cluster .*pnpm deactivate --resume/s) as string,
      details: [expect.stringContaining("Nothing was destroyed") as string],
    });
    expect(await environment.everything()).toEqual(before);
    expect(await environment.backendTasks()).toBe(2);
  });

  for (const { what, code, act } of [
    { what: "the backend was started", code: "BACKEND_STARTED", act: () => environment.startBackend() },
    {
      what: "somebody wrote to RDS",
      code: "COPY_OUTDATED",
      act: () => environment.write("rds", "written-during-the-copy"),
    },
  ]) {
    it(`destroys nothing when ${what} during the copy, and starts the backend again`, async () => {
      const before = await environment.serial();
      let acting: Promise<void> | undefined;
      // The rows are those of a snapshot from before the dump.
      const onOutput = (printed: string) => {
        if (printed.includes("--snapshot=")) acting ??= act();
      };
      const args = ["deactivate", "--sync-data", "--yes", "--json", "--verbose"];
      const result = await environment.run(args, { onOutput });
      await acting;
      expect(result.exitCode, result.text).toBe(4);
      const { error } = parseDocument(result);
      expect(error, result.text).toMatchObject({ code, state: "changed" });
      expect(error?.details.join("\n")).toContain(
        "Neon was replaced by the data of RDS. Nothing was destroyed",
      );
      expect(error?.hint).toContain("pnpm deactivate --resume");
      expect(await environment.serial()).toBe(before);
      expect(await environment.backendTasks()).toBe(2);
      expect(await environment.journal()).toMatchObject({ done: [], stopped: "sync", pausedTasks: null });
    });
  }

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
      const meanwhile = await deployedMeanwhile(environment);
      const env = { TERRAFORM_BINARY_NAME: meanwhile.program };
      const result = await environment.run(["deactivate", "--resume", "--yes", "--json"], { env });
      await meanwhile.revert();
      // Another deployment changes the mode before the run has checked it.
      expect(result.exitCode, result.text).toBe(7);
      expect(parseDocument(result).error).toMatchObject({
        code: "MODE_NOT_REACHED",
        message: expect.stringContaining("is active: another deployment") as string,
        hint: expect.stringContaining("pnpm deactivate") as string,
        state: "changed",
      });
      expect(await environment.journal()).toMatchObject({
        done: ["sync", "snapshot", "deploy"],
        finished: false,
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

  it("is finished by --resume, which repeats no step", async () => {
    const result = await environment.run(["deactivate", "--resume", "--yes", "--json"]);
    expect(result.exitCode, result.text).toBe(0);
    expect(parseDocument(result)).toMatchObject({
      outcome: "deactivated",
      steps: [
        { step: "sync", outcome: "done before" },
        { step: "deploy", outcome: "done before" },
      ],
      validation: { mode: "pilot-light", failed: 0 },
    });
  });

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
