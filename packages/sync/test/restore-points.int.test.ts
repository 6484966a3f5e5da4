/**
 * Restore points in Neon: how the project is found, every way in which Neon's API fails, every command that overwrites Neon and is undone
 * with the branch, and a run that is killed while its branch exists.
 */
import { neonHost } from "@pilot-light/sandbox/names";
import { neonApiKey, startNeonApi, type NeonApi } from "@pilot-light/sandbox/neon-api";
import { adminLogin } from "@pilot-light/sandbox/postgres/cluster";
import { connect } from "@pilot-light/sandbox/postgres/connect";
import { createPair, type Pair } from "@pilot-light/sandbox/testing";
import { testSandbox } from "@pilot-light/sandbox/vitest";
import { describe, expect, test } from "vitest";
import { awsProxy, pausedAtUpload } from "./proxies.ts";
import { contentOf, databasesOf, documentOf, errorOf, sync } from "./support.ts";
import { expectRefusal, footprint, type Refusal } from "./untouched.ts";

const toNeon = ["rds-to-neon", "--yes"];

const other = (host: string, organization = "org-sandbox-000001") => ({
  ...{ id: `other-project-${host.slice(3, 9)}`, organization, host },
});

/** The stand-in, and the variables of a person who has only the key. */
async function apiWithKeyOnly(change: (api: NeonApi) => void = () => undefined) {
  const api = await startNeonApi(neonHost);
  change(api);
  return Object.assign(api, { env: { ...api.variables, NEON_PROJECT_ID: undefined } });
}

describe.concurrent("without NEON_PROJECT_ID", () => {
  for (const { keyOf, lists } of [
    { keyOf: "organization", lists: 3 },
    // Once in vain, and the pages of two organizations: the last page is empty.
    { keyOf: "person", lists: 6 },
  ] as const) {
    test(`the key of the ${keyOf} finds the project by the host, and the plan names it`, async () => {
      await using pair = await createPair(testSandbox(), { neon: "stale", rds: "app" });
      await using api = await apiWithKeyOnly((changed) => {
        changed.keyOf = keyOf;
        // The last page of its organization has it.
        changed.projects.unshift(other("ep-other1.neon.tech"), other(`ep-other2.${neonHost}`));
        changed.projects.unshift(other("ep-other3.neon.tech", "org-of-others"));
      });
      const call = { env: api.env };
      const project = { project: "sandbox-project-000001", projectFrom: "NEON_DATABASE_URL" };
      const planned = await sync(pair, ["rds-to-neon", "--dry-run"], call);
      expect(planned.stderr).toContain("in the Neon project sandbox-project-000001, which has this host");
      expect(api.requests.filter((request) => request === "GET projects")).toHaveLength(lists);
      const { plan, result } = documentOf(await sync(pair, [...toNeon, "--json"], call));
      expect(plan.restorePoint).toMatchObject(project);
      expect(api.branches.map(({ name }) => name)).toEqual(["production", result?.restorePoint?.name]);
      const given = await sync(pair, ["rds-to-neon", "--dry-run"], { env: api.variables });
      expect(given.stderr).toContain("in the Neon project sandbox-project-000001, of NEON_PROJECT_ID");
    });
  }

  test("a key that does not lead to one project is refused with the variable that does", async () => {
    await using pair = await createPair(testSandbox(), { neon: "stale", rds: "app" });
    const before = await footprint(pair);
    const refuses = async (says: string[], change: (api: NeonApi) => void, code?: string) => {
      await using api = await apiWithKeyOnly(change);
      const refusal = { exit: 3, code: code ?? "NEON_PROJECT_UNKNOWN", says };
      const { stdout, stderr } = await expectRefusal(pair, before, toNeon, refusal, { env: api.env });
      expect(stdout + stderr).not.toContain(neonApiKey);
      expect(api.branches).toHaveLength(1);
    };
    const help = "NEON_PROJECT_ID=<id>";
    const none = `none of the projects that the key can list has a compute with this host name (1 listed)`;
    await refuses([neonHost, none, help], ({ projects }) => projects.splice(0, 1, other("ep-other1.x")));
    // The same id of a compute, but another host.
    const sameId = `${neonHost.split(".")[0] ?? ""}.elsewhere.neon.tech`;
    await refuses([none, help], ({ projects }) => projects.splice(0, 1, other(sameId)));
    const both = "the projects other-project-sandbo and sandbox-project-000001 have";
    await refuses([both, help], ({ projects }) => projects.push(other(neonHost)));
    await refuses(["cannot list projects", "a key for one project", help], (api) => (api.keyOf = "project"));
    const rejected = (api: NeonApi) => (api.fault = () => 401);
    await refuses(["Cannot list the Neon projects", "NEON_API_KEY"], rejected, "NEON_KEY_REJECTED");
  });
});

