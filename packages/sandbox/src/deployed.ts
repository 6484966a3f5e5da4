/** An environment that is deployed on the emulator, so that it can be switched on and off there. */
import { defaultRegion } from "@pilot-light/core/contract";
import type { Environment } from "@pilot-light/core/config/env";
import { OpsError, messageOf } from "@pilot-light/core/ops-error";
import { pushImages } from "./aws/images.ts";
import { motoUrl } from "./aws/moto.ts";
import { createBucket } from "./aws/resources.ts";
import { stateBucket } from "./deployed-variables.ts";
import { conflictingVariables, defaultEnvironment } from "./environment.ts";
import { findProgram } from "./find-program.ts";
import { adminLogin } from "./postgres/cluster.ts";
import { asAdmin } from "./postgres/connect.ts";
import type { SandboxState } from "./state.ts";
import { Workplace } from "./workplace.ts";

/** What the emulator puts into the secret of every RDS instance, whatever its master user is called. */
const emulatedMaster = { role: "admin", password: "P@55w0rd!" };

/** Tag of the images that are in the repositories from the start. */
const firstTag = "v1";

/** The emulator's master user gets the rights of the owner, which on RDS is the master user itself. */
export async function createEmulatedMaster(
  { rds, adminPassword }: Pick<SandboxState, "rds" | "adminPassword">,
  owner: string,
): Promise<void> {
  const { role, password } = emulatedMaster;
  await asAdmin(
    adminLogin(rds, adminPassword),
    `do $$ begin create role ${role} login createdb createrole password '${password}' in role rds_superuser;
     exception when duplicate_object then null; end $$`,
    `grant ${owner} to ${role}`,
  );
}

/**
 * Deploys the environment in pilot light, as a user does, and puts images into its repositories.
 * @throws OpsError DEPLOY_FAILED (aws) with the end of cdktf's output
 */
export async function deploy(state: SandboxState, signal: AbortSignal | undefined): Promise<void> {
  const { project, moto } = state;
  const where = { endpoint: motoUrl(moto), region: defaultRegion, project };
  await createBucket(where.endpoint, stateBucket(project));
  const variables = defaultEnvironment(state);
  const { AWS_ENDPOINT_URL: endpoint = where.endpoint } = variables;
  const unset = Object.fromEntries(conflictingVariables(state).map((name) => [name, undefined]));
  await using workplace = await Workplace.create({
    ...where,
    endpoint,
    variables: { ...unset, ...variables },
    signal,
  });
  await workplace.deploy().catch((cause: unknown) => {
    signal?.throwIfAborted();
    throw new OpsError("aws", "DEPLOY_FAILED", "The environment could not be deployed on the emulator.", {
      details: messageOf(cause).split("\n").slice(-30),
      hint: "Try it without:  pnpm sandbox up",
      cause,
    });
  });
  await pushImages(where, firstTag);
}

/** @throws OpsError TERRAFORM_MISSING (configuration) */
export async function assertTerraform(environment: Environment): Promise<void> {
  const program = environment["TERRAFORM_BINARY_NAME"] ?? "terraform";
  if ((await findProgram(program, environment)) !== undefined) return;
  throw new OpsError(
    "configuration",
    "TERRAFORM_MISSING",
    "Terraform is not installed, and --deployed needs it.",
    {
      hint: "`npm test` installs it. Or: https://developer.hashicorp.com/terraform/install",
    },
  );
}
