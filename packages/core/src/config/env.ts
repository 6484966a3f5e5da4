/** The registry of every environment variable that the tools read. README.md and docs/variables.md are generated from it. */
import { defaultProjectName, defaultRegion } from "../contract.ts";

/** One variable: what it is for, and the value used when it is not set. */
export interface VariableSpec {
  /** One sentence of about 70 characters, for the table in README.md. */
  description: string;
  /** The long explanation, for docs/variables.md. Markdown. */
  explanation?: string;
  default?: string;
  /** Of a variable that is a number: the values that `readNumber` accepts. Such a variable has a default. */
  number?: { from: number; to: number; isWhole?: true };
  /** The option that stands for the variable, and has precedence over it. */
  option?: string;
  /** Never shown, and redacted wherever it would appear. */
  secret?: true;
  /** `pnpm configure` asks for it: a first use needs it, or has to decide about it. */
  firstUse?: true;
  /** Set by a shell or a CI system, and not a setting: `.env.example` leaves it out. */
  fromSystem?: true;
}

export const variables = {
  NEON_DATABASE_URL: {
    description: "Connection URL of the Neon database. Every sync needs it.",
    explanation:
      "Copy it from the Neon console: `postgresql://user:password@host/database`. Percent-encode special characters of the user and the password. If the host is Neon's pooler, the tools connect to the direct host instead, because `pg_dump` does not work through the pooler. The variable is a secret: no message, log or manifest contains its password.",
    secret: true,
    firstUse: true,
  },
  NEON_API_KEY: {
    description: "Key of Neon's API. Syncs to Neon then create a restore point first.",
    explanation:
      "Create a key in the Neon console. With it, every sync and restore to Neon first creates a branch of the database's branch: the restore point, which `pnpm sync undo neon` can return to. Neon deletes it after `PILOT_LIGHT_KEEP_BRANCH_DAYS`. If you set the key for other tools and want no branches, set `PILOT_LIGHT_KEEP_BRANCH_DAYS` to 0. The variable is a secret: no message, log or manifest contains it. A key for one project is enough, and safer, but cannot list projects: set `NEON_PROJECT_ID` as well. See [the runbook](runbooks/undo.md).",
    secret: true,
  },
  NEON_PROJECT_ID: {
    description: "Id of the Neon project, if the tools cannot find it from the URL.",
    explanation:
      "Without it, the tools list the projects of `NEON_API_KEY`, in all of its organizations, and use the one whose compute has the host of `NEON_DATABASE_URL`. A key for one project, and a project that somebody shares with you, need the variable. The settings of the project in the Neon console show the id, such as `cool-lab-12345678`. A sync checks that the compute in the URL belongs to the project.",
  },
  PILOT_LIGHT_KEEP_BRANCH_DAYS: {
    description: "Days after which Neon deletes a restore point; 0 creates none.",
    explanation: "The option `--keep-branch` has precedence.",
    default: "7",
    // Neon keeps a branch with an expiration for at most 30 days. https://neon.com/docs/guides/branch-expiration
    number: { from: 0, to: 30, isWhole: true },
    option: "--keep-branch",
  },
  NEON_API_HOST: {
    description: "Address of Neon's API, instead of the usual one.",
    explanation:
      "The tools of Neon read this variable as well. The default is `https://console.neon.tech/api/v2`. Tests set it.",
  },
  AWS_PROFILE: {
    description: "Profile of the AWS CLI whose credentials the tools use.",
    explanation:
      "Profiles are defined in `~/.aws/config`. The AWS SDK reads this variable and the others of the AWS CLI, such as `AWS_ACCESS_KEY_ID`. If environment variables give credentials in any form, the commands take no credentials from `.env`: a profile would have precedence over keys.",
    firstUse: true,
  },
  AWS_REGION: {
    description: "AWS region of the environment.",
    explanation:
      "A mode change is refused if the deployed environment is in another region. Credentials and profiles (`AWS_PROFILE`, `AWS_ACCESS_KEY_ID` and others) follow the conventions of the AWS SDK.",
    default: defaultRegion,
    firstUse: true,
  },
  AWS_ENDPOINT_URL: {
    description: "Address that replaces all AWS endpoints, such as an emulator.",
    explanation: "The AWS SDK defines this variable. The sandbox sets it.",
  },
  PROJECT_NAME: {
    description: "Project name. The names of all resources start with it.",
    explanation:
      "The name has at most 30 lowercase letters, digits and single hyphens, and starts with a letter.",
    default: defaultProjectName,
    firstUse: true,
  },
  PILOT_LIGHT_ENV_FILE: {
    description: "File with settings, instead of `.env`; or `none`.",
    explanation:
      "Every command reads variables from `.env` in the current directory. A variable of the environment has precedence over the file, even when it is empty. The option `--env-file` has precedence over this variable. `none` reads no file.",
    fromSystem: true,
  },
  PILOT_LIGHT_OUTPUTS_FILE: {
    description: "File to read the Terraform outputs from.",
    explanation:
      "The file holds the JSON that `pnpm infra:output --outputs-file <file>` writes. If the variable is not set, the tools run `cdktf output` or `terraform output`. The option `--outputs-file` has precedence.",
  },
  PILOT_LIGHT_OUTPUTS: {
    description: "The Terraform outputs as JSON, if a file is not possible.",
    explanation:
      "The same JSON as in the file of `PILOT_LIGHT_OUTPUTS_FILE`, which has precedence. A sync inside AWS gets its outputs this way.",
  },
  PILOT_LIGHT_ACCOUNT_ID: {
    description: "AWS account that the credentials must belong to.",
    explanation:
      "With credentials of another account, a command fails with `WRONG_ACCOUNT` before it reads or writes anything else.",
    firstUse: true,
  },
  PILOT_LIGHT_PG_BIN: {
    description: "Directory of the pg_dump and pg_restore to use.",
    explanation:
      "If the variable is not set, the tools search the usual places for a version that fits both servers.",
  },
  PILOT_LIGHT_TF_PLUGIN_MIRROR: {
    description: "Directory from which Terraform installs its providers.",
    explanation:
      "If the variable is not set, Terraform uses a mirror in one of the usual places, and the public registry if there is none. To create a mirror: `terraform providers mirror <directory>`.",
  },
  TERRAFORM_BINARY_NAME: {
    description: "Name or path of the terraform program.",
    explanation: "cdktf defines this variable and reads it as well.",
    default: "terraform",
  },
  TF_CLOUD_ORGANIZATION: {
    description: "Terraform Cloud organization that holds the state.",
    explanation:
      "If neither this variable nor `TF_STATE_BUCKET` is set, the state is a local file. See [the runbook](runbooks/terraform-cloud.md).",
    firstUse: true,
  },
  TF_WORKSPACE: {
    description: "Workspace of `TF_CLOUD_ORGANIZATION`.",
    explanation:
      "Set it together with `TF_CLOUD_ORGANIZATION`. Without the organization, Terraform would use another state, and the commands that run Terraform refuse the variable.",
    firstUse: true,
  },
  TF_STATE_BUCKET: {
    description: "S3 bucket that holds the state.",
    explanation:
      "Terraform locks the state with another object in the same bucket. Set either this variable or `TF_CLOUD_ORGANIZATION`, not both.",
    firstUse: true,
  },
  TF_STATE_REGION: {
    description: "AWS region of `TF_STATE_BUCKET`, if it is not `AWS_REGION`.",
  },
  RDS_SSLMODE: {
    description: "`verify-full`, or `disable` for a local server.",
    explanation: "With `verify-full` the tools verify the certificate and the host name of RDS.",
    default: "verify-full",
  },
  RDS_SSLROOTCERT: {
    description: "File with the CA certificates that the tools trust for RDS.",
    explanation:
      "If the variable is not set, the tools trust the certificate bundle that AWS publishes for RDS.",
  },
  RDS_AUTH: {
    description: "`password`, or `iam` for tokens in place of the password.",
    explanation:
      "With `password` the tools read the user and the password from the secret of the master user. With `iam` they log in as `RDS_IAM_USER` with a token that the credentials of AWS sign for each connection. The option `--rds-auth` has precedence. See [the runbook](runbooks/reach-rds.md).",
    default: "password",
  },
  RDS_IAM_USER: {
    description: "User of RDS for `RDS_AUTH=iam`. It needs the role `rds_iam`.",
    explanation: "A sync also needs the privileges that the plan checks, such as CREATEDB on the target.",
  },
  RDS_HOSTADDR: {
    description: "`address:port` of a tunnel to RDS.",
    explanation:
      "RDS is private. The tools connect to this address instead of the RDS endpoint, and still verify the certificate against the name of the endpoint.",
  },
  PILOT_LIGHT_VIA: {
    description: "Route to RDS: `auto`, `direct`, `address` or `ssm`.",
    explanation:
      "`direct` connects to the RDS endpoint, `address` to `RDS_HOSTADDR`, and `ssm` through a port that AWS Systems Manager forwards. `auto` takes the address if it is set, the endpoint if it answers, and otherwise `ssm`. The option `--via` has precedence. See [the runbook](runbooks/reach-rds.md).",
    default: "auto",
  },
  PILOT_LIGHT_SSM_TARGET: {
    description: "Instance or task through which `ssm` reaches RDS.",
    explanation:
      "An id such as `i-0123456789abcdef0`, or `ecs:<cluster>_<task id>_<runtime id>`. Its security group must be able to connect to RDS. If the variable is not set, `ssm` uses a running task of the backend with ECS Exec. If there is none, it starts a task that runs as long as the command.",
  },
  PILOT_LIGHT_SSM_TASK_SECONDS: {
    description: "Seconds that a task in AWS may take to start.",
    explanation: "For the route `ssm`, and for `pnpm sync --on-fargate`.",
    default: "180",
    number: { from: 1, to: 3600 },
  },
  ALB_HOSTADDR: {
    description: "`address:port` to connect to instead of CloudFront.",
    explanation:
      "The check `alb-health` reads it, and still verifies the certificate against the name of the domain. The option `--resolve` has precedence.",
  },
  PILOT_LIGHT_PRODUCTION_DOMAIN: {
    description: "Production domains, or `none`. A deactivation needs it.",
    explanation:
      "Separate several domains by commas. `pnpm deactivate` is refused while one of them resolves to this environment, or while the variable is not set. The value `none` states that there is no production yet. A domain behind a proxy (Cloudflare, Fastly, Akamai) resolves to the proxy: set the host that the proxy forwards to instead, such as `cname.vercel-dns.com`.",
    firstUse: true,
  },
  PILOT_LIGHT_DNS_SERVERS: {
    description: "DNS servers that resolve the production domains.",
    explanation:
      "A list such as `10.0.0.2,[fd00::2]:5353`. Set it if the DNS of your network gives other answers than public DNS.",
  },
  PILOT_LIGHT_WAIVERS: {
    description: "File with the failed checks that you accept until a date.",
    explanation: "`pnpm validate` reads it. The option `--waivers` has precedence.",
  },
  GITHUB_ACTIONS: {
    description: "Set by GitHub Actions. Failed checks become annotations.",
    fromSystem: true,
  },
  PILOT_LIGHT_ON_END: {
    description: "Shell command that runs at the end of every change.",
    explanation:
      "The command gets the JSON record of the run on its standard input. See [the runbook](runbooks/history.md). If it fails or takes too long, the command that called it prints a warning. Its exit code does not change.",
  },
  PILOT_LIGHT_ON_END_SECONDS: {
    description: "Seconds that `PILOT_LIGHT_ON_END` may take.",
    default: "60",
    number: { from: 0.1, to: 86_400 },
  },
  GITHUB_ACTOR: { description: "Set by GitHub Actions. The history names this user.", fromSystem: true },
  GITHUB_SERVER_URL: {
    description: "Set by GitHub Actions. Part of the address of the run in the history.",
    fromSystem: true,
  },
  GITHUB_REPOSITORY: {
    description: "Set by GitHub Actions. Part of the address of the run in the history.",
    fromSystem: true,
  },
  GITHUB_RUN_ID: {
    description: "Set by GitHub Actions. Part of the address of the run in the history.",
    fromSystem: true,
  },
  GITHUB_STEP_SUMMARY: {
    description: "Set by GitHub Actions. File to which the job summary is added.",
    fromSystem: true,
  },
  PGCONNECT_TIMEOUT: {
    description: "Seconds after which one attempt to connect fails.",
    default: "15",
    // libpq reads it too, and accepts whole numbers only. Its 0 is no limit at all.
    number: { from: 1, to: 3600, isWhole: true },
  },
  PILOT_LIGHT_STALL_SECONDS: {
    description: "Seconds without data after which a connection is checked.",
    explanation:
      "A tunnel or a proxy can stop forwarding without closing its connections. If a statement, `pg_dump`, `pg_restore`, a request to AWS or Terraform makes no progress for this time, the command checks the server through a new connection. If the server does not answer, or no longer works for this command, the command fails with `CONNECTION_STALLED`. While the server works on a long statement, the command waits without a limit.",
    default: "180",
    number: { from: 0.1, to: 86_400 },
  },
  PILOT_LIGHT_TERRAFORM_SECONDS: {
    description: "Seconds without progress after which Terraform is stopped.",
    explanation:
      "This limit applies while AWS answers: the creation of a database or a distribution takes up to an hour. If AWS does not answer a request of the command either, `PILOT_LIGHT_STALL_SECONDS` is the limit. At the limit, the command sends one SIGINT to Terraform. Terraform then ends in order and writes its state.",
    default: "7200",
    number: { from: 0.1, to: 604_800 },
  },
  PILOT_LIGHT_BACKEND_STOP_SECONDS: {
    description: "Seconds that ECS may take to stop the backend.",
    explanation:
      "A deactivation stops the backend before it copies the rows to Neon, so that no row is written after the copy. If ECS needs more time, the run ends with `WRITERS_STILL_RUNNING`, and starts the backend again.",
    default: "300",
    number: { from: 1, to: 86_400 },
  },
  PILOT_LIGHT_TASK_OF: {
    description: "In a task of `--on-fargate`: id of the run that started it.",
    explanation:
      "`pnpm sync --on-fargate` sets it for its task. The task and the command then leave one record in the history, and the hints of the task name `--on-fargate`. Do not set it yourself.",
    fromSystem: true,
  },
  NO_COLOR: { description: "Any value turns colors off.", fromSystem: true },
  CI: {
    description: "Set by CI systems. Progress is printed as plain lines.",
    fromSystem: true,
  },
} as const satisfies Record<string, VariableSpec>;

