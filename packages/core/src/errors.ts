/**
 * The registry of core's errors: code, class, message, hint and resulting state, each in one place. The logic calls the
 * functions; docs/errors.md is generated from the entries.
 */
import { defineError, type FailureClass, type OpsErrorOptions, type OpsError } from "./ops-error.ts";
import { shell } from "./output/shell.ts";
import { deployCommand } from "./terraform/deploy-command.ts";

/** The side of a sync that failed, which decides the exit code. */
export type Side = Extract<FailureClass, "source" | "target">;
const eitherSide = { oneOf: ["source", "target"], choose: ({ side }: { side: Side }) => side } as const;

// Commands and interruption

export const usage = defineError<{ problem: string; hint?: string }>({
  code: "USAGE",
  failure: "usage",
  meaning:
    "The command line names an unknown command or option, or gives an option a value that the option does not accept.",
  remedy: "Run the command with `--help`.",
  state: "nothing-written",
  message: ({ problem }) => problem,
  hint: ({ hint }) => hint,
});

export const interrupted = defineError<{ signal: string } | { interruption: string; progress: string }>({
  code: "INTERRUPTED",
  failure: "interrupted",
  meaning: "Ctrl-C, SIGTERM or SIGHUP ended the command.",
  remedy: "Run the command again. The message states what the interruption left behind.",
  message: (facts) =>
    "signal" in facts ? `Interrupted by ${facts.signal}.` : `${facts.interruption} ${facts.progress}`,
});

export const interruptedTwice = defineError<{ signal: string }>({
  code: "INTERRUPTED_TWICE",
  failure: "interrupted",
  meaning: "A second signal ended the command before it had removed what it created.",
  remedy:
    "Run the command again: a sync drops the staging databases of earlier runs. Terraform, if it runs, continues and writes its state.",
  state: "unknown",
  message: ({ signal }) => `Interrupted by a second ${signal}. The command has not removed what it created.`,
  hint: () =>
    "The next sync to the same target drops the staging database of this run. An unfinished upload has no manifest, so no command uses it. If Terraform runs, it continues and writes its state.",
});

export const notConfirmed = defineError<{ expected: string }>({
  code: "NOT_CONFIRMED",
  failure: "precondition",
  meaning: "The answer to the prompt was not the name that the prompt asked for.",
  remedy: "Run the command again, and type the name exactly as the prompt shows it.",
  state: "nothing-written",
  message: ({ expected }) => `The answer to the prompt is not "${expected}".`,
  hint: () => "Run the command again, and type the name exactly as the prompt shows it.",
});

export const confirmationNeeded = defineError<{ command: string }>({
  code: "CONFIRMATION_NEEDED",
  failure: "precondition",
  meaning: "The command asks before it changes something, but it runs without a terminal.",
  remedy: "To see the plan first, add `--dry-run`. To answer the prompt in advance, add `--yes`.",
  state: "nothing-written",
  message: () => "The command asks before it changes something, but it runs without a terminal.",
  hint: ({ command }) =>
    `To see the plan first:  ${command} --dry-run    To run without a prompt:  ${command} --yes`,
});

export const reportFileUnwritable = defineError<{ path: string; reason: string }>({
  code: "REPORT_FILE_UNWRITABLE",
  failure: "usage",
  meaning: "The file that `--report` names cannot be created. The command has not started.",
  remedy: "Name a file in a directory that exists, and that you may write to.",
  state: "nothing-written",
  message: ({ path, reason }) => `Cannot write the report ${path}: ${reason}.`,
  hint: () =>
    "Name a file in a directory that exists, and that you may write to, such as  --report report.html",
});

export const bug = defineError<{ message: string }>({
  code: "BUG",
  failure: "bug",
  meaning: "The tool met a situation that its authors did not expect.",
  remedy: "Report the bug, with the output of the same command with `--verbose`.",
  message: ({ message }) => message,
  hint: () => "This is a bug in the tool. Report the bug, with the stack trace that --verbose shows.",
});

// The settings file

export const envFileUnreadable = defineError<{ file: string; reason: string }>({
  code: "ENV_FILE_UNREADABLE",
  failure: "configuration",
  meaning: "The file that `--env-file` or `PILOT_LIGHT_ENV_FILE` names, or `.env`, cannot be read.",
  remedy: "Correct the name of the file, or its permissions.",
  state: "nothing-written",
  message: ({ file, reason }) => `Cannot read the settings file ${file}: ${reason}.`,
  hint: () =>
    "Correct the name of the file, or its permissions. To run without a settings file, add the option:  --env-file none",
});

export const envFileMalformed = defineError<{ file: string; line: number; problem: string }>({
  code: "ENV_FILE_MALFORMED",
  failure: "configuration",
  meaning: "A line of the settings file is neither empty, nor a comment, nor `NAME=value`.",
  remedy: "Correct the line that the message names. `.env.example` shows the form.",
  state: "nothing-written",
  message: ({ file, line, problem }) => `Line ${line} of the settings file ${file} ${problem}.`,
  hint: () =>
    "Write each variable as NAME=value on its own line, and put a value with spaces or a # in quotes.",
});

