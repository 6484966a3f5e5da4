/** What leaves an environment in pilot light as it is: dry runs, refusals, interruptions before anything has begun. */
import { writeFile } from "node:fs/promises";
import { join } from "node:path";
import { succeeds } from "@pilot-light/sandbox/workplace";
import { afterAll, beforeAll, describe, expect, it } from "vitest";
import { z } from "zod";
import { parseDocument, TestEnvironment } from "./environment.ts";
import { holdStateLock } from "./state.ts";

const project = "idle-test";
const region = "ca-central-1";

let environment: TestEnvironment;
let before: Awaited<ReturnType<TestEnvironment["everything"]>>;

beforeAll(async () => {
  environment = await TestEnvironment.create({ project, region, rds: "stale", state: "local" });
  await environment.workplace.deploy();
  before = await environment.everything();
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

  it("a dry run with an image that is not there", async () => {
    const result = await environment.run(["activate", "--dry-run", "--json", "--backend-image", "v9"]);
    expect(parseDocument(result).error?.code, result.text).toBe("IMAGE_MISSING");
    expect(await environment.everything()).toEqual(before);
  });

  it("an activation that nobody can be asked about", async () => {
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
    expect(parseDocument(result).error?.details).toContain("Nothing was written.");
    expect(await environment.everything()).toEqual(before);
  });

  it("an activation with the credentials' region set to another one, where Terraform would find nothing", async () => {
    const result = await environment.run(["activate", "--yes", "--json"], {
      env: { AWS_REGION: "eu-west-3" },
    });
    expect(result.exitCode, result.text).toBe(4);
    expect(parseDocument(result).error?.code).toBe("WRONG_REGION");
    expect(await environment.everything()).toEqual(before);
  });

  it("an activation in what is no region: nothing is asked", async () => {
    const result = await environment.run(["activate", "--dry-run", "--json"], {
      env: { AWS_REGION: "nonsense" },
    });
    expect(result.exitCode, result.text).toBe(3);
    expect(parseDocument(result).error?.code).toBe("AWS_REGION_INVALID");
    expect(result.text).not.toContain("checking");
  });

  it("a switch that is told the other mode", async () => {
    const result = await environment.run(["deactivate", "--yes", "--json", "--var", "dev_activated=true"]);
    expect(result.exitCode, result.text).toBe(2);
  });

  it("an activation whose plan was agreed to when it was too late", async () => {
    const { pair, workplace } = environment;
    const { exitCode, output } = await environment.confirm(["activate", "--sync-data"], async () => {
      // Somebody else has deployed while the question was open.
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

  it("an activation while somebody holds the state's lock: it says who", async () => {
    await using lock = await holdStateLock(environment);
    const result = await environment.run(["activate", "--yes", "--json"]);
    expect(result.exitCode, result.text).toBe(4);
    expect(parseDocument(result).error).toMatchObject({
      code: "STATE_LOCKED",
      message: expect.stringContaining(lock.who) as string,
      hint: expect.stringContaining(`force-unlock ${lock.id}`) as string,
    });
  });

  it("one that is interrupted at its question", async () => {
    const { exitCode, output } = await environment.confirm(["activate", "--sync-data"], () => "\u0003");
    expect(exitCode, output).toBe(130);
    expect(output).toMatch(/Interrupted by SIGINT\.\s+Nothing was written\./);
    expect(await environment.everything()).toEqual(before);
  });

  it("one whose question was answered with another name", async () => {
    const { exitCode, output } = await environment.confirm(["activate"], () => "yes\r");
    expect(exitCode, output).toBe(4);
    expect(output).toContain("NOT_CONFIRMED");
    expect(await environment.everything()).toEqual(before);
  });

  it("one that is interrupted while it looks", async () => {
    const result = await environment.interrupt(["activate", "--yes", "--verbose"], "terraform plan");
    expect(result.exitCode, result.text).toBe(130);
    expect(result.text).toMatch(/Interrupted by SIG\w+\.\s+Nothing was written\./);
    expect(await environment.everything()).toEqual(before);
  });

  it("--resume, when there is nothing to resume", async () => {
    const result = await environment.run(["activate", "--resume", "--yes", "--json"]);
    expect(parseDocument(result).error?.code, result.text).toBe("NOTHING_TO_RESUME");
  });

  it("a deactivation: it is in pilot light already", async () => {
    const result = await environment.run(["deactivate", "--yes", "--json"]);
    expect(parseDocument(result), result.text).toMatchObject({
      outcome: "already in pilot light",
      validation: { failed: 0 },
    });
    expect(result.exitCode, result.text).toBe(0);
    expect(await environment.everything()).toEqual(before);
  });
});
