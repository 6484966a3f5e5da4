/** Refusals because of variables, outputs, the secret and programs: the command writes nothing, and does not connect first if it need not. */
import { chmod, mkdir, readFile, writeFile } from "node:fs/promises";
import { join } from "node:path";
import { tcpProxy } from "@pilot-light/sandbox/postgres/tcp-proxy";
import { createPair, startSandbox, type Pair } from "@pilot-light/sandbox/testing";
import { extraSandboxDirectory, testSandbox } from "@pilot-light/sandbox/vitest";
import { installCommand } from "@pilot-light/core/postgres/install-command";
import { processEnvironment } from "@pilot-light/core/config/env";
import { afterAll, beforeAll, describe, expect, test } from "vitest";
import { awsProxy } from "./proxies.ts";
import { clientPrograms, databasesOf, errorOf, keysOf, leftFiles, sync } from "./support.ts";
import { expectRefusal, footprint, outputsFile, textFile, type Refusal } from "./untouched.ts";

let pair: Pair;
let before: unknown;

beforeAll(async () => {
  pair = await createPair(testSandbox(), { neon: "app", rds: "stale" });
  before = await footprint(pair);
});
afterAll(() => pair.dispose());

const refused = (refusal: Refusal, env: Record<string, string | undefined>, args: string[] = []) =>
  expectRefusal(pair, before, ["neon-to-rds", "--yes", ...args], refusal, { env });

describe.concurrent("NEON_DATABASE_URL", () => {
  const cases: { what: string; url: string | undefined; code?: string; says: string }[] = [
    { what: "is missing", url: undefined, code: "NEON_URL_MISSING", says: "export NEON_DATABASE_URL=" },
    { what: "is empty", url: "", code: "NEON_URL_MISSING", says: "export NEON_DATABASE_URL=" },
    { what: "is no Postgres URL", url: "https://x.neon.tech/db", says: "postgresql://" },
    { what: "has a raw @ in its password", url: "postgresql://u:se@cret#x@h.neon.tech/db", says: "%23" },
    { what: "has no password", url: "postgresql://u@h.neon.tech/db", says: "no password" },
    {
      what: "has a parameter nobody knows",
      url: "postgresql://u:secret@h.x/db?sslmod=disable",
      says: "sslmod",
    },
    {
      what: "turns TLS off on the internet",
      url: "postgresql://u:secret@h.neon.tech/db?sslmode=disable",
      code: "TLS_REQUIRED",
      says: "h.neon.tech",
    },
  ];
  for (const { what, url, code = "NEON_URL_MALFORMED", says } of cases) {
    test(`that ${what} is refused before anything is connected to`, async () => {
      await using aws = await awsProxy(pair);
      await using rds = await tcpProxy(testSandbox().state.rds.port);
      const env = {
        NEON_DATABASE_URL: url,
        AWS_ENDPOINT_URL: aws.url,
        RDS_HOSTADDR: `127.0.0.1:${rds.port}`,
      };
      for (const args of [
        ["neon-to-rds", "--dry-run"],
        ["rds-to-neon", "--yes"],
      ]) {
        const refusal = { exit: 3, code, says: ["NEON_DATABASE_URL", says] };
        const { stdout, stderr } = await expectRefusal(pair, before, args, refusal, {
          env,
        });
        expect(stdout + stderr).not.toMatch(/se@cret|secret@/);
      }
      expect({ requests: aws.requests, connections: rds.connections() }).toEqual({
        requests: [],
        connections: 0,
      });
    });
  }
});