export const programMissing = defineError<{ program: string }>({
  code: "PROGRAM_MISSING",
  failure: "configuration",
  meaning: "A program that the command runs is not installed, or is not on the PATH.",
  remedy: "Install the program, or add its directory to PATH.",
  message: ({ program }) => `Cannot start ${program}.`,
  hint: ({ program }) => `Install ${program}, or add its directory to PATH.`,
});

// Configuration

export const projectNameInvalid = defineError<{ project: string }>({
  code: "PROJECT_NAME_INVALID",
  failure: "configuration",
  meaning: "AWS does not accept PROJECT_NAME as part of the resources' names.",
  remedy: "Use at most 30 lowercase letters, digits and single hyphens, with a letter first.",
  state: "nothing-written",
  message: ({ project }) => `PROJECT_NAME is not valid: ${project}`,
  hint: () => "Use at most 30 lowercase letters, digits and single hyphens. Start with a letter.",
});

export const awsRegionInvalid = defineError<{ region: string }>({
  code: "AWS_REGION_INVALID",
  failure: "configuration",
  meaning: "AWS_REGION, or TF_STATE_REGION, is not the name of an AWS region.",
  remedy: "Set the variable to a name such as `us-east-1`.",
  state: "nothing-written",
  message: ({ region }) => `"${region}" is not an AWS region.`,
  hint: () => "Set AWS_REGION (for a state in S3: TF_STATE_REGION) to a name such as us-east-1.",
});

export const numberInvalid = defineError<{
  name: string;
  value: string;
  /** Such as "a whole number from 1 to 3600". */
  range: string;
  description: string;
  default?: string;
  /** The option that stands for the variable. */
  option?: string;
}>({
  code: "NUMBER_INVALID",
  failure: "configuration",
  meaning:
    "A variable that is a number, or the option that stands for it, has a value that is not a number, or is outside the range.",
  remedy: "Correct the value. docs/variables.md states the range of each variable.",
  state: "nothing-written",
  message: ({ name, value, range, option }) =>
    `${name}${option === undefined ? "" : ` (${option})`} is "${value}", but it must be ${range}.`,
  hint: ({ name, description, default: initial = "", option }) =>
    option === undefined
      ? `${description} To use the default:  export ${name}=${initial}`
      : `${description} To use the default, add the option:  ${option} ${initial}`,
});

export const stateAmbiguous = defineError({
  code: "STATE_AMBIGUOUS",
  failure: "configuration",
  meaning: "Two variables name two different places for the Terraform state.",
  remedy: "Unset TF_CLOUD_ORGANIZATION or TF_STATE_BUCKET.",
  state: "nothing-written",
  message: () =>
    "TF_CLOUD_ORGANIZATION and TF_STATE_BUCKET are both set, but the state can only be in one place.",
  hint: () =>
    "docs/runbooks/terraform-cloud.md describes how to move a state. To use the state in S3:  unset TF_CLOUD_ORGANIZATION    To use the state in Terraform Cloud:  unset TF_STATE_BUCKET",
});

export const tfWorkspaceMissing = defineError({
  code: "TF_WORKSPACE_MISSING",
  failure: "configuration",
  meaning: "TF_CLOUD_ORGANIZATION is set, but not the workspace of this environment.",
  remedy: "Set TF_WORKSPACE.",
  state: "nothing-written",
  message: () => "TF_CLOUD_ORGANIZATION is set, but TF_WORKSPACE is not.",
  hint: () => "Set the workspace of this environment:  export TF_WORKSPACE=<workspace>",
});

export const tfOrganizationMissing = defineError<{ workspace: string }>({
  code: "TF_ORGANIZATION_MISSING",
  failure: "configuration",
  meaning:
    "TF_WORKSPACE is set, but TF_CLOUD_ORGANIZATION is not. Terraform would use a state of that workspace, which is not the state of this environment.",
  remedy: "Unset TF_WORKSPACE, or set TF_CLOUD_ORGANIZATION if the state is in Terraform Cloud.",
  state: "nothing-written",
  message: ({ workspace }) =>
    `TF_WORKSPACE is ${workspace}, but TF_CLOUD_ORGANIZATION is not set. Terraform would use a state of that workspace, which is not the state of this environment.`,
  hint: () => "If the state is in Terraform Cloud, set TF_CLOUD_ORGANIZATION. Otherwise:  unset TF_WORKSPACE",
});

export const tfCliArgsRefused = defineError<{ variable: string; options: readonly string[] }>({
  code: "TF_CLI_ARGS_REFUSED",
  failure: "configuration",
  meaning:
    "TF_CLI_ARGS, TF_CLI_ARGS_plan or TF_CLI_ARGS_apply contains options that change what Terraform plans or applies.",
  remedy: "Unset the variable. Give variables of the stack with `--var`, `--var-file` or TF_VAR_<name>.",
  state: "nothing-written",
  message: ({ variable, options }) =>
    `${variable} contains ${options.join(", ")}, which changes what Terraform plans or applies.`,
  hint: ({ variable }) =>
    `Give variables of the stack with --var, --var-file or TF_VAR_<name>. To remove the options:  ${shell`unset ${variable}`}`,
});

