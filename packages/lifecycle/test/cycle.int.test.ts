/**
 * What can go wrong in the cycle of an environment whose database is always on: the real CLI, the real Terraform and provider against
 * the emulator, real PostgreSQL on both sides. A deployment takes a minute or two, so the tests share one environment and run in
 * order. Each part names the state of the environment that it starts from and the state that it leaves:
 *
 *   1. refused or interrupted before Terraform starts    pilot light      -> pilot light
 *   2. Terraform fails or is interrupted                 pilot light      -> partly active
 *   3. resumed                                           partly active    -> active
 *   4. checks of the active environment                  active           -> active
 *   5. a deactivation that destroys nothing              active           -> active
 *   6. Terraform fails or is interrupted                 active           -> partly destroyed
 *   7. resumed                                           partly destroyed -> pilot light
 *
 * A part whose predecessor failed fails at once: its tests would only report the consequences.
 */
import { readdir } from "node:fs/promises";
import { join } from "node:path";
import { run } from "@pilot-light/core/process";
import type { Decide } from "@pilot-light/sandbox/aws/front";
import { sandboxPassword } from "@pilot-light/sandbox/testing";
import { root, type Ids } from "@pilot-light/sandbox/workplace";
import { afterAll, afterEach, beforeAll, beforeEach, describe, expect, it } from "vitest";
import { z } from "zod";
import { runStopped, type DeadLine } from "./dead-lines.ts";
import { parseDocument, refuseDumps, TestEnvironment, type CommandRun } from "./environment.ts";

const project = "cycle-test";
const region = "eu-central-1";

let environment: TestEnvironment;
/** The resources of pilot light: no part may replace or delete them. */
let always: Ids = new Map();

type State = "pilot light" | "partly active" | "active" | "partly destroyed";
let state: State | "unknown" = "unknown";

/** One part of the cycle, with the state that it starts from and the state that it leaves. */
function part(name: string, states: readonly [State, State], tests: () => void): void {
  definePart(name, states, false, tests);
}

/** A part in which each test needs what the test before it has left. */
function sequence(name: string, states: readonly [State, State], tests: () => void): void {
  definePart(name, states, true, tests);
}

function definePart(
  name: string,
  [startsFrom, leaves]: readonly [State, State],
  inSequence: boolean,
  tests: () => void,
): void {
  describe(`${name}, from ${startsFrom}`, () => {
    let failed: string | undefined;
    beforeAll(() => {
      if (state !== startsFrom) {
        throw new Error(
          `This part starts from ${startsFrom}, but the state is ${state}: the part before it failed or did not run.`,
        );
      }
      // Until the part has ended.
      state = "unknown";
      return () => {
        if (failed === undefined) state = leaves;
      };
    });
    beforeEach(() => {
      if (inSequence && failed !== undefined) {
        throw new Error(`This test needs what the test before it leaves, and that one failed: ${failed}`);
      }
    });
    afterEach(({ task }) => {
      if (task.result?.state === "fail") failed ??= task.name;
    });
    tests();
  });
}

const validatedSchema = z.looseObject({
  validation: z.object({ checks: z.array(z.object({ status: z.string(), summary: z.string() })) }),
});

function warningsOf(result: CommandRun): string[] {
  const { validation } = validatedSchema.parse(parseDocument(result));
  return validation.checks.filter(({ status }) => status === "warning").map(({ summary }) => summary);
}

beforeAll(async () => {
  environment = await TestEnvironment.create({ project, region, rds: "stale", state: "local" });
  await environment.workplace.deploy();
  await environment.pushImages("v1");
  always = await environment.workplace.ids();
  state = "pilot light";
});

afterAll(() => environment[Symbol.asyncDispose]());

part("an activation that ends before Terraform starts", ["pilot light", "pilot light"], () => {
  it("deploys nothing when its sync fails, and leaves RDS as it was", async () => {
    const before = await environment.serial();
    const rows = await environment.pair.query("rds", "select count(*) from public.projects");
    // The dump cannot be stored.
    const result = await environment.during(refuseDumps, () =>
      environment.run(["activate", "--sync-data", "--yes", "--json"]),
    );
    expect(result.exitCode, result.text).toBe(7);
    expect(parseDocument(result).error).toMatchObject({
      hint: expect.stringContaining("pnpm activate --resume") as string,
      details: expect.arrayContaining([expect.stringContaining("Nothing was deployed")]) as string[],
    });
    expect(await environment.serial()).toBe(before);
    expect(await environment.pair.query("rds", "select count(*) from public.projects")).toEqual(rows);
    expect(await environment.journal()).toEqual({
      done: [],
      finished: false,
      stopped: "sync",
      pausedTasks: null,
    });
  });

  it("deploys nothing when it is interrupted in its sync", async () => {
    const before = await environment.serial();
    const result = await environment.interrupt(["activate", "--sync-data", "--yes"], "  dump  ");
    expect(result.exitCode, result.text).toBe(130);
    expect(result.stderr).toContain("Nothing was deployed");
    expect(await environment.serial()).toBe(before);
  });
});

