/** The environment variables with which the tools run against a sandbox. */
import { defaultRegion } from "@pilot-light/core/contract";
import type { Environment } from "@pilot-light/core/config/env";
import { frontAddresses } from "./aws/front-control.ts";
import { emulatorCredentials } from "./aws/resources.ts";
import { motoUrl } from "./aws/moto.ts";
import { deployedVariables, s3StateVariables, stateBucket } from "./deployed-variables.ts";
import { neonPoolerHost, ownerRoles, sandboxPassword } from "./names.ts";
import { loopback } from "./ports.ts";
import type { SandboxState } from "./state.ts";

/** Variables that would lead the tools elsewhere: to be taken out of the environment. */
export function conflictingVariables({ deployment }: Pick<SandboxState, "deployment">): readonly string[] {
  const credentials = ["AWS_PROFILE", "AWS_DEFAULT_PROFILE", "AWS_SESSION_TOKEN"];
  if (deployment === undefined) return credentials;
  return [...credentials, "PILOT_LIGHT_OUTPUTS_FILE", "TF_CLOUD_ORGANIZATION", "TF_WORKSPACE"];
}

/** The variables of one environment: the sandbox's own, or that of a pair of test databases. */
export function sandboxEnvironment(
  state: SandboxState,
  environment: { project: string; neonDatabase: string; outputsFile: string },
): Record<string, string> {
  return {
    NEON_DATABASE_URL: neonUrl(state, environment.neonDatabase),
    RDS_HOSTADDR: `${loopback}:${state.rds.port}`,
    RDS_SSLROOTCERT: state.caFile,
    PROJECT_NAME: environment.project,
    PILOT_LIGHT_OUTPUTS_FILE: environment.outputsFile,
    AWS_ENDPOINT_URL: motoUrl(state.moto),
    AWS_REGION: defaultRegion,
    // The AWS CLI reads no other.
    AWS_DEFAULT_REGION: defaultRegion,
    AWS_ACCESS_KEY_ID: emulatorCredentials.accessKeyId,
    AWS_SECRET_ACCESS_KEY: emulatorCredentials.secretAccessKey,
    AWS_EC2_METADATA_DISABLED: "true",
  };
}

/** The URL as Neon's console offers it, with the pooler's host, plus what leads a client to the sandbox. */
function neonUrl(state: SandboxState, database: string): string {
  return databaseUrl({
    host: neonPoolerHost,
    port: state.neon.port,
    user: ownerRoles.neon,
    password: sandboxPassword,
    database,
    parameters: {
      sslmode: "verify-full",
      sslrootcert: state.caFile,
      hostaddr: loopback,
      channel_binding: "require",
    },
  });
}

/** For a person's psql: the tools read the RDS endpoint from the outputs and its password from the secret. */
function rdsUrl({ rds, caFile }: SandboxState): string {
  return databaseUrl({
    host: rds.host,
    port: rds.port,
    user: ownerRoles.rds,
    password: sandboxPassword,
    database: rds.database,
    parameters: { sslmode: "verify-full", sslrootcert: caFile, hostaddr: loopback },
  });
}

/** A connection URL, every part of it percent-encoded. */
export function databaseUrl(parts: {
  host: string;
  port: number;
  user: string;
  password: string;
  database: string;
  parameters: Readonly<Record<string, string>>;
}): string {
  const [user, password, database] = [parts.user, parts.password, parts.database].map(encodeURIComponent);
  // Not URLSearchParams: it writes a space as "+", which libpq takes for a plus sign.
  const parameters = Object.entries(parts.parameters)
    .map(([name, value]) => `${name}=${encodeURIComponent(value)}`)
    .join("&");
  return `postgresql://${user ?? ""}:${password ?? ""}@${parts.host}:${parts.port}/${database ?? ""}?${parameters}`;
}

/** The sandbox's own environment, which `up` fills with data. */
export function defaultEnvironment(state: SandboxState): Record<string, string> {
  const { project, neon, rds, outputsFile, deployment } = state;
  const own: Record<string, string> = {
    ...sandboxEnvironment(state, { project, neonDatabase: neon.database, outputsFile }),
    SANDBOX_RDS_URL: rdsUrl(state),
  };
  if (deployment === undefined) return own;
  // Its outputs are Terraform's.
  delete own["PILOT_LIGHT_OUTPUTS_FILE"];
  return {
    ...own,
    ...deployedVariables(frontAddresses(deployment), rds.database),
    ...s3StateVariables(stateBucket(project)),
  };
}

/** An environment with the sandbox's variables in it, and without what conflicts with them. */
export function withSandbox(environment: Environment, state: SandboxState): Environment {
  const conflicts: ReadonlySet<string> = new Set(conflictingVariables(state));
  const kept = Object.entries(environment).filter(([name]) => !conflicts.has(name));
  return { ...Object.fromEntries(kept), ...defaultEnvironment(state) };
}
