/**
 * The registry of the sandbox's errors: code, class, message, hint and resulting state, each in one place. The logic calls the
 * functions; docs/errors.md is generated from the entries.
 */
import { defineError } from "@pilot-light/core/ops-error";

// State directory

export const noSandbox = defineError<{ directory: string }>({
  code: "NO_SANDBOX",
  failure: "precondition",
  meaning: "The state directory contains no sandbox.",
  remedy: "Start a sandbox with `pnpm sandbox up`, or name the directory of one with `--dir`.",
  state: "nothing-written",
  message: ({ directory }) => `There is no sandbox in ${directory}.`,
  hint: () => "To start one:  pnpm sandbox up",
});

export const directoryNotEmpty = defineError<{ directory: string }>({
  code: "DIRECTORY_NOT_EMPTY",
  failure: "precondition",
  meaning: "The state directory contains files that do not belong to a sandbox.",
  remedy:
    "Name a directory that does not exist yet. `pnpm sandbox down` deletes the complete directory of a sandbox.",
  state: "nothing-written",
  message: ({ directory }) => `${directory} contains files that do not belong to a sandbox.`,
  hint: () => "Name a directory that does not exist yet:  pnpm sandbox up --dir <path>",
});

export const sandboxStarting = defineError<{ directory: string }>({
  code: "SANDBOX_STARTING",
  failure: "precondition",
  meaning: "Another process is starting a sandbox in the same state directory.",
  remedy: "Wait until the other process has finished, or stop it and run `pnpm sandbox down`.",
  state: "nothing-written",
  message: ({ directory }) => `Another process is starting a sandbox in ${directory}.`,
  hint: () => "Wait until that process has finished. If you have stopped that process:  pnpm sandbox down",
});

export const stateUnreadable = defineError<{ file: string; reason: string }>({
  code: "STATE_UNREADABLE",
  failure: "configuration",
  meaning: "The file `state.json` of the sandbox cannot be read, or another version of the tool wrote it.",
  remedy:
    "Run `pnpm sandbox down` of the version that started the sandbox. Otherwise, end the processes of the sandbox, then delete the directory of the file.",
  state: "nothing-written",
  message: ({ file, reason }) => `Cannot read ${file}: ${reason}`,
  hint: () =>
    "Another version of the tool may have written the file: run `pnpm sandbox down` of that version. Otherwise, end the processes of the sandbox, then delete the directory of the file.",
});

export const tmpdirNotAccessible = defineError<{ directory: string; temporary: string }>({
  code: "TMPDIR_NOT_ACCESSIBLE",
  failure: "configuration",
  meaning:
    "PostgreSQL refuses to run as root. The account that runs the servers instead has access neither to the state directory nor to the directory for temporary files.",
  remedy: "Set TMPDIR to a directory that all accounts have access to, such as `/tmp`.",
  state: "nothing-written",
  message: ({ directory, temporary }) =>
    `The account that runs PostgreSQL instead of root has access neither to ${directory} nor to ${temporary}.`,
  hint: () => "Set TMPDIR to a directory that all accounts have access to:  TMPDIR=/tmp pnpm sandbox up",
});

// Programs

export const noServerAccount = defineError({
  code: "NO_SERVER_ACCOUNT",
  failure: "configuration",
  meaning:
    "PostgreSQL refuses to run as root, and the system has neither a user `postgres` nor a user `nobody`.",
  remedy: "Create the user `postgres`, or run the command as a user other than root.",
  state: "nothing-written",
  message: () =>
    "PostgreSQL refuses to run as root, and the system has neither a user postgres nor a user nobody.",
  hint: () => "Create the user postgres:  useradd --system postgres",
});

export const serverUnavailable = defineError<{ major: number; reason: string }>({
  code: "SERVER_UNAVAILABLE",
  failure: "configuration",
  meaning:
    "The server programs of this major version of PostgreSQL are not installed, and could not be downloaded.",
  remedy:
    "Install the PostgreSQL server of this version, or choose another one with `--neon-major` or `--rds-major`.",
  message: ({ major, reason }) => `PostgreSQL ${major} server programs are not available. ${reason}`,
  hint: ({ major }) =>
    `Install the PostgreSQL ${major} server. On Debian and Ubuntu:  apt-get install postgresql-${major}`,
});

export const motoMissing = defineError({
  code: "MOTO_MISSING",
  failure: "configuration",
  meaning: "The AWS emulator `moto_server` is not installed.",
  remedy: "Run `npm run demo` or `npm test`, which install it, or install it with pip.",
  state: "nothing-written",
  message: () => "The AWS emulator moto_server is not installed.",
  hint: () =>
    "npm run demo and npm test install the emulator. To install only the emulator:  pip install 'moto[server]'",
});

export const terraformMissing = defineError<{ program: string }>({
  code: "TERRAFORM_MISSING",
  failure: "configuration",
  meaning: "Terraform is not installed, and `pnpm sandbox up --deployed` needs it.",
  remedy: "Install Terraform by hand. `npm test` installs it too, but also runs every test.",
  state: "nothing-written",
  message: ({ program }) => `--deployed needs Terraform, and ${program} is not installed.`,
  hint: () =>
    "npm test installs Terraform, but also runs every test. To install only Terraform:  https://developer.hashicorp.com/terraform/install",
});

// Starting the parts; a start that fails removes what it created

export const serverStartFailed = defineError<{ program: string }>({
  code: "SERVER_START_FAILED",
  failure: "configuration",
  meaning: "A PostgreSQL server of the sandbox did not start. The sandbox has removed what it had created.",
  remedy:
    "The details of the error are the last lines of the program and of the server's log. Fix the problem that they report.",
  message: ({ program }) => `A PostgreSQL server did not start: ${program} failed.`,
  hint: () =>
    "The lines above are the last lines of the program and of the server's log. Fix the problem that they report, then run the command again.",
});

export const motoStartFailed = defineError<{ program: string }>({
  code: "MOTO_START_FAILED",
  failure: "configuration",
  meaning: "The AWS emulator did not start. The sandbox has removed what it had created.",
  remedy: "Install moto 5 with its optional part `server`: `pip install 'moto[server]'`.",
  message: ({ program }) => `${program} did not start.`,
  hint: () =>
    "The lines above are the last ones of the emulator's log. Install moto 5 with its optional part `server`:  pip install 'moto[server]'",
});

export const deployFailed = defineError({
  code: "DEPLOY_FAILED",
  failure: "aws",
  meaning:
    "`pnpm sandbox up --deployed` could not deploy the environment on the AWS emulator. The sandbox has removed what it had created.",
  remedy:
    "Read the last lines of cdktf, which the error shows. A sandbox without `--deployed` needs no deployment.",
  message: () => "cdktf could not deploy the environment on the AWS emulator.",
  hint: () =>
    "The lines above are the last ones of cdktf. To start a sandbox without a deployment:  pnpm sandbox up",
});
