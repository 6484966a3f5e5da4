/**
 * Syncs inside AWS: the command starts a task, follows its log, forwards Ctrl-C, ends with the exit code of the task, and leaves nothing. The
 * task is a process with only the environment of the task. This machine reaches neither database.
 */
import type { ChildProcess } from "node:child_process";
import { describe, expect, test } from "vitest";
import { fargatePair, type FargatePair } from "./fargate.ts";
import { until } from "./processes.ts";
import { awsProxy, pausedAtUpload } from "./proxies.ts";
import { untilQuiet } from "./ssm.ts";
import { historySchema } from "@pilot-light/core/history/documents";
import {
  contentOf,
  databasesOf,
  documentOf,
  errorOf,
  leftFiles,
  objectOf,
  sync,
  type Transcript,
} from "./support.ts";

const run = ["neon-to-rds", "--on-fargate", "--yes", "--json", "--verbose"];
const reverse = ["rds-to-neon", "--on-fargate", "--yes", "--json", "--verbose"];

/** Whether the command reads the state or the log of its task. */
const isFollowing = (target: string) => /DescribeTasks|GetLogEvents/.test(target);

/** Nothing of the command remains. */
async function expectNothingLeft({ pair, manager }: FargatePair): Promise<void> {
  await untilQuiet(pair);
  expect(manager.running).toEqual([]);
  expect(await leftFiles(pair)).toEqual([]);
}

describe.concurrent("a sync inside AWS", () => {
  test("runs in both directions, and returns the result of the task", async () => {
    await using remote = await fargatePair();
    const { pair, manager, env, neonUrl } = remote;
    const [before, source] = [await contentOf(pair, "rds"), await contentOf(pair, "neon")];
    const there = await sync(pair, run, { env });
    expect(there.exitCode, there.stderr).toBe(0);
    const { outcome, plan, result } = documentOf(there);
    expect(outcome).toBe("synced");
    expect(plan.target.database).toBe(pair.rds.database);
    expect(result?.rows).toBeGreaterThan(0);
    expect(await contentOf(pair, "rds")).toBe(source);
    // The command prints the log of the task.
    expect(there.stderr).toMatch(/\$ \S*pg_dump .*--snapshot=/);
    expect(there.stderr).toMatch(/^ {2}verify /m);
    // One task for the plan, and one for the sync. The URL of Neon is in the environment of a task, and not in the request.
    expect(manager.tasks.map(({ exitCode }) => exitCode)).toEqual([0, 0]);
    for (const { process } of manager.tasks) expect(process?.environment.NEON_DATABASE_URL).toBe(neonUrl);
    await expectNothingLeft(remote);
    // The task has stored a record with the same id. It would remain if this machine had been switched off.
    const history = await sync(pair, ["history", "--json"], { env });
    const { runs } = historySchema.parse(JSON.parse(history.stdout));
    expect(runs.filter(({ command }) => command === "sync neon-to-rds")).toHaveLength(1);
    const [newest] = runs;
    expect(newest?.summary).toContain("is verified to be equal to neon");
    const record = Buffer.from(await objectOf(pair, newest?.uri.split("/").slice(3).join("/") ?? ""));
    expect(record.toString()).toContain(`"commandLine": "pnpm sync neon-to-rds --on-fargate --yes`);

    const readable = reverse.filter((flag) => flag !== "--json");
    const back = await sync(pair, readable, { env });
    expect(back.exitCode, back.stderr).toBe(0);
    const printed = back.stderr.replaceAll(/\s+/g, " ");
    expect(printed).toContain("a task inside AWS does not get NEON_API_KEY");
    expect(await contentOf(pair, "neon")).toBe(source);
    await expectNothingLeft(remote);
    expect(before).not.toBe(source);

    const filters = ["--in-place", "--schema", '"public"', "--allow-filtered"];
    const inPlace = await sync(pair, [...run, ...filters], { env });
    expect(inPlace.exitCode, inPlace.stderr).toBe(0);
    const replaced = documentOf(inPlace);
    expect(replaced.plan.mode.name).toBe("in-place");
    expect(replaced.plan.schemas).toEqual([{ pattern: '"public"', schemas: ["public"] }]);
    expect(replaced.result?.previous).toBeNull();
    expect(await contentOf(pair, "rds")).toBe(source);
    await expectNothingLeft(remote);
  });

  test("prints the plan of the task, and writes nothing with --dry-run", async () => {
    await using remote = await fargatePair();
    const { pair, manager, env } = remote;
    const before = await contentOf(pair, "rds");
    const planned = await sync(pair, ["neon-to-rds", "--on-fargate", "--dry-run"], { env });
    expect(planned.exitCode, planned.stderr).toBe(0);
    expect(planned.stderr).toContain("Sync  neon -> rds");
    expect(planned.stderr).toContain("To run it:  pnpm sync neon-to-rds --on-fargate");
    expect(manager.tasks).toHaveLength(1);
    const filter = ["--exclude-table-data", "events", "--no-target-backup"];
    const refused = await sync(pair, ["neon-to-rds", "--on-fargate", "--dry-run", "--json", ...filter], {
      env,
    });
    expect(errorOf(refused).hint).toContain(
      "pnpm sync neon-to-rds --on-fargate --exclude-table-data events --no-target-backup --allow-filtered",
    );
    const allowed = ["--on-fargate", "--dry-run", ...filter, "--allow-filtered"];
    expect((await sync(pair, ["neon-to-rds", ...allowed], { env })).stderr).toContain(
      "To run it:  pnpm sync neon-to-rds --on-fargate --exclude-table-data events --allow-filtered --no-target-backup",
    );
    expect(await contentOf(pair, "rds")).toBe(before);
    await expectNothingLeft(remote);
  });

  test("is refused like a sync on this machine, with the exit code of the task", async () => {
    await using remote = await fargatePair({ storedUrl: (url) => url.replace(/:[^:@]+@/, ":wrong@") });
    const { pair, manager, env } = remote;
    const failed = await sync(pair, run, { env });
    expect(failed.exitCode).toBe(5);
    expect(errorOf(failed)).toMatchObject({ exit: 5, state: "nothing-written" });
    expect(manager.tasks.map(({ exitCode }) => exitCode)).toEqual([5]);
    await expectNothingLeft(remote);
  });
});

