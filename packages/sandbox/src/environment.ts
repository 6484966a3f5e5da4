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

/** Names of the variables that conflict with the sandbox's own: with them the tools would use another account or state. */
export function conflictingVariables({ deployment }: Pick<SandboxState, "deployment">): readonly string[] {
  const own = ["AWS_PROFILE", "AWS_DEFAULT_PROFILE", "AWS_SESSION_TOKEN", "NEON_API_KEY", "NEON_PROJECT_ID"];
  if (deployment === undefined) return own;
  return [...own, "PILOT_LIGHT_OUTPUTS_FILE", "TF_CLOUD_ORGANIZATION", "TF_WORKSPACE"];
}

/** The variables of one environment: the sandbox's own, or the one of a pair of test databases. */
export function sandboxEnvironment(
  state: SandboxState,
  environment: { project: string; neonDatabase: string; outputsFile: string },
): Record<string, string> {
  return {
    NEON_DATABASE_URL: databaseUrl({
      ...neonConnection(state, environment.neonDatabase),
      // The URL as Neon's console shows it. The tools connect to the direct host, which the certificate is for.
      host: neonPoolerHost,
    }),
    RDS_HOSTADDR: `${loopback}:${state.rds.port}`,
    RDS_SSLROOTCERT: state.caFile,
    PROJECT_NAME: environment.project,
    // The settings of a real account must not reach the sandbox.
    PILOT_LIGHT_ENV_FILE: "none",
    PILOT_LIGHT_OUTPUTS_FILE: environment.outputsFile,
    AWS_ENDPOINT_URL: motoUrl(state.moto),
    AWS_REGION: defaultRegion,
    // The AWS CLI does not read AWS_REGION.
    AWS_DEFAULT_REGION: defaultRegion,
    AWS_ACCESS_KEY_ID: emulatorCredentials.accessKeyId,
    AWS_SECRET_ACCESS_KEY: emulatorCredentials.secretAccessKey,
    AWS_EC2_METADATA_DISABLED: "true",
  };
}

/** The parts of a connection URL. */
interface Connection {
  host: string;
  port: number;
  user: string;
  password: string;
  database: string;
  parameters: Readonly<Record<string, string>>;
}

/** A connection to Neon's direct host. */
function neonConnection({ neon, caFile }: SandboxState, database: string): Connection {
  return {
    host: neon.host,
    port: neon.port,
    user: ownerRoles.neon,
    password: sandboxPassword,
    database,
    parameters: {
      sslmode: "verify-full",
      sslrootcert: caFile,
      hostaddr: loopback,
      channel_binding: "require",
    },
  };
}

function rdsConnection({ rds, caFile }: SandboxState): Connection {
  return {
    host: rds.host,
    port: rds.port,
    user: ownerRoles.rds,
    password: sandboxPassword,
    database: rds.database,
    parameters: { sslmode: "verify-full", sslrootcert: caFile, hostaddr: loopback },
  };
}

/** A connection URL. Every part of it is percent-encoded. */
export function databaseUrl(parts: Connection): string {
  const [user, password, database] = [parts.user, parts.password, parts.database].map(encodeURIComponent);
  // Not URLSearchParams: it writes a space as "+", which libpq reads as a plus sign.
  const parameters = Object.entries(parts.parameters)
    .map(([name, value]) => `${name}=${encodeURIComponent(value)}`)
    .join("&");
  return `postgresql://${user ?? ""}:${password ?? ""}@${parts.host}:${parts.port}/${database ?? ""}?${parameters}`;
}

/** The variables of the sandbox's own environment, which `up` fills with data. */
export function defaultEnvironment(state: SandboxState): Record<string, string> {
  const { project, neon, rds, outputsFile, deployment } = state;
  const own: Record<string, string> = {
    ...sandboxEnvironment(state, { project, neonDatabase: neon.database, outputsFile }),
    // For psql. It does not replace the pooler's host in NEON_DATABASE_URL, and for RDS there is no URL: the tools read the endpoint
    // from the outputs and the password from the secret.
    SANDBOX_NEON_URL: databaseUrl(neonConnection(state, neon.database)),
    SANDBOX_RDS_URL: databaseUrl(rdsConnection(state)),
  };
  if (deployment === undefined) return own;
  // The tools read the outputs from Terraform.
  delete own["PILOT_LIGHT_OUTPUTS_FILE"];
  return {
    ...own,
    ...deployedVariables(frontAddresses(deployment), rds.database),
    ...s3StateVariables(stateBucket(project)),
  };
}

/** An environment with the sandbox's variables, and without those that conflict with them. */
export function withSandbox(environment: Environment, state: SandboxState): Environment {
  const conflicts: ReadonlySet<string> = new Set(conflictingVariables(state));
  const kept = Object.entries(environment).filter(([name]) => !conflicts.has(name));
  return { ...Object.fromEntries(kept), ...defaultEnvironment(state) };
}