/** The code of the error and its exit code, by what Neon's API answers. */
const failures: { answer: number | "silence"; code: string; exit: number }[] = [
  { answer: 401, code: "NEON_KEY_REJECTED", exit: 3 },
  { answer: 404, code: "NEON_NOT_FOUND", exit: 3 },
  { answer: 423, code: "NEON_API_FAILED", exit: 6 },
  { answer: 429, code: "NEON_API_FAILED", exit: 6 },
  { answer: 502, code: "NEON_API_FAILED", exit: 6 },
  { answer: "silence", code: "NEON_API_UNREACHABLE", exit: 6 },
];

/** The requests of a sync, in their order, and what an error during each leaves. */
const requests: {
  request: string;
  says: string;
  state: "nothing-written" | "target-unchanged";
  codes?: Record<string, string>;
}[] = [
  {
    ...{ request: "GET projects", says: "Cannot list the Neon projects", state: "nothing-written" },
    codes: { 404: "NEON_PROJECT_UNKNOWN" },
  },
  { request: "GET users/me/organizations", says: "Cannot list the Neon projects", state: "nothing-written" },
  {
    ...{ request: "GET endpoints/", says: "Cannot find the compute", state: "nothing-written" },
    codes: { 404: "NEON_PROJECT_UNKNOWN" },
  },
  { request: "GET branches/", says: "Cannot find the compute", state: "nothing-written" },
  { request: "POST branches", says: "Cannot create the Neon branch", state: "target-unchanged" },
  {
    ...{ request: "GET operations/", says: "Cannot create the Neon branch", state: "target-unchanged" },
    codes: {
      ...{ 401: "NEON_OPERATION_FAILED", 404: "NEON_OPERATION_FAILED", silence: "NEON_OPERATION_FAILED" },
    },
  },
];