describe.concurrent("the outputs", () => {
  const deploy = "pnpm infra:deploy";
  const cases: {
    what: string;
    outputs: () => Promise<string>;
    code: string;
    exit?: number;
    says: string[];
  }[] = [
    {
      what: "in a file that does not exist",
      outputs: () => Promise.resolve("/nowhere/outputs.json"),
      code: "OUTPUTS_UNREADABLE",
      says: ["/nowhere/outputs.json", "pnpm infra:output --outputs-file"],
    },
    {
      what: "in a file that is no JSON",
      outputs: () => textFile(pair, "Warning: no outputs"),
      code: "OUTPUTS_UNREADABLE",
      says: ["not JSON", "pnpm infra:output"],
    },
    {
      what: "of no stack",
      outputs: () => textFile(pair, "{}"),
      code: "OUTPUTS_EMPTY",
      says: ["never deployed", deploy],
    },
    {
      what: "of a stack that was never deployed",
      outputs: () => outputsFile(pair, () => ({})),
      code: "OUTPUTS_EMPTY",
      says: ["never deployed", deploy],
    },
    {
      what: "that are wrongly typed",
      outputs: () => outputsFile(pair, (outputs) => ({ ...outputs, database_port: "5432" })),
      code: "OUTPUTS_INVALID",
      says: ["database_port", deploy],
    },
    {
      what: "of which one is missing",
      outputs: () =>
        outputsFile(pair, ({ database_name, ...rest }) => ({ ...rest, former_name: database_name })),
      code: "OUTPUTS_INVALID",
      says: ["database_name: missing", deploy],
    },
    {
      what: "that contradict each other",
      outputs: () => outputsFile(pair, (outputs) => ({ ...outputs, database_port: 6432 })),
      code: "OUTPUTS_INVALID",
      says: ["6432", "5432", deploy],
    },
    {
      what: "of other projects",
      outputs: async () => {
        const [stack] = Object.values(
          JSON.parse(await readFile(pair.outputsFile, "utf8")) as object,
        ) as unknown[];
        return await textFile(pair, JSON.stringify({ "blog-dev": stack, "shop-dev": stack }));
      },
      code: "OUTPUTS_STACK_MISSING",
      says: ["holds several stacks", "blog-dev", "PROJECT_NAME"],
    },
    {
      what: "without a database",
      outputs: () =>
        outputsFile(pair, (outputs) => ({ ...outputs, database_endpoint: "", database_port: 0 })),
      exit: 4,
      code: "NO_DATABASE",
      says: ["no RDS database", "pnpm activate"],
    },
    {
      what: "without a secret",
      outputs: () => outputsFile(pair, (outputs) => ({ ...outputs, database_secret_arn: "" })),
      code: "OUTPUTS_INVALID",
      says: ["database_secret_arn", deploy],
    },
  ];
  for (const { what, outputs, code, exit = 3, says } of cases) {
    test(`${what} are refused`, async () => {
      await refused({ exit, code, says }, {}, ["--outputs-file", await outputs()]);
    });
  }
});

test.concurrent(
  "the outputs without a task for a sync inside AWS are refused, and the hint deploys it",
  async () => {
    const file = await outputsFile(pair, (outputs) => ({ ...outputs, sync_task_definition_arn: "" }));
    const says = ["pnpm infra:deploy"];
    for (const direction of ["neon-to-rds", "rds-to-neon"]) {
      const args = [direction, "--yes", "--on-fargate", "--outputs-file", file];
      await expectRefusal(pair, before, args, { exit: 3, code: "NO_SYNC_TASK", says });
    }
  },
);

describe.concurrent("the variables of the RDS side", () => {
  const missing = "/nowhere/ca.pem";
  const cases: { env: Record<string, string>; code: string; says: string[] }[] = [
    { env: { RDS_SSLROOTCERT: missing }, code: "CA_FILE_UNREADABLE", says: ["RDS_SSLROOTCERT", missing] },
    { env: { RDS_SSLMODE: "require" }, code: "RDS_SSLMODE_INVALID", says: ["RDS_SSLMODE", "verify-full"] },
    {
      env: { RDS_SSLMODE: "disable", RDS_HOSTADDR: "" },
      code: "TLS_REQUIRED",
      says: ["RDS_SSLMODE=disable", ".rds.amazonaws.com"],
    },
    {
      env: { RDS_HOSTADDR: "somewhere:5432" },
      code: "RDS_HOSTADDR_INVALID",
      says: ["somewhere:5432", "export RDS_HOSTADDR="],
    },
    { env: { RDS_AUTH: "kerberos" }, code: "RDS_AUTH_INVALID", says: ["kerberos", "unset RDS_AUTH"] },
    { env: { RDS_AUTH: "iam" }, code: "RDS_IAM_USER_MISSING", says: ["export RDS_IAM_USER="] },
    { env: { PROJECT_NAME: "My Project" }, code: "PROJECT_NAME_INVALID", says: ["My Project"] },
  ];
  for (const { env, code, says } of cases) {
    test(`are checked: ${Object.entries(env).flat().join(" ")}`, async () => {
      await refused({ exit: 3, code, says }, env);
    });
  }
});