export type VariableName = keyof typeof variables;

/** The environment as commands get it: injected, so that tests pass their own. */
export type Environment = Readonly<Record<string, string | undefined>>;

/** Value of a variable, or its default. An empty value counts as not set, because shells do not distinguish the two well. */
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

/** For programs that do not call AWS: without secrets, and without the variables of AWS. */
export function withoutCredentials(environment: Environment): Environment {
  return Object.fromEntries(
    Object.entries(withoutSecrets(environment)).filter(([name]) => !name.startsWith("AWS_")),
  );
}

/** A copy of the process's own environment. Only this file reads `process.env`. */
export function processEnvironment(): Environment {
  return { ...process.env };
}

/** The variables with which the AWS SDK finds credentials, in any form. It prefers a profile to keys. */
const credentialVariables: readonly string[] = [
  "AWS_PROFILE",
  "AWS_DEFAULT_PROFILE",
  "AWS_ACCESS_KEY_ID",
  "AWS_SECRET_ACCESS_KEY",
  "AWS_SESSION_TOKEN",
  "AWS_WEB_IDENTITY_TOKEN_FILE",
  "AWS_ROLE_ARN",
  "AWS_CONTAINER_CREDENTIALS_RELATIVE_URI",
  "AWS_CONTAINER_CREDENTIALS_FULL_URI",
];