/** Starts a sync whose task waits in the middle of its upload, before the swap. Then calls `act`. */
async function inTheMiddle(
  remote: FargatePair,
  direction: readonly string[],
  act: (child: ChildProcess) => void,
): Promise<Transcript> {
  const { pair, env, useEndpoint } = remote;
  const aws = await pausedAtUpload(pair);
  useEndpoint(aws.url);
  const transcript = await sync(pair, direction, {
    env,
    onStart: (child) => void aws.reached.then(() => act(child)),
  });
  aws.goOn();
  await aws[Symbol.asyncDispose]();
  return transcript;
}

describe.concurrent("an interruption", () => {
  for (const direction of [run, reverse]) {
    test(`by Ctrl-C during ${direction[0]} reaches the task, which undoes its work`, async () => {
      await using remote = await fargatePair();
      const { pair } = remote;
      const target = direction === run ? "rds" : "neon";
      const before = await contentOf(pair, target);
      const interrupted = await inTheMiddle(remote, direction, (child) => child.kill("SIGINT"));
      expect(interrupted.exitCode, interrupted.stderr).toBe(130);
      expect(errorOf(interrupted)).toMatchObject({
        code: "INTERRUPTED",
        message: "Interrupted by SIGINT.",
        state: "target-unchanged",
      });
      expect(await contentOf(pair, target)).toBe(before);
      expect(await databasesOf(pair, target)).toEqual([pair[target].database]);
      await expectNothingLeft(remote);
    });
  }

  test("by SIGKILL leaves a task, which the next command stops before it syncs", async () => {
    await using remote = await fargatePair();
    const { pair, manager, env, useEndpoint } = remote;
    const aws = await pausedAtUpload(pair);
    useEndpoint(aws.url);
    const killed = await sync(pair, run, {
      env,
      onStart: (child) => void aws.reached.then(() => child.kill("SIGKILL")),
    });
    expect(killed.exitCode).toBe(-1);
    expect(manager.running).toHaveLength(1);
    useEndpoint(pair.env.AWS_ENDPOINT_URL ?? "");
    const next = await sync(pair, run, { env });
    aws.goOn();
    await aws[Symbol.asyncDispose]();
    expect(next.exitCode, next.stderr).toBe(0);
    expect(next.stderr).toContain("which a killed command left");
    expect(manager.tasks.map(({ exitCode }) => exitCode)).toEqual([0, 130, 0, 0]);
    expect(await contentOf(pair, "rds")).toBe(await contentOf(pair, "neon"));
    await expectNothingLeft(remote);
  });

  test("while the task starts stops it", async () => {
    await using remote = await fargatePair({ starts: "PENDING" });
    const { pair, manager, env } = remote;
    const interrupted = await sync(pair, run, {
      env,
      onStart: (child) => void until(() => manager.tasks.length > 0).then(() => child.kill("SIGTERM")),
    });
    expect(interrupted.exitCode).toBe(130);
    expect(errorOf(interrupted)).toMatchObject({ code: "INTERRUPTED", state: "nothing-written" });
    await expectNothingLeft(remote);
  });
});