export const tfPluginMirrorMissing = defineError<{ directory: string; registry: string }>({
  code: "TF_PLUGIN_MIRROR_MISSING",
  failure: "configuration",
  meaning:
    "PILOT_LIGHT_TF_PLUGIN_MIRROR names a directory that does not contain a mirror of Terraform providers.",
  remedy:
    "Name the directory that contains `registry.terraform.io`. To create one, run `terraform providers mirror`.",
  state: "nothing-written",
  message: ({ directory }) => `The directory ${directory} does not contain a mirror of Terraform providers.`,
  hint: ({ registry }) =>
    `Set PILOT_LIGHT_TF_PLUGIN_MIRROR to the directory that contains ${registry}. To create one:  terraform providers mirror <directory>`,
});

// Terraform outputs

export const outputsUnreadable = defineError<{ file: string; reason: string; stack: string }>({
  code: "OUTPUTS_UNREADABLE",
  failure: "configuration",
  meaning: "The file with the Terraform outputs cannot be read, or does not hold the outputs of a stack.",
  remedy: "Write the file again with `pnpm infra:output --outputs-file <file>`.",
  state: "nothing-written",
  message: ({ file, reason }) => `Cannot read the Terraform outputs from ${file}: ${reason}.`,
  hint: ({ file, stack }) =>
    `The file must look like { "${stack}": { "<output>": <value> } }. To write it:  ${shell`pnpm infra:output --outputs-file ${file}`}`,
});

export const outputsStackMissing = defineError<{ source: string; stack: string; stacks: readonly string[] }>({
  code: "OUTPUTS_STACK_MISSING",
  failure: "configuration",
  meaning:
    "The file with the Terraform outputs holds several stacks, none of which is the stack of PROJECT_NAME.",
  remedy: "Set PROJECT_NAME to the project of the environment.",
  state: "nothing-written",
  message: ({ source, stack }) => `${source} holds several stacks, and none of them is called ${stack}.`,
  details: ({ stacks }) => stacks,
  hint: () => "Set PROJECT_NAME to the project of the environment.",
});

export const outputsEmpty = defineError<{ source: string }>({
  code: "OUTPUTS_EMPTY",
  failure: "configuration",
  meaning: "The stack has no Terraform outputs: it was never deployed, or its state is in another place.",
  remedy: "Deploy the stack, or set the variables that name the place of its state.",
  state: "nothing-written",
  message: ({ source }) =>
    `${source} has no Terraform outputs. The stack was never deployed, or its state is in another place.`,
  hint: () =>
    `Check where the state is (TF_CLOUD_ORGANIZATION and TF_WORKSPACE, or TF_STATE_BUCKET). To deploy the stack:  ${deployCommand}`,
});

export const outputsInvalid = defineError<{ problem: string; details?: readonly string[] }>({
  code: "OUTPUTS_INVALID",
  failure: "configuration",
  meaning:
    "Terraform outputs that the command needs are missing, have the wrong type, or contradict each other.",
  remedy: "Deploy the stack with this version of the tool.",
  state: "nothing-written",
  message: ({ problem }) => problem,
  details: ({ details = [] }) => details,
  hint: () => `Deploy with this version, then run the command again:  ${deployCommand}`,
});

export const outputsFailed = defineError<{ details: readonly string[] }>({
  code: "OUTPUTS_FAILED",
  failure: "aws",
  meaning: "`cdktf output` failed, so the Terraform outputs are not known.",
  remedy: "Run `pnpm infra:output` to see its full output, or pass a file with `--outputs-file`.",
  state: "nothing-written",
  message: () => "`cdktf output` failed, so the Terraform outputs are not known.",
  details: ({ details }) => details,
  hint: () =>
    "To read the outputs from a file, add --outputs-file <path>. To see the failure:  pnpm infra:output",
});

// Terraform

export const terraformFailed = defineError<{
  /** What was tried: "`terraform plan` failed". */
  attempt: string;
  reason: string;
  details?: readonly string[];
  hint?: string;
}>({
  code: "TERRAFORM_FAILED",
  failure: "aws",
  meaning: "Terraform reported an error, which the message quotes.",
  remedy: "Fix the error that Terraform reports, then run the command again.",
  message: ({ attempt, reason }) => `${attempt}: ${reason}${reason.endsWith(".") ? "" : "."}`,
  details: ({ details = [] }) => details,
  hint: ({ hint }) => hint,
});

// AWS

/** What was tried, as the start of a sentence: "Cannot read the secret x". */
interface AwsAttempt {
  attempt: string;
  reason: string;
}

export const awsCredentials = defineError<AwsAttempt>({
  code: "AWS_CREDENTIALS",
  failure: "aws",
  meaning: "The AWS credentials are missing, expired or not valid.",
  remedy: "Log in again, for example with `aws sso login`, and choose the right AWS_PROFILE.",
  message: ({ attempt, reason }) =>
    `${attempt}: the AWS credentials are missing, expired or not valid (${reason}).`,
  hint: () =>
    "Log in again, for example:  aws sso login    To check the credentials:  aws sts get-caller-identity",
});

export const awsAccessDenied = defineError<AwsAttempt>({
  code: "AWS_ACCESS_DENIED",
  failure: "aws",
  meaning: "The AWS credentials are valid, but they lack a permission that the command needs.",
  remedy:
    "Use a role with the permission that the message names. `pnpm policy <command>` prints the policy that a command needs.",
  message: ({ attempt, reason }) => `${attempt}: AWS denied access. ${reason}`,
  hint: () =>
    "Check which role you use:  aws sts get-caller-identity    To print the policy that a command needs:  pnpm policy <command>",
});