describe.concurrent("the settings file", () => {
  test("that does not exist is named", async () => {
    const says = ["/nowhere/settings", "--env-file none"];
    await refused({ exit: 3, code: "ENV_FILE_UNREADABLE", says }, {}, ["--env-file", "/nowhere/settings"]);
  });

  test("with a line that is no variable is refused with the number of the line, and without its text", async () => {
    const file = await textFile(pair, "RDS_AUTH=password\nhunter2 hunter2\n");
    const says = [`Line 2 of the settings file ${file}`, "NAME=value"];
    const args = ["--env-file", file];
    const { stdout, stderr } = await refused({ exit: 3, code: "ENV_FILE_MALFORMED", says }, {}, args);
    expect(stdout + stderr).not.toContain("hunter2");
  });
});

// These tests run one after the other, because their commands take the lock of the target.
describe("the programs", () => {
  test("that are not installed are named, with the way to install them", async () => {
    const { major } = await clientPrograms();
    const empty = join(pair.env.HOME ?? "", "no-programs");
    await mkdir(empty);
    const says = ["pg_dump", "pg_restore", installCommand(major)];
    await refused({ exit: 3, code: "PG_DUMP_MISSING", says }, { PILOT_LIGHT_PG_BIN: empty });
  });

  test("of two versions, or that cannot be run, do not count as installed", async () => {
    const directory = join(pair.env.HOME ?? "", "odd-programs");
    await mkdir(directory);
    for (const [name, version] of [
      ["pg_dump", "16.2"],
      ["pg_restore", "15.1"],
    ]) {
      await writeFile(join(directory, name ?? ""), `#!/bin/sh\necho '(PostgreSQL) ${version ?? ""}'\n`);
      await chmod(join(directory, name ?? ""), 0o755);
    }
    await refused({ exit: 3, code: "PG_DUMP_MISSING", says: ["pg_dump"] }, { PILOT_LIGHT_PG_BIN: directory });
  });

  test("that are older than the source's server are named, with the version that is needed", async () => {
    const { major, version, directory } = await clientPrograms();
    await using sandbox = await startSandbox({
      directory: extraSandboxDirectory("newer-source"),
      environment: processEnvironment(),
      majors: { neon: major + 1, rds: major + 1 },
    });
    await using newer = await createPair(sandbox, { neon: "app", rds: "stale" });
    const says = [`pg_dump ${major + 1}`, version, directory, installCommand(major + 1)];
    const env = { PILOT_LIGHT_PG_BIN: directory };
    const untouched = await newer.query("rds", "select count(*) from public.projects");
    for (const args of [
      ["neon-to-rds", "--yes"],
      ["neon-to-rds", "--dry-run"],
    ]) {
      const transcript = await sync(newer, [...args, "--json"], { env });
      expect(transcript.exitCode).toBe(3);
      const { code, message, details, hint } = errorOf(transcript);
      expect(code).toBe("PG_DUMP_TOO_OLD");
      for (const part of says) expect([message, ...details, hint].join("\n")).toContain(part);
      expect(await keysOf(newer)).toEqual([]);
      expect(await leftFiles(newer)).toEqual([]);
      expect(await databasesOf(newer, "rds")).toEqual([newer.rds.database]);
    }
    expect(await newer.query("rds", "select count(*) from public.projects")).toEqual(untouched);
  });
});

test("without a terminal and without --yes, a sync is refused, and the hint names both options", async () => {
  const says = ["without a terminal", "pnpm sync neon-to-rds --yes", "pnpm sync neon-to-rds --dry-run"];
  await expectRefusal(pair, before, ["neon-to-rds"], { exit: 4, code: "CONFIRMATION_NEEDED", says });
});

test("an unknown flag, a wrong value and a missing command are usage errors", async () => {
  const refusal = { exit: 2, code: "USAGE", says: ["pnpm sync neon-to-rds --help"] };
  await expectRefusal(pair, before, ["neon-to-rds", "--yess"], { ...refusal, says: ["--yess", "--yes?"] });
  await expectRefusal(pair, before, [], {
    ...refusal,
    says: ["neon-to-rds, rds-to-neon", "pnpm sync --help"],
  });
  await expectRefusal(pair, before, ["neon-to-rds", "--dry-run=yes"], {
    ...refusal,
    says: ["--dry-run is true or false", '"yes"'],
  });
  await expectRefusal(pair, before, ["neon-to-rds", "--verify", "nothing"], refusal);
  await expectRefusal(pair, before, ["neon-to-rds", "--jobs", "0"], {
    ...refusal,
    says: ["--jobs", "1 to 32"],
  });
});
