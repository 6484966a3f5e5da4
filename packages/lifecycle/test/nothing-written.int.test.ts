/** Runs that do not change an environment in pilot light: dry runs, refusals, interruptions before any change. */
import { copyFile, readFile, truncate, writeFile } from "node:fs/promises";
import { join } from "node:path";
import { BatchDeleteImageCommand, ECRClient, PutImageCommand } from "@aws-sdk/client-ecr";
import { run } from "@pilot-light/core/process";
import { resourceNames } from "@pilot-light/core/contract";
import { clientOptions } from "@pilot-light/sandbox/aws/resources";
import { succeeds, type Ids } from "@pilot-light/sandbox/workplace";
import { afterAll, beforeAll, describe, expect, it } from "vitest";
import { z } from "zod";
import { runStopped, type DeadLine } from "./dead-lines.ts";
import { parseDocument, TestEnvironment } from "./environment.ts";
import { holdStateLock } from "./state.ts";

const project = "idle-test";
const region = "ca-central-1";

let environment: TestEnvironment;
let before: Awaited<ReturnType<TestEnvironment["everything"]>>;
let always: Ids;

beforeAll(async () => {
  environment = await TestEnvironment.create({ project, region, rds: "stale", state: "local" });
  // The first deployment: there is no state yet.
  const first = await environment.run(["infra:deploy", "--yes", "--json"]);
  expect(parseDocument(first), first.text).toMatchObject({ outcome: "deployed", plan: { from: null } });
  before = await environment.everything();
  always = await environment.workplace.ids();
});

afterAll(() => environment[Symbol.asyncDispose]());