export const awsFailed = defineError<AwsAttempt>({
  code: "AWS_FAILED",
  failure: "aws",
  meaning: "An AWS service reported an error, or could not be reached.",
  remedy:
    "Run the command again with `--verbose`, which shows each request. AWS reports outages on https://health.aws.amazon.com/health/status.",
  message: ({ attempt, reason }) => `${attempt}: ${reason}`,
  hint: () =>
    "Run the command again with --verbose to see which service failed. AWS reports outages on https://health.aws.amazon.com/health/status",
});

export const wrongAccount = defineError<{
  account: string;
  expected: string;
  expectedBy: string;
  correction: string;
}>({
  code: "WRONG_ACCOUNT",
  failure: "precondition",
  meaning: "The AWS credentials do not belong to the account of the environment.",
  remedy: "Choose the profile of the right account with AWS_PROFILE, or correct PILOT_LIGHT_ACCOUNT_ID.",
  state: "nothing-written",
  message: ({ account, expected, expectedBy }) =>
    `The AWS credentials belong to account ${account}, but ${expectedBy} account ${expected}.`,
  hint: ({ correction }) => `Choose another profile${correction}:  export AWS_PROFILE=<profile>`,
});

export const secretMissing = defineError<{ arn: string; command: string }>({
  code: "SECRET_MISSING",
  failure: "configuration",
  meaning: "Secrets Manager has no readable secret at the ARN of the output `database_secret_arn`.",
  remedy:
    "Check that the secret exists in this account and region, and that it is not scheduled for deletion.",
  message: ({ arn }) => `Secrets Manager has no readable secret ${arn} (output database_secret_arn).`,
  hint: ({ command }) => `Check the secret:  ${command}`,
});

export const secretMalformed = defineError<{ arn: string; problem: string }>({
  code: "SECRET_MALFORMED",
  failure: "configuration",
  meaning: "The secret with the RDS credentials does not hold a username and a password.",
  remedy: 'Write the secret as RDS does: JSON such as `{"username": "...", "password": "..."}`.',
  message: ({ arn, problem }) => `The secret ${arn} ${problem}.`,
  hint: () => 'The secret must be JSON such as {"username": "...", "password": "..."}, as RDS writes it.',
});

// Neon's API

/** What was tried, as the start of a sentence: "Cannot create the Neon branch x". */
interface NeonAttempt {
  attempt: string;
  reason: string;
  /** Undefined while the project is searched. */
  project: string | undefined;
}

/** The end of hints. It holds for every command that uses Neon's API: an empty variable has precedence over the settings file. */
const withoutKey = "To run without Neon's API and its restore points, begin the command with:  NEON_API_KEY=";
const withoutKeyRemedy =
  "To run without Neon's API and its restore points, begin the command with `NEON_API_KEY=`.";

export const neonKeyRejected = defineError<NeonAttempt & { status: number }>({
  code: "NEON_KEY_REJECTED",
  failure: "configuration",
  meaning: "Neon's API rejected NEON_API_KEY, or the key has no access to the project of NEON_PROJECT_ID.",
  remedy: `Create a key in the Neon console (account or organization settings, API keys), and set NEON_API_KEY to it. ${withoutKeyRemedy}`,
  message: ({ attempt, reason, status }) =>
    `${attempt}: Neon rejected NEON_API_KEY (${reason}, HTTP ${status}).`,
  hint: ({ project }) =>
    `Check that the key exists in the Neon console${project === undefined ? "" : `, and that the key has access to the project ${project}`}. ${withoutKey}`,
});

export const neonProjectUnknown = defineError<{ host: string; problem: string }>({
  code: "NEON_PROJECT_UNKNOWN",
  failure: "configuration",
  meaning:
    "NEON_PROJECT_ID is not set. None of the projects of NEON_API_KEY has the compute of NEON_DATABASE_URL, or more than one has it.",
  remedy: `Copy the id from the settings of the project in the Neon console, and set NEON_PROJECT_ID to it. ${withoutKeyRemedy}`,
  message: ({ host, problem }) => `Cannot find the Neon project of ${host}: ${problem}.`,
  hint: () =>
    `Copy the id from the settings of the project in the Neon console, and begin the command with:  NEON_PROJECT_ID=<id>    ${withoutKey}`,
});

export const neonNotFound = defineError<NeonAttempt>({
  code: "NEON_NOT_FOUND",
  failure: "configuration",
  meaning:
    "Neon has no project with the id NEON_PROJECT_ID, or the compute in NEON_DATABASE_URL belongs to another project.",
  remedy:
    "Copy the id from the settings of the project in the Neon console. It must be the project of NEON_DATABASE_URL.",
  message: ({ attempt, reason }) => `${attempt}: Neon answered that this object does not exist (${reason}).`,
  hint: () =>
    `Check that NEON_PROJECT_ID is the id of the Neon project to which NEON_DATABASE_URL connects. ${withoutKey}`,
});

export const neonBranchLimit = defineError<NeonAttempt>({
  code: "NEON_BRANCH_LIMIT",
  failure: "precondition",
  meaning:
    "The Neon project has as many branches as its plan allows, so the sync cannot create a restore point.",
  remedy: `In the Neon console, delete branches that nobody needs. ${withoutKeyRemedy}`,
  message: ({ attempt, reason }) =>
    `${attempt}: the project has as many branches as its plan allows (${reason}).`,
  hint: () => `In the Neon console, delete branches that nobody needs. ${withoutKey}`,
});