sequence("an activation that Terraform does not finish", ["pilot light", "partly active"], () => {
  it("reports how many changes Terraform made before it failed, and does not count as active", async () => {
    const refuseServices: Decide = (_service, target) =>
      target.endsWith(".CreateService") ? 403 : "forward";
    const result = await environment.during(refuseServices, () =>
      environment.run(["activate", "--sync-data", "--yes", "--json"]),
    );
    expect(result.exitCode, result.text).toBe(7);
    expect(parseDocument(result).error).toMatchObject({
      code: "TERRAFORM_FAILED",
      hint: expect.stringContaining("pnpm activate --resume") as string,
      details: expect.arrayContaining([
        expect.stringMatching(/^\d+ of \d+ changes were made/),
        expect.stringContaining("partly active"),
      ]) as string[],
    });
    expect(await environment.journal()).toEqual({
      done: ["sync"],
      finished: false,
      stopped: "deploy",
      pausedTasks: null,
    });
  });

  it("does not sync again by itself: the backend may have written to RDS", async () => {
    const result = await environment.run(["activate", "--sync-data", "--yes", "--json"]);
    expect(result.exitCode, result.text).toBe(4);
    expect(parseDocument(result).error?.code).toBe("RESYNC_REFUSED");
  });

  it("lets Terraform finish running changes when it is interrupted, and keeps its state", async () => {
    const result = await environment.interrupt(["activate", "--resume", "--yes"], "creating aws_");
    expect(result.exitCode, result.text).toBe(130);
    expect(result.stderr).toMatch(/SIGINT.* \d+ of \d+ changes were made/);
    expect(await environment.journal()).toEqual({
      done: ["sync"],
      finished: false,
      stopped: "deploy",
      pausedTasks: null,
    });
    const files = await readdir(environment.workplace.directory);
    expect(files.filter((name) => name.endsWith(".lock.info"))).toEqual([]);
  });
});

part("an activation that is resumed", ["partly active", "active"], () => {
  it("is finished by --resume: the sync counts, the rest is deployed, and it is healthy", async () => {
    const result = await environment.run(["activate", "--resume", "--yes", "--json", "--wait", "60s"]);
    expect(result.exitCode, result.text).toBe(0);
    expect(parseDocument(result)).toMatchObject({
      outcome: "activated",
      steps: [
        { step: "sync", outcome: "done before" },
        { step: "deploy", outcome: "done" },
      ],
      validation: { mode: "active", failed: 0, skipped: 0 },
      endpoints: { application: expect.stringMatching(/^https:/) as string },
    });
    // The environment was deployed without its own domain.
    expect(warningsOf(result)).toEqual(["no domain, no certificate"]);
    const journal = await environment.journal();
    expect(journal).toMatchObject({ finished: true });
    expect(JSON.stringify(journal)).not.toContain(JSON.stringify(sandboxPassword).slice(1, -1));
  });
});

