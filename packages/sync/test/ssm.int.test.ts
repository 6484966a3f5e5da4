/**
 * RDS through a port that Systems Manager forwards. However a command ends, the target is unchanged or verified, and no task, session, process
 * or port remains. After a `kill -9`, the next command removes them.
 */
import type { ChildProcess } from "node:child_process";
import { once } from "node:events";
import { mkdir, writeFile } from "node:fs/promises";
import { createServer } from "node:net";
import { delimiter, join } from "node:path";
import { fileURLToPath } from "node:url";
import { describe, expect, test } from "vitest";
import { processesOf, until } from "./processes.ts";
import { pluginsOf, privatePair, untilQuiet, type PrivatePair } from "./ssm.ts";
import { contentOf, databasesOf, documentOf, errorOf, leftFiles, sync, type SyncCall } from "./support.ts";
import { expectRefusal, footprint, outputsFile } from "./untouched.ts";

const run = ["neon-to-rds", "--yes", "--json", "--verbose"];
const reverse = ["rds-to-neon", "--yes", "--json", "--verbose"];

/** A line that is printed when a step begins. */
const begins = {
  dump: /\$ \S*pg_dump .*--snapshot=/,
  restore: /\$ \S*pg_restore .*post-data/,
} as const;

/** Nothing of the command remains. */
async function expectNothingLeft({ pair, manager }: PrivatePair): Promise<void> {
  await untilQuiet(pair);
  expect(manager.running).toEqual([]);
  expect(manager.openSessions).toBe(0);
  expect(await leftFiles(pair)).toEqual([]);
}

/** Calls `act` with the match, and the process, as soon as the output of the command matches. */
function onOutput(
  when: RegExp,
  act: (match: RegExpExecArray, child: ChildProcess) => void | Promise<void>,
): Pick<SyncCall, "onStderr"> {
  let printed = "";
  let hasMatched = false;
  return {
    onStderr: (text, child) => {
      printed += text;
      const match = when.exec(printed);
      if (match === null || hasMatched) return;
      hasMatched = true;
      void act(match, child);
    },
  };
}

/** A sync over Systems Manager succeeds, and removes what an earlier sync left. */
async function expectSyncs(reached: PrivatePair): Promise<void> {
  const { pair, env } = reached;
  const next = await sync(pair, run, { env });
  expect(next.exitCode, next.stderr).toBe(0);
  expect(await contentOf(pair, "rds")).toBe(await contentOf(pair, "neon"));
  const names = await databasesOf(pair, "rds");
  expect(names.filter((name) => name.includes("__pl_staging_"))).toEqual([]);
  await expectNothingLeft(reached);
}

