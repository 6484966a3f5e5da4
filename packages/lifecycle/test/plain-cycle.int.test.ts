/** The whole cycle without failures, in a deployed sandbox, as the README shows it: activated, rows written, deactivated. */
import { mkdtemp, readFile } from "node:fs/promises";
import { delimiter, join } from "node:path";
import {
  GetObjectCommand,
  ListBucketsCommand,
  ListObjectsV2Command,
  PutObjectCommand,
  S3Client,
} from "@aws-sdk/client-s3";
import { resourceNames } from "@pilot-light/core/contract";
import { assertDocument } from "@pilot-light/core/cli/documents";
import { processEnvironment } from "@pilot-light/core/config/env";
import { run } from "@pilot-light/core/process";
import { documents } from "@pilot-light/lifecycle/documents";
import { installPlugin, SessionManager } from "@pilot-light/sandbox/aws/session-manager";
import { motoUrl } from "@pilot-light/sandbox/aws/moto";
import { clientOptions } from "@pilot-light/sandbox/aws/resources";
import { stateBucket } from "@pilot-light/sandbox/deployed-variables";
import { defaultEnvironment, withSandbox } from "@pilot-light/sandbox/environment";
import { neonHost, type Side } from "@pilot-light/sandbox/names";
import { startNeonApi, type NeonApi } from "@pilot-light/sandbox/neon-api";
import { adminLogin } from "@pilot-light/sandbox/postgres/cluster";
import { connect } from "@pilot-light/sandbox/postgres/connect";
import { startSandbox, type Sandbox } from "@pilot-light/sandbox/sandbox";
import { linesTooLong, transcriptOf } from "@pilot-light/sandbox/transcript";
import { extraSandboxDirectory } from "@pilot-light/sandbox/vitest";
import { root, Workplace, type Ids } from "@pilot-light/sandbox/workplace";
import { afterAll, beforeAll, expect, it } from "vitest";
import { z } from "zod";
import { awsSecret, expectNoSecret, showsSecret, watched } from "@pilot-light/sandbox/secret-watch";

const minutes = 60_000;
const countProjects = "select count(*)::int as count from public.projects";
const newRow = "select title from public.projects where slug = 'written-while-active'";

let sandbox: Sandbox;
let workplace: Workplace;
let manager: SessionManager;
let neonApi: NeonApi;
/** With these, only Systems Manager reaches RDS: no address is set, and the name of the endpoint does not resolve. */
let privately: Record<string, string> = {};
let always: Ids;

const documentSchema = z.looseObject({ outcome: z.string() });

/** Runs a command of a package in the sandbox; returns its exit code and the document of `--json`. */
async function command(name: "lifecycle" | "validate", ...args: readonly string[]) {
  return await commandWith({}, name, ...args);
}

/** As `command`, with other variables. */
async function commandWith(
  variables: Readonly<Record<string, string>>,
  name: "lifecycle" | "sync" | "validate",
  ...args: readonly string[]
) {
  const bin = join(root, "packages", name, "dist/bin.js");
  const environment = {
    ...withSandbox({ ...processEnvironment(), CI: "1" }, sandbox.state),
    ...variables,
  };
  const { exitCode, stdout, stderr } = await run(process.execPath, [bin, ...args, "--json"], {
    environment,
    cwd: workplace.directory,
  });
  expect(stdout, stderr.join("\n")).not.toBe("");
  return {
    exitCode,
    printed: [stdout, ...stderr],
    document: documentSchema.parse(
      name === "lifecycle" ? assertDocument(documents, JSON.parse(stdout)) : JSON.parse(stdout),
    ),
  };
}