describe("in pilot light, nothing is written by", () => {
  it("an activation without images: it names the repository", async () => {
    const result = await environment.run(["activate", "--yes", "--json"]);
    expect(result.exitCode, result.text).toBe(4);
    expect(parseDocument(result).error).toMatchObject({
      code: "IMAGE_MISSING",
      hint: expect.stringContaining(`--repository-name ${project}/`) as string,
    });
    expect(await environment.everything()).toEqual(before);
  });

  it("a dry run, which shows the sync and the Terraform plan", async () => {
    await environment.pushImages("v1");
    const result = await environment.run(["activate", "--sync-data", "--dry-run", "--json"]);
    expect(result.exitCode, result.text).toBe(0);
    expect(parseDocument(result)).toMatchObject({
      outcome: "planned",
      plan: {
        from: "pilot-light",
        to: "active",
        steps: ["sync", "deploy", "validate"],
        terraform: {
          create: { aws_lb: 1, aws_ecs_service: 4, aws_nat_gateway: 2 },
          destroy: {},
          dataLost: [],
        },
        sync: { direction: "neon-to-rds" },
        images: [{ service: "backend", tags: ["v1"] }, { service: "frontend" }, { service: "grafana" }],
      },
    });
    expect(await environment.everything()).toEqual(before);
  });

  it("a dry run with an image that does not exist", async () => {
    const result = await environment.run(["activate", "--dry-run", "--json", "--backend-image", "v9"]);
    expect(parseDocument(result).error?.code, result.text).toBe("IMAGE_MISSING");
    expect(await environment.everything()).toEqual(before);
  });

  it("an activation with an image for other processors than those of the tasks", async () => {
    const ecr = new ECRClient(clientOptions(environment.where.endpoint, region));
    const repositoryName = resourceNames(project).ecrRepositories.backend;
    const imageTag = "arm";
    const platform = { os: "linux", architecture: "arm64" };
    const list = "application/vnd.docker.distribution.manifest.list.v2+json";
    const imageManifest = JSON.stringify({ schemaVersion: 2, mediaType: list, manifests: [{ platform }] });
    await ecr.send(new PutImageCommand({ repositoryName, imageTag, imageManifest }));
    const result = await environment.run(["activate", "--yes", "--json", "--backend-image", imageTag]);
    await ecr.send(new BatchDeleteImageCommand({ repositoryName, imageIds: [{ imageTag }] }));
    expect(result.exitCode, result.text).toBe(4);
    expect(parseDocument(result).error).toMatchObject({
      code: "ACCOUNT_NOT_READY",
      details: [
        expect.stringMatching(/^idle-test\/backend@\S+ is built for arm64, not for amd64$/),
        expect.stringContaining("--platform linux/amd64"),
      ],
      hint: expect.stringContaining("--backend-image arm --allow-account") as string,
    });
    expect(await environment.everything()).toEqual(before);
  });

  it("an activation without a terminal for its prompt", async () => {
    const result = await environment.run(["activate", "--json"]);
    expect(result.exitCode, result.text).toBe(4);
    expect(parseDocument(result).error?.code).toBe("CONFIRMATION_NEEDED");
  });

  it("an activation whose Neon is not reachable", async () => {
    const NEON_DATABASE_URL = "postgresql://owner:secret-word@127.0.0.1:1/neondb?sslmode=disable";
    const env = { NEON_DATABASE_URL, PGCONNECT_TIMEOUT: "2" };
    const result = await environment.run(["activate", "--sync-data", "--yes", "--json"], { env });
    expect(result.exitCode, result.text).toBe(5);
    expect(result.text).not.toContain("secret-word");
    expect(parseDocument(result).error).toMatchObject({ state: "nothing-written" });
    expect(await environment.everything()).toEqual(before);
  });

  it("an activation with another region, where Terraform would find no resource", async () => {
    const result = await environment.run(["activate", "--yes", "--json"], {
      env: { AWS_REGION: "eu-west-3" },
    });
    expect(result.exitCode, result.text).toBe(4);
    expect(parseDocument(result).error?.code).toBe("WRONG_REGION");
    expect(await environment.everything()).toEqual(before);
  });

  it("an activation with a text that is not a region: no request is sent", async () => {
    const result = await environment.run(["activate", "--dry-run", "--json"], {
      env: { AWS_REGION: "nonsense" },
    });
    expect(result.exitCode, result.text).toBe(3);
    expect(parseDocument(result).error?.code).toBe("AWS_REGION_INVALID");
    expect(result.text).not.toContain("checking");
  });

  it("a deactivation with --var for the other mode", async () => {
    const result = await environment.run(["deactivate", "--yes", "--json", "--var", "dev_activated=true"]);
    expect(result.exitCode, result.text).toBe(2);
  });

  it("an activation whose plan was confirmed after another deployment", async () => {
    const { pair, workplace } = environment;
    const { exitCode, output } = await environment.confirm(["activate", "--sync-data"], async () => {
      // Another deployment runs while the prompt is open.
      const state = z.looseObject({ serial: z.number() }).parse(JSON.parse(await workplace.state()));
      const file = join(pair.env.TMPDIR ?? "", "state.json");
      await writeFile(file, JSON.stringify({ ...state, serial: state.serial + 1 }));
      await succeeds(workplace.terraform(["state", "push", file]));
      before = await environment.everything();
      return `${project}-dev\r`;
    });
    expect(exitCode, output).toBe(4);
    expect(output).toContain("STATE_CHANGED");
    expect(await environment.everything()).toEqual(before);
  });

  it("an activation while another run holds the lock of the state: the error names the holder", async () => {
    await using lock = await holdStateLock(environment);
    const result = await environment.run(["activate", "--yes", "--json"]);
    expect(result.exitCode, result.text).toBe(4);
    expect(parseDocument(result).error).toMatchObject({
      code: "STATE_LOCKED",
      message: expect.stringContaining(lock.who) as string,
      hint: expect.stringContaining(`force-unlock ${lock.id}`) as string,
    });
  });

  it("one that is interrupted at its prompt", async () => {
    const { exitCode, output } = await environment.confirm(["activate", "--sync-data"], () => "\u0003");
    expect(exitCode, output).toBe(130);
    expect(output).toMatch(/Interrupted by SIGINT\.\s+Nothing was written\./);
    expect(await environment.everything()).toEqual(before);
  });

  it("one whose prompt was answered with another name", async () => {
    const { exitCode, output } = await environment.confirm(["activate"], () => "yes\r");
    expect(exitCode, output).toBe(4);
    expect(output).toContain("NOT_CONFIRMED");
    expect(await environment.everything()).toEqual(before);
  });

  it("one that is interrupted during its checks", async () => {
    const result = await environment.interrupt(["activate", "--yes", "--verbose"], "terraform plan");
    expect(result.exitCode, result.text).toBe(130);
    expect(result.text).toMatch(/Interrupted by SIG\w+\.\s+Nothing was written\./);
    expect(await environment.everything()).toEqual(before);
  });

  it("--resume, when there is nothing to resume", async () => {
    const result = await environment.run(["activate", "--resume", "--yes", "--json"]);
    expect(parseDocument(result).error?.code, result.text).toBe("NOTHING_TO_RESUME");
  });

  it("a deactivation: the environment is already in pilot light", async () => {
    const result = await environment.run(["deactivate", "--yes", "--json"]);
    expect(parseDocument(result), result.text).toMatchObject({
      outcome: "already in pilot light",
      validation: { failed: 0 },
    });
    expect(result.exitCode, result.text).toBe(0);
    expect(await environment.everything()).toEqual(before);
  });

  it("a deactivation with a variable, which the environment in pilot light does not apply", async () => {
    const args = ["deactivate", "--yes", "--json", "--var", "db_backups_retention_days=20"];
    const result = await environment.run(args);
    expect(result.exitCode, result.text).toBe(4);
    expect(parseDocument(result).error).toMatchObject({
      code: "SETTINGS_PENDING",
      hint: "To apply the settings:  pnpm infra:deploy --var db_backups_retention_days=20",
    });
    expect(await environment.everything()).toEqual(before);
  });

  it.each([
    ["database", "aws_db_instance.", ["activate", "infra:deploy"], 4, "DATA_LOSS_REFUSED"],
    ["bucket", "aws_s3_bucket.backups", ["infra:deploy"], 7, "TERRAFORM_FAILED"],
  ])(
    "a command that would replace the %s because it is tainted: its hint keeps it",
    async (_what, prefix, commands, exit, code) => {
      const { workplace } = environment;
      const address = [...always.keys()].find((one) => one.startsWith(prefix)) ?? "";
      await succeeds(workplace.terraform(["taint", address]));
      const tainted = await environment.everything();
      for (const command of commands) {
        const result = await environment.run([command, "--yes", "--json"]);
        expect(result.exitCode, result.text).toBe(exit);
        const { error } = parseDocument(result);
        expect(error).toMatchObject({ code });
        expect(error?.details.join("\n")).toContain(address);
        expect(error?.hint).toMatch(/terraform -chdir=\S+ untaint /);
        expect(await environment.everything()).toEqual(tainted);
      }
      await succeeds(workplace.terraform(["untaint", address]));
      before = await environment.everything();
    },
  );

  it("a command that finds the state file empty, as a killed Terraform leaves it: its hint restores the state", async () => {
    const file = join(environment.workplace.directory, `terraform.${project}-dev.tfstate`);
    const [state, backup] = await Promise.all([readFile(file), readFile(`${file}.backup`)]);
    await copyFile(file, `${file}.backup`);
    await truncate(file);
    for (const command of ["activate --yes", "infra:deploy --yes", "status"]) {
      const result = await environment.run([...command.split(" "), "--json"]);
      expect(result.exitCode, result.text).toBe(4);
      expect(parseDocument(result).error).toMatchObject({
        code: "STATE_FILE_EMPTY",
        hint: expect.stringContaining(`cp ${file}.backup ${file}`) as string,
        state: "nothing-written",
      });
      expect(await readFile(`${file}.backup`)).toEqual(state);
    }
    await copyFile(`${file}.backup`, file);
    await writeFile(`${file}.backup`, backup);
    expect(await environment.everything()).toEqual(before);
  });

  it("a plan of a deployment: without other variables it changes nothing", async () => {
    const result = await environment.run(["infra:diff", "--json"]);
    expect(parseDocument(result), result.text).toMatchObject({
      outcome: "unchanged",
      plan: { from: "pilot-light", to: "pilot-light" },
      refusals: [],
    });
    expect(await environment.everything()).toEqual(before);
  });

  it("the outputs: those of the contract", async () => {
    const result = await environment.run(["infra:output", "--json"]);
    expect(parseDocument(result), result.text).toMatchObject({
      outcome: "printed",
      outputs: { dev_activated: false, project_name: project },
    });
  });

  it("a deployment that would replace the database: it names the attribute", async () => {
    const result = await environment.run(["infra:deploy", "--yes", "--json", "--var", "db_name=other_name"]);
    expect(result.exitCode, result.text).toBe(4);
    expect(parseDocument(result).error).toMatchObject({
      code: "DATA_LOSS_REFUSED",
      state: "nothing-written",
      details: [
        expect.stringMatching(
          /^replace aws_db_instance\.\S+ \(holds the rows of its databases\), because of: db_name$/,
        ),
      ],
      hint: expect.stringContaining("--var db_name=other_name --allow-data-loss") as string,
    });
    expect(await environment.everything()).toEqual(before);
  });

  it("a deployment without a terminal for its prompt", async () => {
    const result = await environment.run(["infra:deploy", "--json"]);
    expect(parseDocument(result).error?.code, result.text).toBe("CONFIRMATION_NEEDED");
  });
});

