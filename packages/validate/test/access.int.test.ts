/** The printed policy allows everything that the checks need and nothing else, on an emulator that enforces policies. */
import { CreateAccessKeyCommand, CreateUserCommand, PutUserPolicyCommand } from "@aws-sdk/client-iam";
import {
  DeleteServiceCommand,
  CreateServiceCommand,
  RunTaskCommand,
  StopTaskCommand,
} from "@aws-sdk/client-ecs";
import { afterAll, beforeAll, describe, expect, test } from "vitest";
import type { Action } from "@pilot-light/core/aws/actions";
import { calledActions } from "@pilot-light/core/testing/called-actions";
import { registry } from "../src/registry.ts";
import { runCommand } from "./command.ts";
import { startOwnEmulator, type OwnEmulator } from "./own-emulator.ts";
import { runValidation } from "./run-validation.ts";
import { awsEnvironment, setupClients } from "./support/emulator.ts";
import { createEnvironment, type TestEnvironment } from "./support/environment.ts";

const allActions = registry
  .flatMap((check) => check.actions)
  .filter((action, index, all) => all.indexOf(action) === index);
const UserName = "validator";
let emulator: OwnEmulator;
let active: TestEnvironment;
let pilotLight: TestEnvironment;
let credentials: { accessKeyId: string; secretAccessKey: string };

/** Sets for how many of the next calls the emulator checks no permission. */
async function freeCalls(count: string): Promise<void> {
  const response = await fetch(`${emulator.url}/moto-api/reset-auth`, { method: "POST", body: count });
  expect(response.status).toBe(200);
}

/** The emulator has its own name for the check whether a bucket exists. */
const emulatorNames: Readonly<Record<string, readonly string[]>> = {
  "s3:ListBucket": ["s3:ListBucket", "s3:HeadBucket"],
};
/** These actions cannot be denied alone: the emulator treats them as s3:ListBucket, and AWS always allows the last one. */
const notDeniedAlone = [
  "s3:GetEncryptionConfiguration",
  "s3:GetBucketPublicAccessBlock",
  "sts:GetCallerIdentity",
];
/** alb-health makes no AWS call. For newest-dump, the emulator calculates a wrong signature of a listing with a prefix. */
const skip = ["alb-health", "newest-dump"];

/** Allows the user these actions only. The emulator checks actions, but no resources. */
async function allow(allowed: readonly string[]): Promise<void> {
  await freeCalls("inf");
  const PolicyDocument = JSON.stringify({
    Version: "2012-10-17",
    Statement: [
      {
        Effect: "Allow",
        Action: allowed.flatMap((action) => emulatorNames[action] ?? action),
        Resource: "*",
      },
    ],
  });
  const { iam } = setupClients(emulator.url);
  await iam.send(new PutUserPolicyCommand({ UserName, PolicyName: "validate", PolicyDocument }));
  await freeCalls("0");
}

beforeAll(async () => {
  emulator = await startOwnEmulator();
  active = await createEnvironment(emulator.sandbox, { mode: "active" });
  pilotLight = await createEnvironment(emulator.sandbox, { mode: "pilot-light" });
  const { iam, ecs } = setupClients(emulator.url);
  await iam.send(new CreateUserCommand({ UserName }));
  const { AccessKey } = await iam.send(new CreateAccessKeyCommand({ UserName }));
  credentials = {
    accessKeyId: AccessKey?.AccessKeyId ?? "",
    secretAccessKey: AccessKey?.SecretAccessKey ?? "",
  };
  // The service needs a stopped task: otherwise the check does not read the reason.
  const cluster = active.active?.cluster ?? "";
  const service = active.outputs.backend_service_name;
  await ecs.send(new DeleteServiceCommand({ cluster, service, force: true }));
  await ecs.send(
    new CreateServiceCommand({ cluster, serviceName: service, taskDefinition: service, desiredCount: 3 }),
  );
  const { tasks = [] } = await ecs.send(
    new RunTaskCommand({ cluster, taskDefinition: service, launchType: "FARGATE" }),
  );
  await ecs.send(new StopTaskCommand({ cluster, task: tasks[0]?.taskArn, reason: "ended" }));
});
afterAll(async () => {
  await freeCalls("inf");
  await active[Symbol.asyncDispose]();
  await pilotLight[Symbol.asyncDispose]();
  await emulator[Symbol.asyncDispose]();
});

test("the policy contains exactly the actions that the checks call", async () => {
  await allow(allActions);
  const called = new Set<string>();
  // Checks that need the services are skipped while one of them fails: they run when that check is skipped by option.
  for (const [environment, args] of [
    [active, []],
    [active, ["--skip", "ecs-services,alb-health"]],
    [pilotLight, ["--data"]],
  ] as const) {
    const env = { ...environment.env, ...awsEnvironment(emulator.url, credentials) };
    const { stderr } = await runCommand(env, ["--verbose", "--json", ...args]);
    for (const action of calledActions(stderr)) called.add(action);
  }
  expect([...called].sort()).toEqual([...allActions].sort());
});

/** Runs both modes as the user, and the active mode a second time without the check that fails. */
async function resultsAsUser() {
  const results = [];
  for (const [environment, options] of [
    [active, { skip }],
    [active, { skip: [...skip, "ecs-services"] }],
    [pilotLight, { skip }],
  ] as const) {
    const env = { ...environment.env, ...awsEnvironment(emulator.url, credentials) };
    results.push(...(await runValidation(env, options)).checks);
  }
  return results;
}

describe("on an emulator that enforces policies", () => {
  test("the policy is sufficient", async () => {
    await allow(allActions);
    const results = await resultsAsUser();
    expect(results.filter(({ error }) => error !== undefined)).toEqual([]);
  });

  test.each(allActions.filter((action) => !notDeniedAlone.includes(action)))(
    "without %s exactly the checks that name it are denied",
    async (missing: Action) => {
      await allow(allActions.filter((action) => action !== missing));
      const results = await resultsAsUser();
      const denied = results.filter(({ error }) => error !== undefined);
      expect(denied.length).toBeGreaterThan(0);
      for (const { id, problems, error } of denied) {
        expect(registry.find((check) => check.id === id)?.actions).toContain(missing);
        expect(error).toMatchObject({ code: "AWS_ACCESS_DENIED" });
        expect(problems[0]?.fix).toBe(
          "Grant the permissions that validation needs:  pnpm validate --print-policy",
        );
        expect(problems[0]?.heals).toBeUndefined();
      }
    },
  );
});