describe.concurrent("through a task for the command", () => {
  test("a sync in each direction and an undo succeed, each with one session", async () => {
    await using reached = await privatePair();
    const { pair, manager, env } = reached;
    const before = await contentOf(pair, "rds");
    const source = await contentOf(pair, "neon");
    const transcript = await sync(pair, run, { env });
    expect(transcript.exitCode, transcript.stderr).toBe(0);
    const { plan } = documentOf(transcript);
    expect(plan.source.route).toBeNull();
    expect(plan.target.route?.via).toBe("ssm");
    const [task] = manager.tasks;
    expect(plan.target.route?.reason).toContain(
      `task ${task?.id ?? ""} of dev-${pair.project}-database-access`,
    );
    expect(plan.target.route?.reason).toContain("the endpoint does not answer");
    expect(task).toMatchObject({ exec: true, publicAddress: true });
    expect(await contentOf(pair, "rds")).toBe(source);
    // The certificate was verified against this name, although the connections were to a local port.
    expect(manager.destinations).toEqual([`${plan.target.host}:5432`]);
    await expectNothingLeft(reached);

    const undone = await sync(pair, ["undo", "rds", "--yes"], { env });
    expect(undone.exitCode, undone.stderr).toBe(0);
    expect(await contentOf(pair, "rds")).toBe(before);
    expect(manager.destinations).toHaveLength(2);
    await expectNothingLeft(reached);

    const back = await sync(pair, reverse, { env });
    expect(back.exitCode, back.stderr).toBe(0);
    expect(documentOf(back).plan.source.route?.via).toBe("ssm");
    expect(await contentOf(pair, "neon")).toBe(before);
    expect(manager.destinations).toHaveLength(3);
    await expectNothingLeft(reached);
  });

  test("a token of the session is in no argument of a process", async () => {
    await using reached = await privatePair();
    const { pair, env } = reached;
    let commands: string[] = [];
    const seen = onOutput(begins.dump, async () => {
      commands = (await processesOf(pair)).map(({ command }) => command);
    });
    const { exitCode } = await sync(pair, run, { env, ...seen });
    expect(exitCode).toBe(0);
    expect(commands.filter((command) => command.includes("session-manager-plugin"))).not.toEqual([]);
    expect(commands.filter((command) => command.includes("TokenValue"))).toEqual([]);
  });

  test("that never runs, the command ends at its deadline and stops the task", async () => {
    await using reached = await privatePair({ starts: "PENDING" });
    const { pair, env } = reached;
    const failed = await sync(pair, run, { env: { ...env, PILOT_LIGHT_SSM_TASK_SECONDS: "2" } });
    expect(failed.exitCode).toBe(7);
    expect(errorOf(failed)).toMatchObject({ code: "ACCESS_TASK_FAILED", state: "nothing-written" });
    expect(errorOf(failed).message).toContain("within 2 s; its status is PENDING");
    expect(errorOf(failed).hint).toContain("export PILOT_LIGHT_SSM_TASK_SECONDS=");
    await expectNothingLeft(reached);
  });

  test("that stops at once, the command reports the reason that AWS gives", async () => {
    await using reached = await privatePair({ starts: "STOPPED" });
    const { pair, env } = reached;
    const failed = await sync(pair, run, { env });
    expect(errorOf(failed)).toMatchObject({ code: "ACCESS_TASK_FAILED", exit: 7 });
    expect(errorOf(failed).message).toContain("CannotPullContainerError");
    await expectNothingLeft(reached);
  });

  for (const signal of ["SIGINT", "SIGTERM"] as const) {
    test(`that is starting, ${signal} stops the task`, async () => {
      await using reached = await privatePair({ starts: "PENDING" });
      const { pair, manager, env } = reached;
      const interrupted = await sync(pair, run, {
        env,
        onStart: (child) => {
          void until(() => manager.tasks.length > 0).then(() => child.kill(signal));
        },
      });
      expect(interrupted.exitCode).toBe(130);
      expect(errorOf(interrupted)).toMatchObject({ code: "INTERRUPTED", state: "nothing-written" });
      await expectNothingLeft(reached);
    });
  }

  for (const { step, direction } of [
    { step: "dump", direction: run },
    { step: "restore", direction: run },
    { step: "dump", direction: reverse },
    { step: "restore", direction: reverse },
  ] as const) {
    test(`Ctrl-C during the ${step} of ${direction[0]} leaves nothing`, async () => {
      await using reached = await privatePair();
      const { pair, env } = reached;
      const target = direction === run ? "rds" : "neon";
      const before = await contentOf(pair, target);
      const interrupted = await sync(pair, direction, {
        env,
        ...onOutput(begins[step], (_, child) => void child.kill("SIGINT")),
      });
      expect(interrupted.exitCode).toBe(130);
      expect(errorOf(interrupted)).toMatchObject({ code: "INTERRUPTED", state: "target-unchanged" });
      expect(await contentOf(pair, target)).toBe(before);
      expect(await databasesOf(pair, target)).toEqual([pair[target].database]);
      await expectNothingLeft(reached);
    });
  }
});

describe.concurrent("when the session dies during", () => {
  for (const { step, direction } of [
    { step: "dump", direction: run },
    { step: "restore", direction: run },
    { step: "dump", direction: reverse },
    { step: "restore", direction: reverse },
  ] as const) {
    test(`the ${step} of ${direction[0]}, with the plugin, the sync fails with that reason`, async () => {
      await using reached = await privatePair();
      const { pair, env } = reached;
      const target = direction === run ? "rds" : "neon";
      const before = await contentOf(pair, target);
      const failed = await sync(pair, direction, {
        env,
        ...onOutput(begins[step], async () => {
          for (const { pid } of await pluginsOf(pair)) process.kill(pid, "SIGKILL");
        }),
      });
      expect(failed.exitCode, failed.stdout).toBe(7);
      expect(errorOf(failed)).toMatchObject({ code: "SESSION_ENDED", state: "target-unchanged" });
      expect(await contentOf(pair, target)).toBe(before);
      await expectNothingLeft(reached);
      await expectSyncs(reached);
    });
  }

  test("the restore, with its task, the sync fails with that reason", async () => {
    await using reached = await privatePair();
    const { pair, manager, env } = reached;
    const before = await contentOf(pair, "rds");
    const failed = await sync(pair, run, {
      env,
      ...onOutput(begins.restore, () => {
        for (const task of manager.running) manager.stopTask(task, "Task stopped by a person");
      }),
    });
    expect(failed.exitCode, failed.stdout).toBe(7);
    expect(errorOf(failed)).toMatchObject({ code: "SESSION_ENDED", state: "target-unchanged" });
    expect(errorOf(failed).details.join("\n")).toContain("the session was closed");
    expect(await contentOf(pair, "rds")).toBe(before);
    await expectNothingLeft(reached);
    await expectSyncs(reached);
  });
});

