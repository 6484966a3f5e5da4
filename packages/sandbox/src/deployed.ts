/** Deploys an environment on the emulator, so that it can be activated and deactivated there. */
import { defaultRegion } from "@pilot-light/core/contract";
import type { Environment } from "@pilot-light/core/config/env";
import { messageOf } from "@pilot-light/core/ops-error";
import { terraformProgram } from "@pilot-light/core/terraform/program";
import { pushImages } from "./aws/images.ts";
import { motoUrl } from "./aws/moto.ts";
import { createBucket } from "./aws/resources.ts";
import { stateBucket } from "./deployed-variables.ts";
import { conflictingVariables, defaultEnvironment } from "./environment.ts";
import { deployFailed, terraformMissing } from "./errors.ts";
import { findProgram } from "./find-program.ts";
import { adminLogin } from "./postgres/cluster.ts";
import { asAdmin } from "./postgres/connect.ts";
import type { SandboxState } from "./state.ts";
import { Workplace } from "./workplace.ts";

/** The user and password that the emulator writes into the secret of every RDS instance, for any name of the master user. */
const emulatedMaster = { role: "admin", password: "P@55w0rd!" };

/** Tag of the images that the repositories contain from the start. */
const firstTag = "v1";

/**
 * Creates the emulator's master user with the privileges of the owner. On RDS the master user itself is the owner. With the lock, one
 * caller works at a time: PostgreSQL refuses two sessions that create or grant the same role at the same moment.
 */
export async function createEmulatedMaster(
  { rds, adminPassword }: Pick<SandboxState, "rds" | "adminPassword">,
  owner: string,
): Promise<void> {
  const { role, password } = emulatedMaster;
  await asAdmin(
    adminLogin(rds, adminPassword),
    `do $$ begin
       perform pg_advisory_xact_lock(hashtext('${role}'));
       if not exists (select from pg_roles where rolname = '${role}') then
         create role ${role} login createdb createrole password '${password}' in role rds_superuser;
       end if;
       grant ${owner} to ${role};
     end $$`,
  );
}

/**
 * Deploys the environment in pilot light, as a user does, and pushes images to its repositories.
 * @throws OpsError DEPLOY_FAILED (aws) with the last lines of cdktf
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
    throw deployFailed(undefined, { details: messageOf(cause).split("\n").slice(-30), cause });
  });
  await pushImages(where, firstTag);
}

/**
 * Checks that Terraform is installed.
 * @throws OpsError TERRAFORM_MISSING (configuration)
 */
export async function assertTerraform(environment: Environment): Promise<void> {
  const program = terraformProgram(environment);
  if ((await findProgram(program, environment)) !== undefined) return;
  throw terraformMissing({ program });
}