export const neonOperationFailed = defineError<NeonAttempt>({
  code: "NEON_OPERATION_FAILED",
  failure: "target",
  meaning:
    "Neon accepted a request, but did not finish it within PILOT_LIGHT_STALL_SECONDS, or reported that it failed.",
  remedy:
    "Check the operations of the project in the Neon console, and https://neonstatus.com. Then run the command again.",
  message: ({ attempt, reason }) => `${attempt}: ${reason}.`,
  hint: ({ project }) =>
    `Check the operations of the project:  https://console.neon.tech/app/projects/${project ?? ""}/operations    Neon reports outages on  https://neonstatus.com    ${withoutKey}`,
});

export const neonApiUnreachable = defineError<NeonAttempt>({
  code: "NEON_API_UNREACHABLE",
  failure: "target",
  meaning: "Neon's API did not answer.",
  remedy: `Check the network and https://neonstatus.com, then run the command again. ${withoutKeyRemedy}`,
  message: ({ attempt, reason }) => `${attempt}: Neon's API does not answer (${reason}).`,
  hint: () => `Neon reports outages on  https://neonstatus.com    ${withoutKey}`,
});

export const neonApiFailed = defineError<
  NeonAttempt & { status: number | undefined; code: string; requestId: string | undefined }
>({
  code: "NEON_API_FAILED",
  failure: "target",
  meaning: "Neon's API reported an error, which the message quotes.",
  remedy: `Fix the problem that Neon reports, then run the command again. ${withoutKeyRemedy}`,
  message: ({ attempt, reason }) => `${attempt}: ${reason}.`,
  details: ({ status, code, requestId }) => [
    [
      ...(status === undefined ? [] : [`HTTP status ${status}`]),
      ...(code === "" ? [] : [`code ${code}`]),
      ...(requestId === undefined ? [] : [`request ${requestId}`]),
    ].join(", "),
  ],
  hint: () => `Fix the problem that Neon reports, then run the command again. ${withoutKey}`,
});

// Connecting to a database

/** A database that could not be connected to. */
interface Connecting {
  side: Side;
  /** Such as `rds (davidshaevel @ host:5432)`. */
  name: string;
  reason: string;
  /** Variable or output that holds the wrong value. */
  setting: string;
}

export const wrongPassword = defineError<Connecting & { user: string }>({
  code: "WRONG_PASSWORD",
  failure: eitherSide,
  meaning: "The server rejected the user or the password.",
  remedy: "Correct the credentials: NEON_DATABASE_URL for Neon, the secret of `database_secret_arn` for RDS.",
  message: ({ name, user, reason }) => `${name} rejected the user ${user}: ${reason}`,
  hint: ({ setting }) => `Check the user and the password in ${setting}.`,
});

export const databaseMissing = defineError<Connecting & { database: string; system: string }>({
  code: "DATABASE_MISSING",
  failure: eitherSide,
  meaning:
    "The server has no database of this name. An interrupted sync may have left the database under another name.",
  remedy:
    "Correct the name. If a sync was interrupted, do not create a database of that name, but run `pnpm sync undo <system>`, which restores the name.",
  message: ({ name, database }) => `${name}: the server has no database "${database}".`,
  hint: ({ setting, system }) =>
    `Check the database name in ${setting}. If a sync was interrupted, do not create a database: it may exist under another name. To restore the name:  pnpm sync undo ${system}`,
});

export const notAccepting = defineError<Connecting & { system: string; quotedDatabase: string }>({
  code: "NOT_ACCEPTING",
  failure: eitherSide,
  meaning:
    "The database does not accept connections. An interrupted sync or undo, or an administrator, closed it.",
  remedy:
    "If a sync was interrupted, run `pnpm sync undo <system>`: it opens the database and swaps nothing. If an administrator closed the database, ask that person.",
  message: ({ name, reason }) => `${name} does not accept connections: ${reason}`,
  hint: ({ system, quotedDatabase }) =>
    `If a sync was interrupted, inspect what the sync left:  pnpm sync undo ${system} --dry-run    If no sync was interrupted and nobody closed the database on purpose, connect to another database and open it:  alter database ${quotedDatabase} allow_connections true;`,
});

export const connectFailed = defineError<Connecting & { sqlState: string }>({
  code: "CONNECT_FAILED",
  failure: eitherSide,
  meaning: "The server refused the connection. The message quotes the reason of the server.",
  remedy: "Fix the problem that the server reports, then run the command again.",
  message: ({ name, reason, sqlState }) => `${name}: ${reason} (SQLSTATE ${sqlState})`,
  hint: ({ setting }) => `Check ${setting}.`,
});

export const certificateInvalid = defineError<Connecting & { host: string; authorities: string }>({
  code: "CERTIFICATE_INVALID",
  failure: eitherSide,
  meaning:
    "The server's certificate is not valid for the host name, or no trusted authority issued the certificate.",
  remedy: "Check the host name. Pass the CA file: `sslrootcert` in NEON_DATABASE_URL, or RDS_SSLROOTCERT.",
  message: ({ name, host, reason }) =>
    `${name}: the server's certificate is not valid for ${host}: ${reason}`,
  hint: ({ setting, authorities }) =>
    `The certificate was checked against ${authorities}. To use another CA file, set ${setting}.`,
});