describe.concurrent("killed during", () => {
  for (const step of ["dump", "restore"] as const) {
    test(`the ${step}, the plugin ends, and the next command stops the task, but no task of others`, async () => {
      await using reached = await privatePair();
      const { pair, manager, env } = reached;
      const before = await contentOf(pair, "rds");
      const killed = await sync(pair, run, {
        env,
        ...onOutput(begins[step], (_, child) => void child.kill("SIGKILL")),
      });
      expect(killed.exitCode).toBe(-1);
      expect(await contentOf(pair, "rds")).toBe(before);
      await until(async () => (await pluginsOf(pair)).length === 0, 20);
      const [left] = manager.running;
      expect(manager.running).toHaveLength(1);
      const tags = [{ key: "pilot-light:owner", value: "another-machine/1/x" }];
      const other = manager.addTask({ cluster: left?.cluster ?? "", tags });

      const next = await sync(pair, run, { env });
      expect(next.exitCode, next.stderr).toBe(0);
      expect(manager.running).toEqual([other]);
      manager.stopTask(other, "");
      expect(await contentOf(pair, "rds")).toBe(await contentOf(pair, "neon"));
      await expectNothingLeft(reached);
    });
  }
});

describe.concurrent("an existing session target is used and not stopped:", () => {
  test("the configured one", async () => {
    await using reached = await privatePair();
    const { pair, manager, env } = reached;
    const planned = await sync(pair, ["neon-to-rds", "--dry-run", "--json"], {
      env: { ...env, PILOT_LIGHT_SSM_TARGET: "i-0123456789abcdef0" },
    });
    expect(documentOf(planned).plan.target.route?.reason).toContain("i-0123456789abcdef0");
    expect(manager.tasks).toEqual([]);
    await expectNothingLeft(reached);
  });

  test("a task of the backend with ECS Exec", async () => {
    await using reached = await privatePair();
    const { pair, manager, env } = reached;
    const task = manager.addTask({ cluster: "the-cluster", service: "the-backend" });
    const file = await outputsFile(pair, (outputs) => ({
      ...outputs,
      ecs_cluster_name: "the-cluster",
      backend_service_name: "the-backend",
    }));
    const dryRun = ["neon-to-rds", "--dry-run", "--json", "--outputs-file", file];
    const planned = await sync(pair, dryRun, { env });
    expect(documentOf(planned).plan.target.route?.reason).toContain(`task ${task.id} of the-backend`);
    expect(manager.running).toEqual([task]);
    expect(manager.openSessions).toBe(0);
    await untilQuiet(pair);
  });
});

describe.concurrent("without a way to use Systems Manager", () => {
  test("because the plugin is missing, the error names the command that installs it", async () => {
    await using reached = await privatePair();
    const { pair, manager, env } = reached;
    const { PATH = "" } = pair.env;
    const refused = await sync(pair, [...run, "--via", "ssm"], { env: { ...env, PATH } });
    expect(errorOf(refused)).toMatchObject({
      code: "SESSION_PLUGIN_MISSING",
      exit: 3,
      state: "nothing-written",
    });
    expect(errorOf(refused).hint).toMatch(/session-manager-plugin/);
    expect(manager.tasks).toEqual([]);

    // `auto` reports it together with the reason why the endpoint does not answer.
    const unreachable = await sync(pair, run, { env: { ...env, PATH } });
    expect(errorOf(unreachable)).toMatchObject({ code: "HOST_UNKNOWN", exit: 6 });
    expect(errorOf(unreachable).details.join("\n")).toMatch(
      /ssm: The session-manager-plugin .* not installed/,
    );
  });

  for (const { what, version, code, exit, says } of [
    {
      what: "is older than the one that hides the token",
      version: "1.1.61.0",
      ...{ code: "SESSION_PLUGIN_OLD", exit: 3 },
      says: ["has version 1.1.61.0", "session-manager-plugin"],
    },
    {
      what: "ends at once",
      version: "1.2.707.0",
      ...{ code: "SESSION_NOT_STARTED", exit: 7 },
      says: ["the session-manager-plugin has ended", "no route to ssmmessages", "--verbose"],
    },
  ]) {
    test(`because the plugin ${what}, no session and no task remains`, async () => {
      await using reached = await privatePair();
      const { pair, env } = reached;
      const folder = join(pair.env.HOME ?? "", "other-plugin");
      await mkdir(folder);
      const script = `#!/bin/sh\n[ "$1" = --version ] && exec echo ${version}\necho "no route to ssmmessages"\nexit 1\n`;
      await writeFile(join(folder, "session-manager-plugin"), script, { mode: 0o755 });
      const path = { PATH: `${folder}${delimiter}${pair.env.PATH ?? ""}` };
      const before = await footprint(pair);
      for (const direction of ["neon-to-rds", "rds-to-neon"]) {
        const args = [direction, "--yes", "--via", "ssm"];
        await expectRefusal(pair, before, args, { code, exit, says }, { env: { ...env, ...path } });
        await expectNothingLeft(reached);
      }
    });
  }

  test("because the environment has no session target", async () => {
    await using reached = await privatePair();
    const { pair, env } = reached;
    const file = await outputsFile(pair, (outputs) =>
      Object.fromEntries(Object.entries(outputs).filter(([name]) => !name.startsWith("database_access_"))),
    );
    const refused = await sync(pair, [...run, "--via", "ssm", "--outputs-file", file], { env });
    expect(errorOf(refused)).toMatchObject({ code: "NO_SSM_TARGET", exit: 3, state: "nothing-written" });
  });
});