/** Runs a mode change with marked secrets, and searches everything that other users could see of it, its log and its journal. */
async function watchedModeChange(variables: Readonly<Record<string, string>>, ...args: readonly string[]) {
  const TMPDIR = await mkdtemp(join(workplace.directory, "tmp-"));
  // The URLs of the sandbox contain passwords, and only the sandbox knows their names.
  const own = { SANDBOX_NEON_URL: "", SANDBOX_RDS_URL: "" };
  const env = { ...variables, ...own, TMPDIR, AWS_SECRET_ACCESS_KEY: awsSecret };
  const { seen, transcript } = await watched({ env }, () =>
    commandWith(env, "lifecycle", ...args, "--verbose"),
  );
  expectNoSecret({ seen, printed: transcript.printed });
  for (const program of ["pg_dump", "session-manager-plugin", "terraform"]) {
    expect([...seen.environments.keys()].some((command) => command.includes(program))).toBe(true);
  }
  const log = join(
    workplace.directory,
    "cdktf.out",
    `terraform.${resourceNames(sandbox.state.project).stack}.log`,
  );
  for (const text of [await readFile(log, "utf8"), await readJournal()]) {
    expect(text).not.toBe("");
    expect(showsSecret(text)).toBe(false);
  }
  return transcript;
}

async function query(side: Side, sql: string, database?: string): Promise<unknown[]> {
  const { [side]: cluster, adminPassword } = sandbox.state;
  await using session = await connect(adminLogin(cluster, adminPassword, database ?? cluster.database));
  return (await session.client.query<Record<string, unknown>>(sql)).rows;
}

function journalObject() {
  const { project, moto } = sandbox.state;
  const s3 = new S3Client(clientOptions(motoUrl(moto)));
  return {
    s3,
    object: { Bucket: stateBucket(project), Key: `${resourceNames(project).stack}/lifecycle.json` },
  };
}

async function readJournal(): Promise<string> {
  const { s3, object } = journalObject();
  const { Body } = await s3.send(new GetObjectCommand(object));
  return (await Body?.transformToString()) ?? "";
}

/** Makes the environment due for its deactivation. */
async function passTime(): Promise<void> {
  const { s3, object } = journalObject();
  const entry = z.looseObject({ deactivateAt: z.string() }).parse(JSON.parse(await readJournal()));
  const past = { ...entry, deactivateAt: "2026-01-01T00:00:00.000Z" };
  await s3.send(new PutObjectCommand({ ...object, Body: JSON.stringify(past) }));
}

/** Everything that a command could have written to: buckets (with the state and the journal), databases, rows. */
async function everything() {
  const s3 = new S3Client(clientOptions(motoUrl(sandbox.state.moto)));
  const { Buckets = [] } = await s3.send(new ListBucketsCommand({}));
  const objects = await Promise.all(
    Buckets.map(async ({ Name }) => {
      const { Contents = [] } = await s3.send(new ListObjectsV2Command({ Bucket: Name }));
      return Contents.map(({ Key = "", ETag = "" }) => `${Name ?? ""}/${Key} ${ETag}`);
    }),
  );
  const databases = "select datname from pg_database order by 1";
  return {
    objects: objects.flat(),
    neon: [await query("neon", databases), await query("neon", countProjects)],
    rds: [await query("rds", databases), await query("rds", countProjects)],
  };
}

const countsSchema = z.record(z.string(), z.number());
const planSchema = z.object({
  terraform: z.object({
    create: countsSchema,
    change: countsSchema,
    replace: countsSchema,
    destroy: countsSchema,
  }),
});

/**
 * Types that every second plan changes on the emulator: it does not report the cache settings of a distribution, nor the capacity
 * provider of a service, whose change replaces the service.
 */
const emulatorForgets = ["aws_cloudfront_distribution", "aws_ecs_service"];

const reportSchema = z.looseObject({ checks: z.array(z.object({ id: z.string(), status: z.string() })) });

/** `id: status` of every check of the mode that did not pass. */
function notPassed(report: unknown): string[] {
  return reportSchema
    .parse(report)
    .checks.filter(({ status }) => status !== "passed" && status !== "not-applicable")
    .map(({ id, status }) => `${id}: ${status}`);
}

/**
 * Checks run in parallel, and their lines are printed in the order in which they end. Where a line is wrapped depends on its duration.
 * The transcript has one line for each check, in alphabetical order.
 */
function withSteadyChecks(text: string): string {
  return text.replaceAll(/(?:^ {2}\S ok .*\n(?: {10,}\S.*\n)*)+/gm, (block) => {
    const checks = block.split(/(?=^ {2}\S ok )/m).map((check) => {
      const [first = "", ...rest] = check.trimEnd().split("\n");
      const [, start = first, duration = ""] = /^(.*\S) +(\d\.\d s)$/.exec(first) ?? [];
      return `${[start, ...rest.map((line) => line.trim())].join(" ").padEnd(first.length - duration.length - 2)}  ${duration}\n`;
    });
    return checks.sort().join("");
  });
}

