/** The registry of every environment variable the tools read. The README's table is generated from it. */
import { defaultProjectName, defaultRegion } from "../contract.ts";

/** One variable: what it is for, and the value used when it is not set. */
export interface VariableSpec {
  description: string;
  default?: string;
  /** Never shown, and redacted wherever it would appear. */
  secret?: true;
}

export const variables = {
  NEON_DATABASE_URL: {
    description:
      "Connection URL of the Neon database. Needed by every sync. The direct host is derived from a pooled one.",
    secret: true,
  },
  AWS_REGION: { description: "AWS region of the environment.", default: defaultRegion },
  AWS_ENDPOINT_URL: {
    description:
      "Another address for all AWS services, such as an emulator. The SDK's own convention, as are AWS_PROFILE and the rest.",
  },
  PROJECT_NAME: {
    description:
      "Project name: lower-case letters, digits and hyphens. Names of all resources derive from it.",
    default: defaultProjectName,
  },
  PILOT_LIGHT_OUTPUTS_FILE: {
    description:
      "File with the JSON of `cdktf output`, read instead of running the CLI. `--outputs-file` wins over it.",
  },
  PILOT_LIGHT_ACCOUNT_ID: {
    description: "Account that the AWS credentials must belong to. Another one is refused.",
  },
  PILOT_LIGHT_PG_BIN: {
    description: "Directory with pg_dump and pg_restore, used instead of looking for them.",
  },
  PILOT_LIGHT_TF_PLUGIN_MIRROR: {
    description:
      "Directory that Terraform takes its providers from instead of the registry. Default: one found in the usual places, else the registry.",
  },
  TERRAFORM_BINARY_NAME: {
    description: "Name or path of the terraform program; cdktf reads it as well.",
    default: "terraform",
  },
  TF_CLOUD_ORGANIZATION: {
    description: "Organization in Terraform Cloud that holds the state. Not set: a local file, or S3.",
  },
  TF_WORKSPACE: { description: "Workspace of that organization." },
  TF_STATE_BUCKET: { description: "Bucket in S3 that holds the state, with S3's own lock." },
  TF_STATE_REGION: { description: "Region of TF_STATE_BUCKET. Default: that of the environment." },
  RDS_SSLMODE: {
    description: "`verify-full`, or `disable` for a local server.",
    default: "verify-full",
  },
  RDS_SSLROOTCERT: {
    description: "File with the CA certificates that RDS is checked against. Default: the RDS bundle.",
  },
  RDS_HOSTADDR: {
    description:
      "`address:port` to connect to instead of the RDS endpoint (a tunnel). The certificate is still checked against the endpoint's name.",
  },
  ALB_HOSTADDR: {
    description:
      "`address:port` to connect to instead of the load balancer. The certificate is still checked against its real name.",
  },
  PILOT_LIGHT_PRODUCTION_DOMAIN: {
    description:
      "Domains that production is reached by, separated by commas, or `none`; for one behind a proxy such as Cloudflare's, the host that its record leads to. A deactivation is refused while one of them leads to this environment; not set counts as that.",
  },
  PILOT_LIGHT_DNS_SERVERS: {
    description:
      "DNS servers to ask about those domains, `address` or `address:port`, where the own network answers otherwise than the internet.",
  },
  PILOT_LIGHT_WAIVERS: {
    description:
      "File with failures of `pnpm validate` that are accepted until a date. `--waivers` wins over it.",
  },
  GITHUB_ACTIONS: { description: "Set by GitHub Actions: failures become annotations." },
  GITHUB_STEP_SUMMARY: { description: "Set by GitHub Actions: file that the job summary is added to." },
  PGCONNECT_TIMEOUT: { description: "Seconds that one attempt to connect may take.", default: "15" },
  NO_COLOR: { description: "Set to anything: plain output without colour." },
  CI: { description: "Set by CI systems: plain lines instead of a redrawn terminal." },
} as const satisfies Record<string, VariableSpec>;

export type VariableName = keyof typeof variables;

/** The environment as commands get it: injected, so that tests pass their own. */
export type Environment = Readonly<Record<string, string | undefined>>;

/** Value of a variable, or its default. An empty value counts as not set, as shells make it hard to tell the two apart. */
export function readVariable(environment: Environment, name: VariableName): string | undefined {
  const value = environment[name];
  if (value !== undefined && value !== "") return value;
  const spec: VariableSpec = variables[name];
  return spec.default;
}

/** An environment for other programs. They need no secrets, and other users of the machine can read their environments. */
export function withoutSecrets(environment: Environment): Environment {
  const specs: Readonly<Record<string, VariableSpec>> = variables;
  return Object.fromEntries(
    Object.entries(environment).filter(([name]) => specs[name]?.secret === undefined),
  );
}

/** The process's own environment: the only place that reads it. */
export function processEnvironment(): Environment {
  // Node 20 is supported here; the SDK announces on every start that one day it will not be.
  process.env.AWS_SDK_JS_NODE_VERSION_SUPPORT_WARNING_DISABLED ??= "true";
  // node-postgres reads it whatever it is told: settings of a shell must not change a sync.
  delete process.env.PGOPTIONS;
  return process.env;
}