describe.concurrent("a task that", () => {
  test("is stopped from outside undoes its work, and the reason is reported", async () => {
    await using remote = await fargatePair();
    const { pair, manager } = remote;
    const before = await contentOf(pair, "rds");
    const stopped = await inTheMiddle(remote, run, () => {
      for (const task of manager.running) manager.stopTask(task, "Task stopped by a person");
    });
    expect(stopped.exitCode, stopped.stderr).toBe(130);
    expect(errorOf(stopped)).toMatchObject({ code: "INTERRUPTED", state: "target-unchanged" });
    expect(errorOf(stopped).details.join()).toContain("Task stopped by a person");
    expect(await contentOf(pair, "rds")).toBe(before);
    await expectNothingLeft(remote);
  });

  test("is killed leaves the target as it was", async () => {
    await using remote = await fargatePair();
    const { pair, manager } = remote;
    const before = await contentOf(pair, "rds");
    const killed = await inTheMiddle(remote, run, () => {
      for (const { process } of manager.running) process?.stop("SIGKILL");
    });
    expect(killed.exitCode, killed.stderr).toBe(7);
    expect(errorOf(killed)).toMatchObject({ code: "SYNC_TASK_ENDED", state: "unknown" });
    expect(errorOf(killed).message).toContain("137");
    expect(await contentOf(pair, "rds")).toBe(before);
  });

  test("continues while AWS throttles, and is followed", async () => {
    await using remote = await fargatePair();
    const { pair, manager, env } = remote;
    let throttled = 0;
    await using aws = await awsProxy({ env: { AWS_ENDPOINT_URL: manager.url } }, ({ target }) =>
      // Both requests are repeated three times by the SDK.
      manager.tasks.length === 2 && isFollowing(target) && (throttled += 1) <= 20
        ? { status: 400, body: JSON.stringify({ __type: "ThrottlingException", message: "Rate exceeded" }) }
        : undefined,
    );
    const synced = await sync(pair, run, { env: { ...env, AWS_ENDPOINT_URL: aws.url } });
    expect(synced.exitCode, synced.stderr).toBe(0);
    expect(throttled).toBeGreaterThan(20);
    expect(await contentOf(pair, "rds")).toBe(await contentOf(pair, "neon"));
  });

  test("continues when the credentials of this machine expire, which the error states", async () => {
    await using remote = await fargatePair();
    const { pair, manager, env, useEndpoint } = remote;
    const upload = await pausedAtUpload(pair);
    useEndpoint(upload.url);
    let hasExpired = false;
    void upload.reached.then(() => (hasExpired = true));
    await using aws = await awsProxy({ env: { AWS_ENDPOINT_URL: manager.url } }, () =>
      hasExpired
        ? { status: 400, body: JSON.stringify({ __type: "ExpiredTokenException", message: "expired" }) }
        : undefined,
    );
    const unfollowed = await sync(pair, run, { env: { ...env, AWS_ENDPOINT_URL: aws.url } });
    const error = errorOf(unfollowed);
    expect(error).toMatchObject({ code: "SYNC_TASK_UNFOLLOWED", exit: 7, state: "unknown" });
    expect(error.message).toContain(`The task ${manager.tasks[1]?.id ?? ""} continues`);
    expect(error.hint).toMatch(/aws .*logs tail \S+ --follow .*aws .*ecs wait tasks-stopped .*pnpm compare/);
    expect(manager.running).toHaveLength(1);
    upload.goOn();
    await until(() => manager.running.length === 0);
    await upload[Symbol.asyncDispose]();
    expect(manager.tasks.map(({ exitCode }) => exitCode)).toEqual([0, 0]);
    expect(await contentOf(pair, "rds")).toBe(await contentOf(pair, "neon"));
  });

  test("AWS no longer lists is stopped, and the error names the command that shows it", async () => {
    await using remote = await fargatePair();
    const { pair, manager, env, useEndpoint } = remote;
    const before = await contentOf(pair, "rds");
    const upload = await pausedAtUpload(pair);
    useEndpoint(upload.url);
    let isListed = true;
    void upload.reached.then(() => (isListed = false));
    await using aws = await awsProxy({ env: { AWS_ENDPOINT_URL: manager.url } }, ({ target }) =>
      isListed || !target.endsWith("DescribeTasks")
        ? undefined
        : { status: 200, body: JSON.stringify({ tasks: [], failures: [{ reason: "MISSING" }] }) },
    );
    const lost = await sync(pair, run, { env: { ...env, AWS_ENDPOINT_URL: aws.url } });
    const error = errorOf(lost);
    expect(error, error.message).toMatchObject({ code: "SYNC_TASK_LOST", exit: 7, state: "unknown" });
    expect(error.message).toContain(manager.tasks[1]?.id ?? "a task");
    expect(error.hint).toMatch(/aws .*ecs describe-tasks --cluster \S+ --tasks \S+/);
    upload.goOn();
    await until(() => manager.running.length === 0);
    await upload[Symbol.asyncDispose]();
    expect(manager.tasks.map(({ exitCode }) => exitCode)).toEqual([0, 130]);
    expect(await contentOf(pair, "rds")).toBe(before);
    await expectNothingLeft(remote);
  });

  test("never runs is stopped at the deadline", async () => {
    await using remote = await fargatePair({ starts: "PENDING" });
    const { pair, env } = remote;
    const failed = await sync(pair, run, { env: { ...env, PILOT_LIGHT_SSM_TASK_SECONDS: "2" } });
    expect(failed.exitCode).toBe(7);
    expect(errorOf(failed)).toMatchObject({ code: "SYNC_TASK_NOT_STARTED", state: "nothing-written" });
    expect(errorOf(failed).message).toContain("its status is PENDING");
    await expectNothingLeft(remote);
  });

  test("cannot pull its image, the error states the reason that AWS gives", async () => {
    await using remote = await fargatePair({ starts: "STOPPED" });
    const { pair, env } = remote;
    const failed = await sync(pair, run, { env });
    expect(errorOf(failed)).toMatchObject({
      code: "SYNC_TASK_NOT_STARTED",
      exit: 7,
      state: "nothing-written",
    });
    expect(errorOf(failed).message).toContain("CannotPullContainerError");
    await expectNothingLeft(remote);
  });
});