export const tlsUnsupported = defineError<Connecting>({
  code: "TLS_UNSUPPORTED",
  failure: eitherSide,
  meaning: "The server does not offer TLS.",
  remedy:
    "Enable TLS on the server. If the server is local, you can turn TLS off: `sslmode=disable` in NEON_DATABASE_URL, or RDS_SSLMODE=disable.",
  message: ({ name }) => `${name} does not offer TLS.`,
  hint: ({ setting }) =>
    `Enable TLS on the server. If the server is local, you can connect without TLS: ${setting}.`,
});

/** Why a direct host is used although a pooled one was given. */
const notPooled = (pooledHost: string) =>
  `The tools connect to the direct host and not to the pooler ${pooledHost} of NEON_DATABASE_URL, because pg_dump does not work through a pooler.`;

export const hostUnknown = defineError<Connecting & { pooledHost: string | undefined }>({
  code: "HOST_UNKNOWN",
  failure: eitherSide,
  meaning: "DNS does not resolve the server's host name.",
  remedy:
    "Correct the host name in NEON_DATABASE_URL, or deploy the environment again for the output `database_endpoint`.",
  message: ({ name }) => `${name}: the host name does not resolve.`,
  hint: ({ setting, pooledHost }) =>
    pooledHost === undefined
      ? `Check ${setting}.`
      : `${notPooled(pooledHost)} Check that the name of the direct host resolves.`,
});

export const unreachable = defineError<
  Connecting & {
    via: string;
    attempts: number;
    needsTunnel: boolean;
    host: string;
    pooledHost: string | undefined;
  }
>({
  code: "UNREACHABLE",
  failure: eitherSide,
  meaning: "The tool could not connect to the server in time.",
  remedy:
    "Check the address, and that the server runs. RDS is private: docs/runbooks/reach-rds.md describes the routes to it.",
  message: ({ name, via, reason, attempts }) =>
    `Cannot reach ${name}${via}: ${reason} (${attempts} attempts).`,
  hint: ({ needsTunnel, host, pooledHost }) =>
    pooledHost !== undefined
      ? `${notPooled(pooledHost)} Check that this network allows connections to ${host}.`
      : needsTunnel
        ? "RDS is private. To let Systems Manager forward a port, add the option:  --via ssm    Or open your own tunnel, then set its address on this machine:  export RDS_HOSTADDR=127.0.0.1:<local port>"
        : "Check that the address is right and that the server runs.",
});

export const connectionStalled = defineError<{
  side: Side;
  /** Such as `rds (davidshaevel @ host:5432)`. */
  name: string;
  /** Address of a tunnel. */
  via: string | undefined;
  seconds: number;
  reason: string;
}>({
  code: "CONNECTION_STALLED",
  failure: eitherSide,
  meaning:
    "A connection is open but carries no more data. Usually the other end of a tunnel or a proxy no longer exists.",
  remedy:
    "Open the tunnel again, or check the network, then run the command again. After `PILOT_LIGHT_STALL_SECONDS` without data, the tool checks whether a connection still works.",
  message: ({ name, via, seconds, reason }) =>
    `${name}${via === undefined ? "" : ` through ${via}`}: nothing was received for ${seconds} s, and ${reason}.`,
  hint: ({ via }) =>
    via === undefined
      ? "Check the network between this machine and the server, then run the same command again."
      : `Check the tunnel behind ${via}, then run the same command again.`,
});

/** A statement that failed. */
interface FailedStatement {
  system: string;
  reason: string;
  endpoint: string;
  statement: string;
}
const statementDetails = ({ endpoint, statement }: FailedStatement) => [endpoint, `statement: ${statement}`];

export const sourceQueryFailed = defineError<FailedStatement>({
  code: "SOURCE_QUERY_FAILED",
  failure: "source",
  meaning: "The source's server rejected a statement, or the connection to it was lost.",
  remedy:
    "If the connection was lost, run the command again. Otherwise, first fix the problem that the server reports.",
  message: ({ system, reason }) => `${system}: ${reason}`,
  details: statementDetails,
  hint: () => "If the connection was lost, run the command again.",
});

export const targetQueryFailed = defineError<FailedStatement>({
  code: "TARGET_QUERY_FAILED",
  failure: "target",
  meaning: "The target's server rejected a statement, or the connection to it was lost.",
  remedy:
    "If the connection was lost, run the command again. Otherwise, first fix the problem that the server reports.",
  message: ({ system, reason }) => `${system}: ${reason}`,
  details: statementDetails,
  hint: () => "If the connection was lost, run the command again.",
});

/** The error of a statement that failed on one side of a sync. */
export function queryFailed(side: Side, facts: FailedStatement, options: OpsErrorOptions): OpsError {
  return (side === "source" ? sourceQueryFailed : targetQueryFailed)(facts, options);
}

// Endpoints

export const neonUrlMissing = defineError<{ example: string }>({
  code: "NEON_URL_MISSING",
  failure: "configuration",
  meaning: "NEON_DATABASE_URL is not set.",
  remedy: "Copy the connection string from the Neon console.",
  state: "nothing-written",
  message: () => "NEON_DATABASE_URL is not set.",
  hint: ({ example }) =>
    `Copy the connection string from the Neon console:  export NEON_DATABASE_URL='${example}'`,
});

