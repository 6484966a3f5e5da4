/** Creates a complete dev environment in the emulator, in either mode, as infra deploys it. API calls create it within a second. */
import { readFile, writeFile } from "node:fs/promises";
import { outputsSchema, resourceNames, type Outputs } from "@pilot-light/core/contract";
import { createDatabaseInstance } from "@pilot-light/sandbox/aws/resources";
import { createPair, type Pair } from "@pilot-light/sandbox/testing";
import { z } from "zod";
import { activate, removeDiscovery, type ActiveResources } from "./active-resources.ts";
import type { DomainCertificate } from "./certificates.ts";
import { awsEnvironment, setupClients, type SetupClients } from "./emulator.ts";
import { createRepositories, createVpc, secureBucket, storeDump } from "./basic-resources.ts";

export interface TestEnvironment extends AsyncDisposable {
  pair: Pair;
  project: string;
  /** Address of the emulator. */
  endpoint: string;
  aws: SetupClients;
  /** Environment of the command. */
  env: Record<string, string>;
  outputs: Outputs;
  active: ActiveResources | undefined;
  /** Writes the outputs file again. */
  writeOutputs(changes: Partial<Record<keyof Outputs, unknown>>): Promise<void>;
}

export interface EnvironmentOptions {
  mode: "pilot-light" | "active";
  /** Address of an emulator other than the sandbox's own. */
  endpoint?: string;
  /** The domain's certificate. Default: a new one. */
  certificate?: DomainCertificate;
}

export async function createEnvironment(
  sandbox: Parameters<typeof createPair>[0],
  { mode, endpoint = `http://127.0.0.1:${sandbox.state.moto.port}`, certificate }: EnvironmentOptions,
): Promise<TestEnvironment> {
  const pair = await createPair(sandbox, { neon: "app", rds: "app" });
  const names = resourceNames(pair.project);
  const aws = setupClients(endpoint);
  const [vpcId] = await Promise.all([
    createVpc(aws),
    createRepositories(aws, Object.values(names.ecrRepositories)),
    secureBucket(aws, pair.bucket),
    storeDump(aws, pair.bucket),
    createDatabaseInstance(endpoint, pair.project, {
      name: pair.rds.database,
      masterUser: pair.rds.role,
      major: sandbox.state.rds.major,
    }),
  ]);
  const active = mode === "active" ? await activate(aws, names, vpcId, certificate) : undefined;
  const written = z
    .record(z.string(), outputsSchema)
    .parse(JSON.parse(await readFile(pair.outputsFile, "utf8")))[names.stack];
  const outputs = outputsSchema.parse({ ...written, vpc_id: vpcId, ...active?.outputs });
  const writeOutputs: TestEnvironment["writeOutputs"] = (changes) =>
    writeFile(pair.outputsFile, JSON.stringify({ [names.stack]: { ...outputs, ...changes } }));
  await writeOutputs({});
  return {
    pair,
    project: pair.project,
    endpoint,
    aws,
    env: { ...pair.env, ...awsEnvironment(endpoint) },
    outputs,
    active,
    writeOutputs,
    async [Symbol.asyncDispose]() {
      if (active !== undefined) await removeDiscovery(aws, active);
      await pair.dispose();
    },
  };
}