describe.concurrent("when Neon's API fails", () => {
  for (const { request, says, state, codes = {} } of requests) {
    test(`at ${request}, the sync ends with the reason, and neither target nor branches change`, async () => {
      await using pair = await createPair(testSandbox(), { neon: "stale", rds: "app" });
      const before = await footprint(pair);
      for (const { answer, code, exit } of failures) {
        // The key of an organization, which all but a 401, 429 or a failure leaves without organizations.
        if (request === "GET users/me/organizations" && answer === 404) continue;
        await using api = await apiWithKeyOnly((changed) => {
          if (request === "GET projects" && answer === 404) changed.keyOf = "project";
          changed.fault = (received) => (received.startsWith(request) ? answer : undefined);
        });
        const unknown = codes[answer] === "NEON_PROJECT_UNKNOWN";
        const refusal: Refusal = {
          ...{ exit: codes[answer] === "NEON_OPERATION_FAILED" ? 6 : exit, code: codes[answer] ?? code },
          ...{ says: [unknown ? "Cannot find the Neon project" : says], state },
        };
        // Long enough for the other requests on a busy machine.
        const stall = answer === "silence" ? { PILOT_LIGHT_STALL_SECONDS: "10" } : {};
        const call = { env: { ...api.env, ...stall } };
        await expectRefusal(pair, before, toNeon, refusal, call);
        expect(api.branches.map(({ name }) => name)).toEqual(["production"]);
        expect(api.requests.includes("POST branches")).toBe(state === "target-unchanged");
      }
    });
  }

  test("at the deletion of the branch of a failed sync, the error names the branch and its end", async () => {
    await using pair = await createPair(testSandbox(), { neon: "stale", rds: "app" });
    await using aws = await awsProxy(pair, ({ method, path }) =>
      method === "PUT" && path.includes("/neon-dumps/") ? { status: 403 } : undefined,
    );
    const before = await contentOf(pair, "neon");
    for (const { answer } of failures) {
      await using api = await apiWithKeyOnly((changed) => {
        changed.fault = (received) => (received.startsWith("DELETE ") ? answer : undefined);
      });
      const call = { env: { ...api.env, AWS_ENDPOINT_URL: aws.url, PILOT_LIGHT_STALL_SECONDS: "3" } };
      const failed = errorOf(await sync(pair, [...toNeon, "--json"], call));
      expect(failed).toMatchObject({ code: "AWS_ACCESS_DENIED", state: "target-unchanged" });
      const [, created] = api.branches;
      const left = failed.details.join("\n");
      expect(left).toContain(`the Neon branch ${created?.name ?? "?"}`);
      expect(left).toContain(`Neon deletes it on ${created?.expires_at ?? "?"}`);
    }
    expect(await contentOf(pair, "neon")).toBe(before);
  });
});

/** A superuser's session in another database of the Neon cluster than a pair's. */
async function maintenanceOnNeon() {
  const { adminPassword, neon } = testSandbox().state;
  return await connect(adminLogin(neon, adminPassword, "postgres"));
}

/** Lets a restore of the stand-in return to the present contents, which are those of a branch that is created now. */
async function keepAsBranch(pair: Pair, api: NeonApi): Promise<void> {
  const live = pair.neon.database;
  const kept = `pl_branch_of_${live}`;
  const run = async (...statements: string[]) => {
    await using maintenance = await maintenanceOnNeon();
    for (const statement of statements) await maintenance.client.query(statement);
  };
  await run(`create database ${kept} template ${live}`);
  api.onRestore = () => run(`drop database ${live} with (force)`, `alter database ${kept} rename to ${live}`);
}