export const neonUrlMalformed = defineError<{ problem: string; example: string }>({
  code: "NEON_URL_MALFORMED",
  failure: "configuration",
  meaning:
    "NEON_DATABASE_URL is not a connection URL that the tool can read. The message repeats no part of it.",
  remedy:
    "Copy the connection string from the Neon console again. Percent-encode special characters of the password.",
  state: "nothing-written",
  message: ({ problem }) => `NEON_DATABASE_URL is malformed: ${problem}.`,
  hint: ({ example }) => `The URL must look like  ${example}`,
});

export const noDatabase = defineError({
  code: "NO_DATABASE",
  failure: "precondition",
  meaning:
    "The environment has no RDS database. It is in pilot light, and its database exists only while the environment is active.",
  remedy: "Activate the environment.",
  state: "nothing-written",
  message: () => "According to the Terraform outputs, the environment has no RDS database.",
  hint: () => "Activate the environment first:  pnpm activate",
});

export const rdsHostaddrInvalid = defineError<{ value: string }>({
  code: "RDS_HOSTADDR_INVALID",
  failure: "configuration",
  meaning: "RDS_HOSTADDR is not an IP address with a port.",
  remedy: "Set the variable to the address of the tunnel on this machine, such as `127.0.0.1:15432`.",
  state: "nothing-written",
  message: ({ value }) => `RDS_HOSTADDR is not an IP address with a port: ${value}`,
  hint: () =>
    "Set the variable to the address of the tunnel on this machine:  export RDS_HOSTADDR=127.0.0.1:15432",
});

export const rdsSslmodeInvalid = defineError<{ mode: string }>({
  code: "RDS_SSLMODE_INVALID",
  failure: "configuration",
  meaning: "RDS_SSLMODE is neither `verify-full` nor `disable`.",
  remedy: "Unset the variable. The default is `verify-full`.",
  state: "nothing-written",
  message: ({ mode }) => `RDS_SSLMODE is ${mode}, but it must be verify-full or disable.`,
  hint: () => "Use the default:  unset RDS_SSLMODE",
});

export const rdsAuthInvalid = defineError<{ value: string }>({
  code: "RDS_AUTH_INVALID",
  failure: "configuration",
  meaning: "RDS_AUTH is neither `password` nor `iam`.",
  remedy: "Unset the variable. The default is `password`.",
  state: "nothing-written",
  message: ({ value }) => `RDS_AUTH is ${value}, but it must be password or iam.`,
  hint: () => "Use the default:  unset RDS_AUTH",
});

export const rdsIamUserMissing = defineError({
  code: "RDS_IAM_USER_MISSING",
  failure: "configuration",
  meaning: "RDS_AUTH is `iam`, but RDS_IAM_USER does not name the user.",
  remedy: "Set RDS_IAM_USER to a user of the database that has the role `rds_iam`.",
  state: "nothing-written",
  message: () => "IAM authentication needs the name of the database user, but RDS_IAM_USER is not set.",
  hint: () => "Set the name of a user with the role rds_iam:  export RDS_IAM_USER=<user>",
});

export const tlsRequired = defineError<{ variable: string; host: string }>({
  code: "TLS_REQUIRED",
  failure: "configuration",
  meaning: "A setting turns TLS off for a server that is not local.",
  remedy: "Remove the setting. By default, the tools verify the certificate.",
  state: "nothing-written",
  message: ({ variable, host }) => `${variable} turns TLS off for ${host}, which is not a local server.`,
  hint: () => "Remove the setting. By default, the tools verify the certificate.",
});

export const caFileUnreadable = defineError<{ variable: string; path: string; reason: string }>({
  code: "CA_FILE_UNREADABLE",
  failure: "configuration",
  meaning: "The file with the CA certificates cannot be read, or holds no PEM certificate.",
  remedy: "Name a file that holds at least one certificate in PEM format.",
  state: "nothing-written",
  message: ({ variable, path, reason }) => `${variable}: cannot use ${path}: ${reason}`,
  hint: ({ variable }) => `Set ${variable} to a file with at least one certificate in PEM format.`,
});

// Routes to RDS

export const viaInvalid = defineError<{ value: string; choices: readonly string[] }>({
  code: "VIA_INVALID",
  failure: "configuration",
  meaning: "PILOT_LIGHT_VIA is not the name of a route.",
  remedy: "Set the variable to `auto`, `direct`, `address` or `ssm`, or unset it.",
  state: "nothing-written",
  message: ({ value, choices }) =>
    `PILOT_LIGHT_VIA is ${value}, but it must be one of ${choices.join(", ")}.`,
  hint: () => "Use the default:  unset PILOT_LIGHT_VIA",
});

export const addressMissing = defineError({
  code: "ADDRESS_MISSING",
  failure: "configuration",
  meaning: "The route `address` was requested, but RDS_HOSTADDR is not set.",
  remedy: "Set RDS_HOSTADDR to the address of your tunnel on this machine.",
  state: "nothing-written",
  message: () => "The route `address` needs RDS_HOSTADDR, which is not set.",
  hint: () =>
    "Set the variable to the address of your tunnel on this machine:  export RDS_HOSTADDR=127.0.0.1:<local port>",
});