describe.concurrent("another route that is requested", () => {
  test("is used: the address, although Systems Manager is possible", async () => {
    await using reached = await privatePair();
    const { pair, manager, env } = reached;
    const { RDS_HOSTADDR = "" } = pair.env;
    const planned = await sync(pair, ["neon-to-rds", "--dry-run", "--json"], {
      env: { ...env, RDS_HOSTADDR },
    });
    expect(documentOf(planned).plan.target.route).toEqual({
      via: "address",
      reason: `RDS_HOSTADDR is ${RDS_HOSTADDR}`,
    });
    expect(manager.tasks).toEqual([]);
  });

  test("is refused if it does not exist", async () => {
    await using reached = await privatePair();
    const { pair, env } = reached;
    const missing = await sync(pair, [...run, "--via", "address"], { env });
    expect(errorOf(missing)).toMatchObject({ code: "ADDRESS_MISSING", exit: 3 });
    const invalid = await sync(pair, run, { env: { ...env, PILOT_LIGHT_VIA: "vpn" } });
    expect(errorOf(invalid)).toMatchObject({ code: "VIA_INVALID", exit: 3 });
  });

  test("a silent endpoint costs seconds before Systems Manager is used", async () => {
    await using reached = await privatePair();
    const { pair, env } = reached;
    const silent = createServer(() => undefined).listen(0, "127.0.0.1");
    await once(silent, "listening");
    const { port } = silent.address() as { port: number };
    const file = await outputsFile(pair, (outputs) => ({
      ...outputs,
      database_endpoint: `localhost:${port}`,
      database_port: port,
    }));
    const planned = await sync(pair, ["neon-to-rds", "--dry-run", "--json", "--outputs-file", file], { env });
    silent.close();
    // The route is open, but the certificate of the server has another name, so the command sends nothing to it.
    expect(errorOf(planned)).toMatchObject({ code: "CERTIFICATE_INVALID", exit: 6 });
    expect(errorOf(planned).message).toContain("localhost");
    await expectNothingLeft(reached);
  });
});

/** `pnpm tunnel rds` is a command of the package lifecycle. */
const tunnel = fileURLToPath(new URL("../../lifecycle/dist/bin.js", import.meta.url));

describe.concurrent("pnpm tunnel rds", () => {
  test("prints a URL without the password, carries connections, and ends with Ctrl-C", async () => {
    await using reached = await privatePair();
    const { pair, manager, env } = reached;
    let version = "";
    const transcript = await sync(pair, ["tunnel", "rds"], {
      program: tunnel,
      env,
      ...onOutput(/export RDS_HOSTADDR=(\S+)[^]*until Ctrl-C/, async ([, address], child) => {
        // The printed variable is a route for the other commands.
        const dryRun = ["neon-to-rds", "--dry-run", "--json"];
        const planned = await sync(pair, dryRun, { env: { ...env, RDS_HOSTADDR: address } });
        version = documentOf(planned).plan.target.version;
        child.kill("SIGINT");
      }),
    });
    expect(transcript.exitCode, transcript.stderr).toBe(0);
    expect(version).not.toBe("");
    expect(transcript.stdout).toMatch(
      /^postgresql:\/\/[^:@]+@\S+:\d+\/\S+\?hostaddr=127\.0\.0\.1&sslmode=verify-full/,
    );
    expect(manager.tasks).toHaveLength(1);
    await expectNothingLeft(reached);
  });
});