describe.concurrent("an undo returns to the restore point of", () => {
  for (const { name, args } of [
    { name: "a restore", args: ["restore", "latest", "--to", "neon"] },
    { name: "a restore in place", args: ["restore", "latest", "--to", "neon", "--in-place"] },
    { name: "a sync in place", args: ["rds-to-neon", "--in-place"] },
  ]) {
    test(name, async () => {
      await using pair = await createPair(testSandbox(), { neon: "app", rds: "stale" });
      const first = await sync(pair, ["neon-to-rds", "--yes"]);
      expect(first.exitCode, first.stderr).toBe(0);
      await pair.query("neon", "update public.contacts set name = 'Changed since'");
      const wanted = await contentOf(pair, "neon");
      await using api = await apiWithKeyOnly();
      await keepAsBranch(pair, api);

      const done = await sync(pair, [...args, "--yes"], { env: api.env });
      expect(done.exitCode, done.stderr).toBe(0);
      expect(await contentOf(pair, "neon")).not.toBe(wanted);
      const [, point] = api.branches;
      // Of an older sync, which is not the one to undo.
      const [parent] = api.branches;
      if (parent === undefined || point === undefined) throw new Error("No restore point.");
      const older = { id: "br-older", name: "pilot-light-restore-point-2020-01-01T00-00-00" };
      api.branches.push({ ...point, ...older, created_at: "2020-01-01T00:00:00Z" });
      api.branches.push({ ...point, id: "br-foreign", name: "pilot-light-restore-point-of-alex" });

      const previous = (await databasesOf(pair, "neon")).filter((each) => each !== pair.neon.database);
      expect(previous).toHaveLength(args.includes("--in-place") ? 0 : 1);
      for (const each of previous) await pair.query("neon", `drop database "${each}"`);
      const undone = await sync(pair, ["undo", "neon", "--yes"], { env: api.env });
      expect(undone.exitCode, undone.stderr).toBe(0);
      expect(undone.stderr).toContain(`Neon has restored production to ${point.name}`);
      expect(await contentOf(pair, "neon")).toBe(wanted);
    });
  }

  test("nothing when Neon's API fails, and the error states what became of the target", async () => {
    await using pair = await createPair(testSandbox(), { neon: "stale", rds: "app" });
    await using api = await apiWithKeyOnly();
    const { result } = documentOf(await sync(pair, [...toNeon, "--json"], { env: api.env }));
    await pair.query("neon", `drop database "${result?.previous ?? ""}"`);
    const present = await contentOf(pair, "neon");
    const env = { ...api.env, PILOT_LIGHT_STALL_SECONDS: "3" };
    for (const { request, states } of [
      { request: "GET branches", states: () => "nothing-written" },
      { request: "PATCH branches/", states: () => "target-unchanged" },
      {
        request: "/restore",
        states: (answer: unknown) => (answer === 401 || answer === 404 ? "target-unchanged" : "unknown"),
      },
      // Neon has accepted the restore.
      { request: "GET operations/", states: () => "unknown" },
    ]) {
      for (const { answer } of failures) {
        api.fault = (received) => (received.includes(request) ? answer : undefined);
        const failed = errorOf(await sync(pair, ["undo", "neon", "--yes", "--json"], { env }));
        expect(failed.code).toMatch(/^NEON_/);
        expect(failed.state, `${request}, ${answer}: ${failed.message}`).toBe(states(answer));
        if (failed.state === "unknown") expect(failed.hint).toContain("pilot-light-before-undo-");
      }
    }
    expect(await contentOf(pair, "neon")).toBe(present);
  });

  test("no other sync than the one in place", async () => {
    await using pair = await createPair(testSandbox(), { neon: "stale", rds: "app" });
    await using api = await apiWithKeyOnly();
    documentOf(await sync(pair, [...toNeon, "--json"], { env: api.env }));
    documentOf(await sync(pair, [...toNeon, "--json", "--in-place"]));
    const refused = errorOf(await sync(pair, ["undo", "neon", "--yes", "--json"], { env: api.env }));
    expect(refused).toMatchObject({ code: "UNDO_IN_PLACE", state: "nothing-written" });
  });
});

test.concurrent(
  "a run that is killed after it has created its branch leaves one that expires, and the next run has its own",
  async () => {
    await using pair = await createPair(testSandbox(), { neon: "stale", rds: "app" });
    await using api = await apiWithKeyOnly();
    const before = await contentOf(pair, "neon");
    // It does not get beyond the upload of its dump.
    await using aws = await pausedAtUpload(pair);
    let printed = "";
    const killed = await sync(pair, [...toNeon, "--keep-branch", "2"], {
      env: { ...api.env, AWS_ENDPOINT_URL: aws.url },
      onStderr: (text, child) => {
        printed += text;
        if (/^ {2}branch .*has the state of production/m.test(printed)) child.kill("SIGKILL");
      },
    });
    expect(killed.exitCode).toBe(-1);
    expect(await contentOf(pair, "neon")).toBe(before);
    const [, left] = api.branches;
    const days = (Date.parse(left?.expires_at ?? "") - Date.now()) / 86_400_000;
    expect(days).toBeGreaterThan(1.9);
    expect(days).toBeLessThan(2);

    const next = documentOf(await sync(pair, [...toNeon, "--json"], { env: api.env }));
    expect(api.branches.map(({ name }) => name)).toEqual([
      "production",
      left?.name,
      next.result?.restorePoint?.name,
    ]);
    expect(await contentOf(pair, "neon")).toBe(await contentOf(pair, "rds"));
  },
);