export const sessionPluginMissing = defineError<{ install: string }>({
  code: "SESSION_PLUGIN_MISSING",
  failure: "configuration",
  meaning: "The route `ssm` needs the program session-manager-plugin of AWS, which is not on the PATH.",
  remedy: "Install the plugin with the command that the error shows.",
  state: "nothing-written",
  message: () => "The session-manager-plugin of AWS is not installed, or not on the PATH.",
  hint: ({ install }) => install,
});

export const sessionPluginOld = defineError<{ found: string; needed: string; install: string }>({
  code: "SESSION_PLUGIN_OLD",
  failure: "configuration",
  meaning:
    "The installed session-manager-plugin takes the token of a session only as an argument, which every user can see.",
  remedy: "Install the current version of the plugin with the command that the error shows.",
  state: "nothing-written",
  message: ({ found, needed }) =>
    `The session-manager-plugin has version ${found}, but a session needs ${needed} or later.`,
  hint: ({ install }) => install,
});

export const noSsmTarget = defineError({
  code: "NO_SSM_TARGET",
  failure: "configuration",
  meaning:
    "The route `ssm` has no instance or task to go through: none is configured, and the deployed environment has no task for this route.",
  remedy:
    "Deploy the environment with this version, which adds the task, or set PILOT_LIGHT_SSM_TARGET to an instance that may connect to RDS.",
  state: "nothing-written",
  message: () => "Systems Manager has no instance or task through which it can reach RDS.",
  hint: () =>
    `Deploy the environment with this version, which adds a task for this route. To see what the deployment changes:  pnpm infra:diff    Or name an instance that may connect to RDS:  export PILOT_LIGHT_SSM_TARGET=i-...`,
});

export const accessTaskFailed = defineError<{ cluster: string; task?: string; problem: string }>({
  code: "ACCESS_TASK_FAILED",
  failure: "aws",
  meaning:
    "The task through which Systems Manager reaches RDS did not start, or did not become ready in time.",
  remedy:
    "Fix the problem that AWS reports. If the task only needs more time, raise PILOT_LIGHT_SSM_TASK_SECONDS.",
  message: ({ cluster, task, problem }) =>
    `The task${task === undefined ? "" : ` ${task}`} in ${cluster} cannot be used: ${problem}.`,
  hint: () =>
    "Run the command again. If the task only needs more time:  export PILOT_LIGHT_SSM_TASK_SECONDS=600",
});

export const sessionNotStarted = defineError<{ target: string; problem: string }>({
  code: "SESSION_NOT_STARTED",
  failure: "aws",
  meaning:
    "Systems Manager could not forward a port to RDS. The details show what the session-manager-plugin printed.",
  remedy:
    "Check that the target runs and is connected to Systems Manager, and that your network allows connections to `ssmmessages`.",
  message: ({ target, problem }) => `The session in ${target} did not start: ${problem}.`,
  hint: () =>
    "Check that the target runs, and that your network allows connections to ssmmessages. To see what the plugin does, run the command again with  --verbose",
});

export const sessionEnded = defineError<{ target: string }>({
  code: "SESSION_ENDED",
  failure: "aws",
  meaning:
    "The session of Systems Manager that carried the connections to RDS ended during the command. A task ends after an hour, and a session after 20 minutes without data.",
  remedy: "Run the command again.",
  message: ({ target }) => `The session of Systems Manager in ${target} ended during the command.`,
  hint: () =>
    "Run the command again. If a copy takes longer than an hour, use another route: docs/runbooks/reach-rds.md",
});

// PostgreSQL programs

/** A version of pg_dump that is needed, the versions that were found, and how to install it. */
interface NeededPrograms {
  needed: number;
  found: readonly string[];
  install: string;
}
const foundVersions = ({ found }: NeededPrograms) => found.map((version) => `found: ${version}`);

export const pgDumpMissing = defineError<Omit<NeededPrograms, "found">>({
  code: "PG_DUMP_MISSING",
  failure: "configuration",
  meaning: "pg_dump and pg_restore are not installed.",
  remedy: "Install the PostgreSQL client programs of a major version that is not older than either server.",
  state: "nothing-written",
  message: ({ needed }) => `pg_dump and pg_restore are not installed. Version ${needed} is needed.`,
  hint: ({ install }) => install,
});

export const pgDumpTooOld = defineError<NeededPrograms>({
  code: "PG_DUMP_TOO_OLD",
  failure: "configuration",
  meaning: "pg_dump is older than the server of a database that it must dump.",
  remedy: "Install the PostgreSQL client programs of the server's major version.",
  state: "nothing-written",
  message: ({ needed }) => `A server of version ${needed} needs pg_dump ${needed} or newer.`,
  details: foundVersions,
  hint: ({ install }) => install,
});

export const pgDumpTooNew = defineError<NeededPrograms & { highest: number; target: number }>({
  code: "PG_DUMP_TOO_NEW",
  failure: "configuration",
  meaning: "Every installed pg_dump is too new: the server of the target cannot restore its dumps.",
  remedy: "Install the PostgreSQL client programs of the version that the message names.",
  state: "nothing-written",
  message: ({ needed, highest, target }) =>
    `pg_dump ${needed}${needed < highest ? ` to ${highest}` : ""} is needed: a server of version ${target} cannot restore the dumps of newer versions.`,
  details: foundVersions,
  hint: ({ install }) => install,
});