/** Compares what a person sees of a command with docs/transcripts, which the runbooks show; `vitest --update` writes it. */
async function expectTranscript(name: string, args: string): Promise<void> {
  const text = await transcriptOf({
    shown: `pnpm ${args}`,
    command: [process.execPath, join(root, "packages/lifecycle/dist/bin.js"), ...args.split(" ")],
    environment: withSandbox(processEnvironment(), sandbox.state),
    directory: workplace.directory,
    replacements: [
      [/sha256:[0-9a-f]{12}/g, "sha256:0123456789ab"],
      [/\b[a-z0-9]{13}\.cloudfront\.net/g, "e0123456789ab.cloudfront.net"],
      [/about \d+\.\d\d USD so far/g, "about 0.26 USD so far"],
      [/, in \d\.\d h;/g, ", in 7.9 h;"],
    ],
  });
  expect(linesTooLong(text)).toEqual([]);
  await expect(withSteadyChecks(text)).toMatchFileSnapshot(`../../../docs/transcripts/${name}.txt`);
}

beforeAll(async () => {
  const directory = extraSandboxDirectory("plain-cycle");
  sandbox = await startSandbox({ directory, environment: processEnvironment(), deployed: true });
  const { project } = sandbox.state;
  const variables = defaultEnvironment(sandbox.state);
  const { AWS_REGION: region = "", AWS_ENDPOINT_URL: endpoint = "" } = variables;
  workplace = await Workplace.create({ project, region, endpoint, variables });
  manager = await SessionManager.start({ endpoint, databasePort: sandbox.state.rds.port });
  const plugin = join(workplace.directory, "bin");
  await installPlugin(plugin);
  const PATH = `${plugin}${delimiter}${processEnvironment().PATH ?? ""}`;
  privately = { AWS_ENDPOINT_URL: manager.url, PATH, RDS_HOSTADDR: "" };
  neonApi = await startNeonApi(neonHost);
}, 20 * minutes);

afterAll(async () => {
  await neonApi[Symbol.asyncDispose]();
  await manager[Symbol.asyncDispose]();
  await workplace[Symbol.asyncDispose]();
  await sandbox.stop();
});

it("is deployed in pilot light, and healthy", async () => {
  expect((await command("lifecycle", "status")).document).toMatchObject({ mode: "pilot-light" });
  always = await workplace.ids();
  expect(await command("validate")).toMatchObject({ exitCode: 0, document: { mode: "pilot-light" } });
});

it("is not changed by a dry run of an activation", async () => {
  const before = await everything();
  const { exitCode, document } = await command("lifecycle", "activate", "--sync-data", "--dry-run");
  expect(document).toMatchObject({ outcome: "planned", plan: { sync: { direction: "neon-to-rds" } } });
  expect(exitCode).toBe(0);
  expect(await everything()).toEqual(before);
});

it("shows the plan of an activation", async () => {
  await expectTranscript("activate-dry-run", "activate --sync-data --dry-run");
});

it(
  "is activated, with the rows of Neon, although only a task of Systems Manager reaches RDS",
  async () => {
    const activate = ["activate", "--sync-data", "--for", "8h", "--yes"];
    const { exitCode, document } = await watchedModeChange(privately, ...activate);
    expect(document).toMatchObject({
      outcome: "activated",
      steps: [
        { step: "sync", outcome: "done" },
        { step: "deploy", outcome: "done" },
      ],
      validation: { failed: 0, skipped: 0 },
    });
    expect(exitCode).toBe(0);
    expect(await query("rds", countProjects)).toEqual(await query("neon", countProjects));
    // All steps share one session.
    expect(manager.destinations).toHaveLength(1);
    expect(manager.tasks).toMatchObject([{ status: "STOPPED" }]);
  },
  20 * minutes,
);