it("a masked copy on RDS is refused by a deactivation that would copy it to Neon", async () => {
  const { env, workplace } = environment;
  const file = join(workplace.directory, "mask.sql");
  await writeFile(file, "update users set display_name = 'masked'");
  const bin = join(import.meta.dirname, "../../sync/dist/bin.js");
  const args = [bin, "neon-to-rds", "--yes", "--after-restore", file];
  const synced = await run(process.execPath, args, { environment: env, cwd: workplace.directory });
  expect(synced.exitCode, synced.stderr.join("\n")).toBe(0);
  before = await environment.everything();
  for (const how of [["--dry-run"], ["--yes"]]) {
    const result = await environment.run(["deactivate", "--sync-data", "--json", ...how]);
    expect(result.exitCode, result.text).toBe(4);
    expect(parseDocument(result).error).toMatchObject({
      code: "CHANGED_COPY",
      message: expect.stringContaining("mask.sql") as string,
      hint: expect.stringMatching(/pnpm deactivate --sync-data.* --allow-changed-copy/) as string,
      state: "nothing-written",
    });
  }
  expect(await environment.everything()).toEqual(before);
});

const stopAws = () => (environment.decide = () => "hang");
/** `applies`: an apply that ends in order writes the state, although it has changed nothing. */
const deadLines: readonly (DeadLine & { name: string; exit: number; code: string; applies?: true })[] = [
  {
    name: "the sync of an activation reads RDS",
    args: ["activate", "--sync-data", "--yes", "--verbose"],
    when: "Activate",
    stop: ({ rds }) => rds.stallAfter(20_000, "to the client"),
    exit: 6,
    code: "CONNECTION_STALLED",
  },
  {
    name: "terraform plans a deployment",
    args: ["infra:deploy", "--yes", "--verbose"],
    when: "terraform plan",
    stop: stopAws,
    exit: 7,
    code: "TERRAFORM_STALLED",
  },
  {
    name: "terraform applies a deployment",
    args: ["infra:deploy", "--yes", "--verbose", "--var", "db_backups_retention_days=40"],
    when: "terraform apply",
    stop: stopAws,
    exit: 7,
    code: "TERRAFORM_STALLED",
    applies: true,
  },
];