part("an active environment", ["active", "active"], () => {
  it("has kept its resources, with the same ids", async () => {
    expect([...(await environment.workplace.ids())]).toEqual(expect.arrayContaining([...always]));
  });

  it("has the rows of Neon in RDS", async () => {
    const count = "select count(*) from public.projects";
    expect(await environment.pair.query("rds", count)).toEqual(await environment.pair.query("neon", count));
  });

  it("is not scheduled for its deactivation by a time that is no duration, or too short or too long", async () => {
    const before = await environment.everything();
    for (const time of ["tomorrow", "8", "-1h", "0h", "1s", "745h", "99999999999999999h", ""]) {
      const result = await environment.run(["activate", "--for", time, "--yes", "--json"]);
      expect(result.exitCode, result.text).toBe(2);
      expect(parseDocument(result).error).toMatchObject({
        code: "USAGE",
        message: expect.stringMatching(/^--for must be /) as string,
        state: "nothing-written",
      });
    }
    expect(await environment.everything()).toEqual(before);
    expect(await environment.deactivateAt()).toBeNull();
    const due = await environment.run(["deactivate", "--if-due", "--yes", "--json"]);
    expect(due.exitCode, due.text).toBe(0);
    expect(parseDocument(due), due.text).toMatchObject({ outcome: "not scheduled" });
    const contradicted = await environment.run([
      "deactivate",
      "--if-due",
      "--no-sync-data",
      "--yes",
      "--json",
    ]);
    expect(parseDocument(contradicted).error, contradicted.text).toMatchObject({ code: "USAGE" });
    expect(await environment.everything()).toEqual(before);
  });

  it("is reported as already active when it is activated again, with its health, and is scheduled for its deactivation", async () => {
    const result = await environment.run(["activate", "--for", "8h", "--yes", "--json"]);
    expect(result.exitCode, result.text).toBe(0);
    const at = await environment.deactivateAt();
    expect(Date.parse(at ?? "") - Date.now()).toBeGreaterThan(7 * 3_600_000);
    expect(parseDocument(result)).toMatchObject({
      outcome: "already active",
      deactivateAt: at,
      validation: { failed: 0 },
    });
  });

  it("is not deactivated before it is due", async () => {
    const before = await environment.everything();
    const result = await environment.run(["deactivate", "--if-due", "--yes"]);
    expect(result.exitCode, result.text).toBe(0);
    expect(result.stderr).toMatch(/is due for its deactivation at .* UTC, in 8\.0 h\. Nothing was changed\./);
    expect(await environment.everything()).toEqual(before);
    expect(await environment.backendTasks()).toBe(2);
  });

  it("is not deactivated if its journal has no valid time: the error names the field", async () => {
    const at = await environment.deactivateAt();
    const before = await environment.everything();
    for (const time of ["tomorrow", "2026-02-30T00:00:00.000Z", 0]) {
      await environment.scheduleFor(time);
      const result = await environment.run(["deactivate", "--if-due", "--yes", "--json"]);
      expect(result.exitCode, result.text).toBe(3);
      expect(parseDocument(result).error).toMatchObject({
        code: "JOURNAL_UNREADABLE",
        details: [expect.stringMatching(/^deactivateAt: /) as string],
        state: "nothing-written",
      });
    }
    await environment.scheduleFor(at);
    expect(await environment.everything()).toEqual(before);
    expect(await environment.backendTasks()).toBe(2);
  });

  it("has a status", async () => {
    const result = await environment.run(["status", "--json"]);
    expect(parseDocument(result), result.text).toMatchObject({
      outcome: "active",
      mode: "active",
      services: expect.arrayContaining([
        { name: `dev-${project}-backend`, running: 2, desired: 2 },
      ]) as unknown[],
      database: { status: "available" },
      newestDumps: expect.arrayContaining([
        expect.objectContaining({ key: expect.stringMatching(/^neon-dumps\//) as string }),
      ]) as unknown[],
      activity: {
        since: expect.any(String) as string,
        costUsd: expect.any(Number) as number,
        deactivateAt: await environment.deactivateAt(),
      },
      unfinished: null,
    });
    const document = z.looseObject({ monthlyCosts: z.looseObject({ totalUsd: z.number() }) });
    const { monthlyCosts } = document.parse(parseDocument(result));
    expect(monthlyCosts.totalUsd).toBeGreaterThan(150);
  });
});

part("a deactivation that ends before Terraform starts", ["active", "active"], () => {
  it("is refused while this environment serves, or may serve, production, even with --yes", async () => {
    const before = await environment.everything();
    const env = { PILOT_LIGHT_PRODUCTION_DOMAIN: undefined };
    const result = await environment.run(["deactivate", "--yes", "--sync-data", "--json"], { env });
    expect(result.exitCode, result.text).toBe(4);
    expect(parseDocument(result).error).toMatchObject({
      code: "PRODUCTION_HERE",
      hint: expect.stringContaining("--allow-production") as string,
    });
    expect(await environment.everything()).toEqual(before);
  });

  it("is refused with variables that AWS would refuse, or that let dumps expire, with every address and attribute", async () => {
    const before = await environment.everything();
    const variables = ["--var", "db_engine_version=17", "--var", "db_backups_retention_days=1"];
    for (const command of ["deactivate", "infra:deploy"]) {
      const copy = command === "deactivate" ? ["--no-sync-data"] : [];
      const result = await environment.run([command, ...copy, "--yes", "--json", ...variables]);
      expect(result.exitCode, result.text).toBe(4);
      const { code, details = [] } = parseDocument(result).error ?? {};
      expect(code).toBe("DATABASE_CHANGE_IMPOSSIBLE");
      expect(details[0]).toMatch(/^change aws_db_instance\S+, because of: engine_version \S+ -> 17 /);
      expect(details.join("\n")).toContain("days until an object expires: 1 instead of 30");
    }
    const expiring = await environment.run(["infra:deploy", "--yes", "--json", ...variables.slice(2)]);
    expect(parseDocument(expiring).error, expiring.text).toMatchObject({
      code: "RETENTION_SHORTENED",
      details: expect.arrayContaining([
        expect.stringMatching(/^neon-dumps\/\S+\.dump would expire on \d{4}-\d\d-\d\d 00:00 UTC$/),
      ]) as string[],
    });
    expect(await environment.everything()).toEqual(before);
  });

  it("shows the sync and the Terraform plan in a dry run, and writes nothing", async () => {
    const before = await environment.everything();
    const result = await environment.run(["deactivate", "--sync-data", "--dry-run", "--json"]);
    expect(result.exitCode, result.text).toBe(0);
    expect(parseDocument(result)).toMatchObject({
      plan: {
        steps: ["sync", "deploy", "validate"],
        terraform: {
          create: {},
          destroy: { aws_lb: 1, aws_nat_gateway: 2 },
          dataLost: expect.arrayContaining([
            expect.objectContaining({ type: "aws_efs_file_system" }),
          ]) as unknown[],
        },
        sync: { direction: "rds-to-neon" },
      },
    });
    expect(await environment.everything()).toEqual(before);
    expect(await environment.backendTasks()).toBe(2);
  });

  it("destroys nothing when its sync fails, and starts the backend again", async () => {
    const before = await environment.serial();
    const result = await environment.during(refuseDumps, () =>
      environment.run(["deactivate", "--sync-data", "--yes"]),
    );
    expect(result.exitCode, result.text).toBe(7);
    expect(result.stderr).toContain("Nothing was destroyed");
    expect(await environment.serial()).toBe(before);
    expect(await environment.backendTasks()).toBe(2);
  });

  it("does not stop the backend with --keep-backend, for a tunnel through its tasks", async () => {
    const scaled: string[] = [];
    const watch: Decide = (service, target) => {
      if (target.endsWith(".UpdateService")) scaled.push(target);
      return refuseDumps(service, target);
    };
    const result = await environment.during(watch, () =>
      environment.run(["deactivate", "--sync-data", "--keep-backend", "--yes"]),
    );
    expect(result.exitCode, result.text).toBe(7);
    expect(scaled).toEqual([]);
  });

  it("starts the backend again when it is interrupted while it stops the backend", async () => {
    const before = await environment.serial();
    const args = ["deactivate", "--sync-data", "--yes", "--verbose"];
    const result = await environment.interrupt(args, "UpdateService");
    expect(result.exitCode, result.text).toBe(130);
    expect(result.stderr).toContain("Nothing was destroyed");
    expect(await environment.serial()).toBe(before);
    expect(await environment.backendTasks()).toBe(2);
    expect(await environment.journal()).toMatchObject({ done: [], stopped: "sync", pausedTasks: null });
  });

  it("destroys nothing when it is interrupted in its sync, and starts the backend again", async () => {
    const before = await environment.serial();
    const result = await environment.interrupt(["deactivate", "--sync-data", "--yes"], "  dump  ");
    expect(result.exitCode, result.text).toBe(130);
    expect(await environment.serial()).toBe(before);
    expect(await environment.backendTasks()).toBe(2);
  });

  /** A deactivation whose connection to RDS stops carrying data while the copy begins. */
  const copying = (also: () => void): DeadLine => ({
    args: ["deactivate", "--sync-data", "--yes", "--verbose"],
    // The preflight runs no pg_dump that uses a snapshot.
    when: "--snapshot=",
    stop: ({ rds }) => {
      rds.stall();
      also();
    },
  });

  it("destroys nothing when the line to RDS stops in its sync, and starts the backend again", async () => {
    const before = await environment.serial();
    const { exitCode, text } = await runStopped(
      environment,
      copying(() => undefined),
    );
    expect(exitCode, text).toBe(5);
    expect(text).toContain("exit 5, CONNECTION_STALLED");
    expect(text).toContain("Nothing was destroyed");
    expect(await environment.serial()).toBe(before);
    expect(await environment.backendTasks()).toBe(2);
  });

  it("ends within ten seconds of an interruption when RDS and ECS do not answer, and names the command that starts the backend", async () => {
    const before = await environment.serial();
    const { exitCode, text, milliseconds } = await runStopped(
      environment,
      copying(() => (environment.decide = (service) => (service === "ecs" ? "hang" : "forward"))),
      "SIGINT",
    );
    expect(exitCode, text).toBe(130);
    expect(milliseconds, text).toBeLessThan(10_000);
    expect(text).toMatch(/The backend is stopped: AWS did not answer in time\. To start it: {2}pnpm/);
    expect(await environment.serial()).toBe(before);
    expect(await environment.backendTasks()).toBe(0);
    expect(await environment.journal()).toMatchObject({ stopped: "sync", pausedTasks: 2 });
    await environment.startBackend();
  });

  it("is refused when Neon has rows that are newer than the copy of the activation, and names the tables", async () => {
    const before = await environment.serial();
    const slug = "written-by-production";
    await environment.write("neon", slug);
    // A deactivation that is due has the same guards, and stays due.
    const past = "2026-01-01T00:00:00.000Z";
    await environment.scheduleFor(past);
    const result = await environment.run(["deactivate", "--if-due", "--yes", "--json"]);
    expect(result.exitCode, result.text).toBe(4);
    expect(await environment.deactivateAt()).toBe(past);
    expect(parseDocument(result).error).toMatchObject({
      code: "TARGET_NEWER",
      details: [expect.stringMatching(/^public\.projects: \d+ -> \d+ rows$/)],
      state: "nothing-written",
    });
    expect(await environment.serial()).toBe(before);
    await environment.pair.query("neon", "delete from public.projects where slug = $1", [slug]);
  });
});

sequence("a deactivation that Terraform does not finish", ["active", "partly destroyed"], () => {
  it("reports where the data is when Terraform fails to destroy resources", async () => {
    await environment.write("rds", "written-while-active");
    const keepServices: Decide = (_service, target) => (target.endsWith(".DeleteService") ? 403 : "forward");
    const result = await environment.during(keepServices, () =>
      environment.run(["deactivate", "--sync-data", "--yes"]),
    );
    expect(result.exitCode, result.text).toBe(7);
    expect(result.stderr).toContain("Neon has the rows of RDS, and the backend is stopped.");
    expect(await environment.titleOf("neon", "written-while-active")).toEqual([{ title: "New" }]);
    const status = await environment.run(["status"]);
    expect(status.stderr).toContain("mode: partly active");
    expect(status.stderr).toContain(`dev-${project}-backend`);
    // `pnpm validate` reports the same.
    const validateBin = join(root, "packages/validate/dist/bin.js");
    const validated = await run(process.execPath, [validateBin, "--only", "terraform-outputs"], {
      environment: environment.env,
      cwd: environment.workplace.directory,
    });
    const text = `${validated.stdout}${validated.stderr.join("\n")}`;
    expect(text).toContain("mode: partly active");
    expect(text).toContain("pnpm deactivate --resume");
  });

  // The outputs no longer name the backend, but it may still write.
  it("copies again when the backend was started after the copy, and keeps its state when it is interrupted", async () => {
    await environment.startBackend();
    await environment.write("rds", "written-after-the-copy");
    // At a service, the next plan would wait two minutes for the service that AWS has deleted meanwhile.
    const result = await environment.interruptAtRequest(
      ["deactivate", "--resume", "--yes"],
      ".DeleteCluster",
    );
    expect(result.exitCode, result.text).toBe(130);
    expect(result.stderr).toContain("does not count: the backend was started again");
    expect(result.stderr).toMatch(/SIGINT.* \d+ of \d+ changes were made/);
    expect(await environment.journal()).toMatchObject({ done: ["sync"], stopped: "deploy" });
    expect(await environment.titleOf("neon", "written-after-the-copy")).toEqual([{ title: "New" }]);
  });
});

part("a deactivation that is resumed", ["partly destroyed", "pilot light"], () => {
  it("is finished by --resume: the sync counts, and what holds data has kept its ids", async () => {
    const result = await environment.run(["deactivate", "--resume", "--yes", "--json"]);
    expect(result.exitCode, result.text).toBe(0);
    expect(parseDocument(result)).toMatchObject({
      outcome: "deactivated",
      steps: [
        { step: "sync", outcome: "done before" },
        { step: "deploy", outcome: "done" },
      ],
      validation: { mode: "pilot-light", failed: 0 },
    });
    expect(await environment.workplace.ids()).toEqual(always);
    expect(await environment.journal()).toMatchObject({ finished: true });
  });
});