it("is healthy in active mode; the one warning is that it has no domain", async () => {
  const { exitCode, document } = await command("validate");
  expect(exitCode).toBe(0);
  expect(notPassed(document)).toEqual(["certificate: warning"]);
});

it("has nothing to deploy: a plain diff keeps the mode and the images", async () => {
  const { exitCode, document } = await command("lifecycle", "infra:diff");
  expect(exitCode).toBe(0);
  expect(document).toMatchObject({
    plan: { from: "active", to: "active", terraform: { dataLost: [] } },
    refusals: [],
  });
  const { plan } = z.looseObject({ plan: planSchema }).parse(document);
  const { change, replace, ...others } = plan.terraform;
  expect(others).toEqual({ create: {}, destroy: {} });
  // No task definition is among them.
  for (const type of [...Object.keys(change), ...Object.keys(replace)]) {
    expect(emulatorForgets).toContain(type);
  }
});

it("shows its status, and the plan of a deactivation", async () => {
  await expectTranscript("status", "status");
  await expectTranscript("deactivate-dry-run", "deactivate --sync-data --dry-run");
});

it("is not changed by a dry run of a deactivation", async () => {
  await query(
    "rds",
    `insert into public.projects (slug, title, owner_id)
       select 'written-while-active', 'New', id from public.users limit 1`,
  );
  const before = await everything();
  const { exitCode, document } = await command("lifecycle", "deactivate", "--sync-data", "--dry-run");
  expect(document).toMatchObject({ outcome: "planned", plan: { sync: { direction: "rds-to-neon" } } });
  expect(exitCode).toBe(0);
  expect(await everything()).toEqual(before);
});

it(
  "is deactivated through Systems Manager once it is due, and Neon has the rows that were written to RDS",
  async () => {
    await passTime();
    const { NEON_API_HOST, NEON_API_KEY } = neonApi.variables;
    const live = sandbox.state.neon.database;
    // What the restore point contains.
    await query("neon", `create database ${live}_branch template ${live}`, "postgres");
    const deactivate = ["deactivate", "--if-due", "--yes"];
    const variables = { ...privately, NEON_API_HOST, NEON_API_KEY };
    const { exitCode, document } = await watchedModeChange(variables, ...deactivate);
    expect(document).toMatchObject({
      outcome: "deactivated",
      steps: [
        { step: "sync", outcome: "done" },
        { step: "deploy", outcome: "done" },
      ],
      validation: { mode: "pilot-light", failed: 0, warnings: 0 },
    });
    expect(exitCode).toBe(0);
    expect(await query("neon", newRow)).toEqual([{ title: "New" }]);
    expect(manager.destinations).toHaveLength(2);
    expect(manager.running).toEqual([]);
    expect(manager.openSessions).toBe(0);
  },
  20 * minutes,
);

it("is healthy in pilot light again, and the permanent resources have kept their ids", async () => {
  const { exitCode, document } = await command("validate");
  expect(exitCode).toBe(0);
  expect(document).toMatchObject({ mode: "pilot-light" });
  expect(notPassed(document)).toEqual([]);
  expect(await workplace.ids()).toEqual(always);
});

it("returns Neon to the restore point of the deactivation when the previous target is gone", async () => {
  const { NEON_API_HOST, NEON_API_KEY } = neonApi.variables;
  const [, point] = neonApi.branches;
  expect(point).toMatchObject({ name: expect.stringMatching(/^pilot-light-restore-point-/) as string });
  expect(point?.expires_at).toBeDefined();
  const live = sandbox.state.neon.database;
  const databases = z
    .array(z.object({ datname: z.string() }))
    .parse(await query("neon", "select datname from pg_database where datname ~ '__pl_old_'"));
  for (const { datname } of databases) await query("neon", `drop database "${datname}"`, "postgres");
  neonApi.onRestore = async () => {
    await query("neon", `drop database ${live} with (force)`, "postgres");
    await query("neon", `alter database ${live}_branch rename to ${live}`, "postgres");
  };
  const { document } = await commandWith({ NEON_API_HOST, NEON_API_KEY }, "sync", "undo", "neon", "--yes");
  expect(document).toMatchObject({ outcome: "undone", plan: { restorePoint: { name: point?.name } } });
  expect(await query("neon", newRow)).toEqual([]);
});