describe("a line that stops while", () => {
  // The tests above may have pushed `v1`, and tags cannot be moved.
  beforeAll(() => environment.pushImages("v2"));

  for (const line of deadLines) {
    it(`${line.name}: the command fails with the class of the side, an interruption ends it within ten seconds, and the next one succeeds`, async () => {
      const failed = await runStopped(environment, line);
      expect(failed.exitCode, failed.text).toBe(line.exit);
      expect(failed.text).toContain(`exit ${line.exit}, ${line.code}`);
      const interrupted = await runStopped(environment, line, "SIGINT");
      expect(interrupted.exitCode, interrupted.text).toBe(130);
      expect(interrupted.milliseconds, interrupted.text).toBeLessThan(10_000);
      if (interrupted.text.includes("Terraform still runs")) {
        // It holds the lock until AWS answers its request, which the emulator never does. This is the last row.
        expect(interrupted.text).toContain("Until then it holds the lock of the state.");
        return;
      }
      // Nothing prevents the next run: no lock of the state, no terraform that still runs.
      const next = await environment.run(["infra:diff", "--json"]);
      expect(next.exitCode, next.text).toBe(0);
      const { serial, ...others } = await environment.everything();
      expect({ ...others, serial: line.applies === true ? before.serial : serial }).toEqual(before);
    });
  }
});