describe.concurrent("no task is started", () => {
  test("without a stored URL, or without an image", async () => {
    await using remote = await fargatePair({ storedUrl: () => "" });
    const { pair, manager, env } = remote;
    const refused = await sync(pair, run, { env });
    expect(errorOf(refused)).toMatchObject({ code: "NEON_SECRET_EMPTY", exit: 3, state: "nothing-written" });
    expect(manager.tasks).toEqual([]);

    await using withoutImage = await fargatePair({ hasImage: false });
    const unpushed = await sync(withoutImage.pair, run, { env: withoutImage.env });
    expect(errorOf(unpushed)).toMatchObject({ code: "SYNC_IMAGE_MISSING", exit: 3 });
    expect(withoutImage.manager.tasks).toEqual([]);
  });

  test("to sync, if the URL of this machine names another database than the stored one", async () => {
    await using remote = await fargatePair();
    const { pair, manager, env, neonUrl } = remote;
    const other = neonUrl.replace(/\/neondb_\w+\?/, "/another?");
    const refused = await sync(pair, run, { env: { ...env, NEON_DATABASE_URL: other } });
    expect(errorOf(refused)).toMatchObject({
      code: "NEON_SECRET_DIFFERS",
      exit: 3,
      state: "nothing-written",
    });
    expect(manager.tasks).toHaveLength(1);
    const via = await sync(pair, [...run, "--via", "ssm"], { env });
    expect(errorOf(via)).toMatchObject({ code: "USAGE", exit: 2 });
    const empty = await sync(pair, ["store-neon-url", "--json"], { env, input: "" });
    expect(errorOf(empty)).toMatchObject({ code: "NEON_URL_NOT_GIVEN", exit: 2 });
  });
});