/**
 * The names of the variables that an environment takes from a settings file. A variable of the environment is unchanged, even an empty one:
 * a person may empty a setting for one command. An environment with credentials takes no credentials from the file.
 */
export function namesToAdd(values: Readonly<Record<string, string>>, environment: Environment): string[] {
  const isSet = (name: string) => (environment[name] ?? "") !== "";
  const hasCredentials = credentialVariables.some(isSet);
  return Object.keys(values).filter(
    (name) => environment[name] === undefined && !(hasCredentials && credentialVariables.includes(name)),
  );
}

/**
 * Adds variables to the process's own environment, where libraries and child processes find them too.
 * @returns the names that were added
 */
export function addVariables(values: Readonly<Record<string, string>>): string[] {
  const added = namesToAdd(values, process.env);
  for (const name of added) process.env[name] = values[name];
  return added;
}

/**
 * Prepares the environment for the libraries that read `process.env` themselves. The runner of the commands calls it once, before
 * it reads the environment.
 */
export function prepareLibraryVariables(): void {
  // This tool supports Node 20; the AWS SDK warns on every start that it will not support it one day.
  process.env.AWS_SDK_JS_NODE_VERSION_SUPPORT_WARNING_DISABLED ??= "true";
  // node-postgres always reads PGOPTIONS: the settings of a shell must not change a sync.
  delete process.env.PGOPTIONS;
  // The settings file has been read. Child processes inherit its variables, some of them without the secrets.
  process.env.PILOT_LIGHT_ENV_FILE = "none";
}
