/**
 * The registry of lifecycle's errors: code, class, message, hint and resulting state, each in one place. The logic calls the
 * functions; docs/errors.md is generated from the entries.
 */
import { defineError } from "@pilot-light/core/ops-error";
import { commandLine } from "@pilot-light/core/process";
import { formatMinute, plural, shortList } from "@pilot-light/core/output/format";
import { shell, shellWord } from "@pilot-light/core/output/shell";
import { deployCommand } from "@pilot-light/core/terraform/deploy-command";
import type { ModeChangeName } from "./options.ts";

// Resuming, and the journal

export const nothingToResume = defineError<{
  command: ModeChangeName;
  /** The command of the unfinished run, if there is one. */
  other: ModeChangeName | undefined;
  journal: string;
}>({
  code: "NOTHING_TO_RESUME",
  failure: "precondition",
  meaning: "`--resume` was given, but the journal records no unfinished run of this command.",
  remedy: "Run the command without `--resume`, or resume the other command.",
  state: "nothing-written",
  message: ({ command, other, journal }) =>
    `No run of \`${command}\` is unfinished. ${other === undefined ? `The journal ${journal} records no unfinished run.` : `The unfinished run is a run of \`${other}\`.`}`,
  hint: ({ command, other }) =>
    other === undefined
      ? `Run the command without --resume:  pnpm ${command}`
      : `To resume the unfinished run:  pnpm ${other} --resume\n  To start this command instead:  pnpm ${command}`,
});

export const resumeContradicted = defineError<{
  given: "--sync-data" | "--no-sync-data";
  startedAt: string;
  resumeCommand: string;
  againCommand: string;
}>({
  code: "RESUME_CONTRADICTED",
  failure: "usage",
  meaning:
    "The command has `--sync-data` or `--no-sync-data`, but the unfinished run was started with the opposite option.",
  remedy: "Resume the run without this option, or start again without `--resume`.",
  state: "nothing-written",
  message: ({ given, startedAt }) =>
    `${given} contradicts the unfinished run, which started ${formatMinute(startedAt)} UTC ${given === "--sync-data" ? "without" : "with"} --sync-data.`,
  hint: ({ resumeCommand, againCommand }) =>
    `To resume that run as it was started:  ${resumeCommand}\n  To start again:  ${againCommand}`,
});

export const variableNeeded = defineError<{ names: readonly string[] }>({
  code: "VARIABLE_NEEDED",
  failure: "precondition",
  meaning: "The unfinished run had a secret Terraform variable, and the journal does not store its value.",
  remedy: "Give the variable again with `--var`.",
  state: "nothing-written",
  message: ({ names }) =>
    `The unfinished run had a value for ${names.join(", ")}. The journal does not store the values of secret variables.`,
  hint: ({ names }) =>
    `Add to the command:  ${names.map((name) => `${shell`--var ${name}`}=<value>`).join(" ")}`,
});

export const modeChangeRunning = defineError<{
  journal: string;
  /** The run that changed the journal; undefined when the journal was removed. */
  other: { command: ModeChangeName; startedAt: string } | undefined;
}>({
  code: "MODE_CHANGE_RUNNING",
  failure: "precondition",
  meaning: "Another activation or deactivation changed the journal after this command created its plan.",
  remedy: "Wait until the other run has finished. `pnpm status` shows its state.",
  state: "nothing-written",
  message: ({ journal, other }) =>
    other === undefined
      ? `The journal ${journal} was removed after this command created its plan.`
      : `A run of \`${other.command}\`, started ${formatMinute(other.startedAt)} UTC, changed this environment after this command created its plan.`,
  hint: () => "To see the state of the environment:  pnpm status",
});

export const journalUnreadable = defineError<{ place: string; problems: readonly string[] }>({
  code: "JOURNAL_UNREADABLE",
  failure: "configuration",
  meaning: "This version cannot read the journal of the last mode change.",
  remedy:
    "The journal has what `--resume` needs, and the time of the scheduled deactivation. Correct the journal, or remove it and set the time again: `pnpm activate --for 8h`.",
  state: "nothing-written",
  message: ({ place }) => `This version cannot read the journal ${place}.`,
  details: ({ problems }) => problems,
  hint: () =>
    "The journal has what --resume needs, and the time of the scheduled deactivation. Correct the journal, or remove it, then run the command again.\n  If you remove it, set the time again:  pnpm activate --for 8h",
});

export const journalUnwritable = defineError<{ file: string; reason: string }>({
  code: "JOURNAL_UNWRITABLE",
  failure: "configuration",
  meaning: "The file with the journal cannot be written.",
  remedy: "Free disk space, or grant write permission for the file. No mode change runs without a journal.",
  message: ({ file, reason }) => `Cannot write the journal ${file}: ${reason}.`,
  hint: () => "Free disk space or grant write permission, then run the command again.",
});

// Preflight

export const wrongRegion = defineError<{ deployed: string; region: string }>({
  code: "WRONG_REGION",
  failure: "precondition",
  meaning: "AWS_REGION is not the region of the environment.",
  remedy: "Set AWS_REGION to the region of the environment.",
  state: "nothing-written",
  message: ({ deployed, region }) => `The environment is in ${deployed}, but AWS_REGION is ${region}.`,
  hint: ({ deployed }) => `Use the environment's region:  ${shell`export AWS_REGION=${deployed}`}`,
});

export const dnsServersInvalid = defineError<{ servers: string }>({
  code: "DNS_SERVERS_INVALID",
  failure: "configuration",
  meaning: "PILOT_LIGHT_DNS_SERVERS does not list addresses of DNS servers.",
  remedy: "List IP addresses, with or without a port, separated by commas.",
  state: "nothing-written",
  message: ({ servers }) => `PILOT_LIGHT_DNS_SERVERS is not valid: ${servers}`,
  hint: () =>
    "Use addresses with or without a port, separated by commas:  export PILOT_LIGHT_DNS_SERVERS=10.0.0.2,[fd00::2]:5353",
});

export const imageMissing = defineError<{
  service: string;
  repository: string;
  /** Tag or digest; undefined for the newest image. */
  wanted: string | undefined;
  listCommand: string;
}>({
  code: "IMAGE_MISSING",
  failure: "precondition",
  meaning: "A repository in ECR has no image that the service can run.",
  remedy: "Push an image, or name an existing one with `--<service>-image`.",
  state: "nothing-written",
  message: ({ repository, wanted }) =>
    `There is no ${wanted === undefined ? "tagged image" : `image ${wanted}`} in the repository ${repository}.`,
  hint: ({ service, listCommand }) =>
    `Push an image, or name an existing one with --${service}-image. To list the images:  ${listCommand}`,
});

/** An instance in a state in which it does not serve connections, or a wait that ended without success. */
type NotAvailable = { identifier: string } & (
  { status: string; helpfulCommand: string } | { eventsCommand: string; reason: string }
);

export const databaseNotAvailable = defineError<NotAvailable>({
  code: "DATABASE_NOT_AVAILABLE",
  failure: {
    oneOf: ["precondition", "aws"],
    choose: (facts) => ("status" in facts ? "precondition" : "aws"),
  },
  meaning: "The RDS instance does not serve connections, or a new instance did not become available in time.",
  remedy: "Start the instance, or wait until it is available. The hint contains the command.",
  message: (facts) =>
    "status" in facts
      ? `The RDS instance ${facts.identifier} is ${facts.status}.`
      : `The RDS instance ${facts.identifier} did not become available.`,
  details: (facts) => ("reason" in facts ? [facts.reason] : []),
  hint: (facts) => {
    if (!("status" in facts)) return `To see why:  ${facts.eventsCommand}`;
    return facts.status === "stopped"
      ? `Start the instance, which takes some minutes:  ${facts.helpfulCommand}`
      : `Wait until the instance is available:  ${facts.helpfulCommand}`;
  },
});

// Guards

export const productionHere = defineError<{
  place: "here" | "unknown";
  /** PILOT_LIGHT_PRODUCTION_DOMAIN is not set. */
  isUnset: boolean;
  reason: string;
  anywayCommand: string;
}>({
  code: "PRODUCTION_HERE",
  failure: "precondition",
  meaning: "The production domain points, or may point, to this environment.",
  remedy:
    "Point the domain to another place, or set PILOT_LIGHT_PRODUCTION_DOMAIN. `--allow-production` deactivates anyway.",
  state: "nothing-written",
  message: ({ place, reason }) =>
    `This environment ${place === "here" ? "serves" : "may serve"} production: ${reason}.`,
  hint: ({ place, isUnset, anywayCommand }) => {
    const first =
      place === "here"
        ? "Point the domain to another place first, and wait until its old DNS records have expired."
        : isUnset
          ? "Set the domain of production:  export PILOT_LIGHT_PRODUCTION_DOMAIN=www.example.com\n  If there is no production yet:  export PILOT_LIGHT_PRODUCTION_DOMAIN=none"
          : "Find out where the domain points.";
    return `${first}\n  To deactivate anyway:  ${anywayCommand}`;
  },
});

/** A resource of the state, as a refusal names it: those that hold data first. */
type NamedResource = { address: string; name: string; holds: string | undefined };

function namedResources(resources: readonly NamedResource[]): string[] {
  const described = ({ address, name, holds }: NamedResource) => {
    const named = name === address ? address : `${address}  ${name}`;
    return holds === undefined ? named : `${named}  (holds ${holds})`;
  };
  const most = 20;
  const sorted = resources.toSorted((a, b) => Number(b.holds !== undefined) - Number(a.holds !== undefined));
  const shown = sorted.slice(0, most).map(described);
  const more = sorted.length - shown.length;
  return more === 0 ? shown : [...shown, `and ${more} more`];
}

export const stateForeign = defineError<{
  stack: string;
  resources: readonly NamedResource[];
  listCommand: string;
}>({
  code: "STATE_FOREIGN",
  failure: "precondition",
  meaning:
    "The Terraform state contains resources that other Terraform code created. An apply of this stack would delete them. No flag allows this.",
  remedy:
    "Do not deploy to this state. Check the variables that name the state, and read docs/runbooks/existing-environment.md.",
  state: "nothing-written",
  message: ({ stack, resources }) =>
    `The Terraform state of ${stack} contains ${plural(resources.length, "resource")} that other Terraform code created. An apply would delete ${resources.length === 1 ? "it" : "them"}.`,
  details: ({ resources }) => namedResources(resources),
  hint: ({ listCommand }) =>
    `Do not deploy to this state. Check which state the variables name (PROJECT_NAME, TF_STATE_BUCKET, TF_CLOUD_ORGANIZATION, TF_WORKSPACE).\n  If it is the state of your existing environment, take it over:  pnpm infra:adopt --state <file> --dry-run\n  docs/runbooks/existing-environment.md describes how.\n  To list all resources of the state:  ${listCommand}`,
});

export const unknownResourcesRefused = defineError<{
  resources: readonly NamedResource[];
  anywayCommand: string;
}>({
  code: "UNKNOWN_RESOURCES",
  failure: "precondition",
  meaning:
    "The Terraform state contains resources that this version of the stack does not define. An apply would delete them.",
  remedy:
    "Check that the variables name the right state, and that you run the right version. `--allow-unknown-resources` deletes the resources.",
  state: "nothing-written",
  message: ({ resources }) =>
    `The Terraform state contains ${plural(resources.length, "resource")} that this version of the stack does not define. An apply would delete ${resources.length === 1 ? "it" : "them"}.`,
  details: ({ resources }) => namedResources(resources),
  hint: ({ anywayCommand }) =>
    `Check that the variables name the right state, and that this is the version that deployed last.\n  If an earlier version created these resources, and you do not need them:  ${anywayCommand}`,
});

/** The end of a line about a change: `, because of: db_name`. */
export function becauseOf(forcedBy: readonly string[], taintedAt?: string): string {
  if (taintedAt !== undefined) return ", because it is tainted";
  return forcedBy.length === 0 ? "" : `, because of: ${forcedBy.join(", ")}`;
}

/** The command after which Terraform no longer replaces a tainted resource. */
export function untaintLine(stackFolder: string, address: string): string {
  return commandLine("terraform", [`-chdir=${stackFolder}`, "untaint", address]);
}

export const dataLossRefused = defineError<{
  losses: readonly {
    name: string;
    address: string;
    action: string;
    holds: string;
    forcedBy?: readonly string[];
    /** Its address in the state, if it is tainted. */
    taintedAt?: string;
  }[];
  stackFolder: string;
  /** Finishes the mode change that was interrupted, if there is one. */
  resumeCommand: string | undefined;
  /** A deployment would delete the database of an environment that has no database in pilot light. */
  deletesDatabase: boolean;
  anywayCommand: string;
}>({
  code: "DATA_LOSS_REFUSED",
  failure: "precondition",
  meaning: "Terraform would delete or replace resources that hold data. The command normally keeps them.",
  remedy:
    "Give the variables of the last deployment again (`--var`, `--var-file`, TF_VAR_...). `--allow-data-loss` continues anyway.",
  state: "nothing-written",
  message: ({ losses }) =>
    `Terraform would delete or replace resources that hold data: ${losses.map(({ name }) => name).join(", ")}.`,
  details: ({ losses }) =>
    losses.map(
      ({ address, action, holds, forcedBy = [], taintedAt }) =>
        `${action} ${address} (holds ${holds})${becauseOf(forcedBy, taintedAt)}`,
    ),
  hint: ({ losses, stackFolder, resumeCommand, deletesDatabase, anywayCommand }) =>
    [
      ...(resumeCommand === undefined
        ? []
        : [`A mode change has not finished. To finish it:  ${resumeCommand}\n `]),
      ...(losses.every(({ taintedAt }) => taintedAt !== undefined)
        ? ["A run that did not finish has marked the resources as tainted."]
        : [
            "A variable of the last deployment may be missing. Give it again (--var, --var-file, TF_VAR_...).",
          ]),
      ...losses.flatMap(({ taintedAt, name }) =>
        taintedAt === undefined ? [] : [`  To keep ${name}:  ${untaintLine(stackFolder, taintedAt)}`],
      ),
      ...(deletesDatabase
        ? ["  To deactivate with a copy of the rows and a snapshot:  pnpm deactivate --sync-data"]
        : []),
      `  To continue anyway:  ${anywayCommand}`,
    ].join("\n"),
});

export const databaseChangeImpossible = defineError<{
  changes: readonly { action: string; address: string; attribute: string; reason: string }[];
}>({
  code: "DATABASE_CHANGE_IMPOSSIBLE",
  failure: "precondition",
  meaning:
    "RDS would refuse a change of the plan: an older engine version, another major version, less storage, or other subnets. Terraform would stop in the middle of its apply.",
  remedy:
    "Give the variables of the last deployment again (`--var`, `--var-file`, TF_VAR_...). Upgrade a major version with `aws rds modify-db-instance` first. For other subnets, deploy another project, and sync the rows.",
  state: "nothing-written",
  message: () =>
    "AWS would refuse changes to the database or its network, and Terraform would stop in the middle of its apply.",
  details: ({ changes }) =>
    changes.map(
      ({ action, address, attribute, reason }) =>
        `${action} ${address}${attribute === "" ? "" : `, because of: ${attribute}`} (${reason})`,
    ),
  hint: () =>
    "A variable of the last deployment may be missing. Give it again (--var, --var-file, TF_VAR_...).",
});

export const retentionShortened = defineError<{
  changes: readonly { address: string; bucket: string; what: string; from: number; to: number }[];
  /** When each dump would expire; the reason if the dumps could not be listed. */
  dumps: readonly { key: string; expiry: string }[] | { unknown: string };
  anywayCommand: string;
}>({
  code: "RETENTION_SHORTENED",
  failure: "precondition",
  meaning: "AWS would delete dumps, backups, logs or images earlier than it does now.",
  remedy:
    "Give the variables of the last deployment again (`--var`, `--var-file`, TF_VAR_...). `--allow-shorter-retention` continues anyway.",
  state: "nothing-written",
  message: ({ changes }) =>
    `AWS would delete data earlier than it does now: ${[...new Set(changes.map(describeLimits))].join(", ")}.`,
  details: ({ changes, dumps }) => [
    ...changes.map((change) => {
      const { address, bucket } = change;
      return `change ${address}${bucket === "" ? "" : ` (${bucket})`}, because of: ${describeLimits(change)}`;
    }),
    ...("unknown" in dumps
      ? [`the dumps that would expire are not known: ${dumps.unknown}`]
      : shortList(dumps.map(({ key, expiry }) => `${key} would expire ${expiry}`))),
  ],
  hint: ({ anywayCommand }) =>
    `A variable of the last deployment may be missing. Give it again (--var, --var-file, TF_VAR_...).\n  To continue anyway:  ${anywayCommand}`,
});

/** "days of logs: 7 instead of 30". */
function describeLimits({ what, from, to }: { what: string; from: number; to: number }): string {
  return `${what}: ${to} instead of ${Number.isFinite(from) ? from : "no limit"}`;
}

export const accountNotReady = defineError<{
  problems: readonly { message: string; fix: string }[];
  anywayCommand: string;
}>({
  code: "ACCOUNT_NOT_READY",
  failure: "precondition",
  meaning:
    "AWS would refuse a part of the deployment. The cause is a quota, a name that is taken, an image, a certificate, or something that AWS does not offer in the region.",
  remedy: "Follow the instruction that the error shows for each finding. `--allow-account` continues anyway.",
  state: "nothing-written",
  message: ({ problems }) =>
    `AWS would refuse a part of the deployment: ${plural(problems.length, "finding")}.`,
  details: ({ problems }) => problems.flatMap(({ message, fix }) => [message, `  ${fix}`]),
  hint: ({ anywayCommand }) => `To continue anyway:  ${anywayCommand}`,
});

export const databaseWouldBeDeleted = defineError<{ copyCommand: string; snapshotCommand: string }>({
  code: "DATABASE_WOULD_BE_DELETED",
  failure: "precondition",
  meaning: "The deactivation would delete the RDS instance, and no option states what happens to its rows.",
  remedy: "Choose with `--sync-data` (copy the rows to Neon first) or `--no-sync-data` (snapshots only).",
  state: "nothing-written",
  message: () =>
    "This deactivation would delete the RDS instance, but neither --sync-data nor --no-sync-data was given.",
  hint: ({ copyCommand, snapshotCommand }) =>
    `To copy its rows to Neon first:  ${copyCommand}\n  To keep its rows in snapshots only:  ${snapshotCommand}`,
});

export const databaseProtected = defineError<{ identifier: string; unprotectCommand: string }>({
  code: "DATABASE_PROTECTED",
  failure: "precondition",
  meaning: "The deactivation would delete the RDS instance, which has deletion protection.",
  remedy:
    "Run the command of the hint, which turns the protection off. To keep the database in pilot light instead, set the Terraform variable `database_always_on` to true.",
  state: "nothing-written",
  message: ({ identifier }) =>
    `The RDS instance ${identifier} has deletion protection, so Terraform cannot delete it.`,
  hint: ({ unprotectCommand }) =>
    `First turn the protection off, with a deployment in the current mode:  ${unprotectCommand}`,
});

export const databaseWouldBeCreated = defineError<{ againCommand: string; deploy: string }>({
  code: "DATABASE_WOULD_BE_CREATED",
  failure: "precondition",
  meaning: "The deactivation would create an RDS instance, which would be empty and would cost money.",
  remedy:
    "Give the variables of the last deployment again. To have a database in pilot light, deploy it with `pnpm infra:deploy`.",
  state: "nothing-written",
  message: () => "This deactivation would create a new, empty RDS instance.",
  hint: ({ againCommand, deploy }) =>
    `A variable of the last deployment may be missing. For example:  ${againCommand}\n  To create a database in pilot light on purpose:  ${deploy}`,
});

export const resyncRefused = defineError<{ withoutSyncCommand: string; anywayCommand: string }>({
  code: "RESYNC_REFUSED",
  failure: "precondition",
  meaning: "The activation would replace the RDS database while the backend runs, which may write to it.",
  remedy:
    "Activate without `--sync-data`, or with `--allow-resync` if you do not need the rows that the backend wrote.",
  state: "nothing-written",
  message: () =>
    "The environment is partly active, so its backend may write to RDS. A sync would replace the rows that the backend has written.",
  hint: ({ withoutSyncCommand, anywayCommand }) =>
    `To finish without another sync:  ${withoutSyncCommand}\n  To sync anyway:  ${anywayCommand}`,
});

export const targetNewer = defineError<{
  target: "RDS" | "Neon";
  /** When both databases were last equal; undefined when no copy between them is recorded. */
  equalAt: string | undefined;
  changed: readonly string[];
  anywayCommand: string;
}>({
  code: "TARGET_NEWER",
  failure: "precondition",
  meaning:
    "The sync may replace rows that only the target has. The target has changed since both databases were last equal, or no manifest records when they were equal.",
  remedy:
    "Compare both databases. To replace the newer rows, add `--allow-newer`. S3 keeps a dump of them for 30 days.",
  state: "nothing-written",
  message: ({ target, equalAt }) =>
    equalAt === undefined
      ? `No dump in S3 records a copy between these two databases. ${target} may have rows that the other database does not have.`
      : `${target} was written to after both databases were last equal (${formatMinute(equalAt)} UTC). A sync would replace the newer rows.`,
  details: ({ changed }) => changed,
  hint: ({ anywayCommand }) =>
    `Compare both databases first:  pnpm compare    To replace the newer rows anyway (S3 keeps a dump of them for 30 days):  ${anywayCommand}`,
});

export const syncPending = defineError<{ command: ModeChangeName; mode: string }>({
  code: "SYNC_PENDING",
  failure: "precondition",
  meaning: "The environment has the wanted mode, but the last run stopped before it copied the data.",
  remedy: "Resume that run.",
  state: "nothing-written",
  message: ({ command, mode }) =>
    `The environment is ${mode}, but the last \`${command}\` has not copied the data.`,
  hint: ({ command }) => `To finish that run:  pnpm ${command} --resume`,
});

export const settingsPending = defineError<{
  command: ModeChangeName;
  mode: string;
  changes: number;
  deployLine: string;
}>({
  code: "SETTINGS_PENDING",
  failure: "precondition",
  meaning:
    "The environment already has the wanted mode, but the variables or images of the command line differ from what is deployed.",
  remedy: "Deploy the settings with `pnpm infra:deploy`, or run the command without them.",
  state: "nothing-written",
  message: ({ command, mode, changes }) =>
    `The environment is already ${mode}, so \`${command}\` changes nothing. With the given settings, Terraform would make ${plural(changes, "change")}.`,
  hint: ({ deployLine }) => `To apply the settings:  ${deployLine}`,
});

// Steps

export const writersStillRunning = defineError<{ tasks: number; service: string; listCommand: string }>({
  code: "WRITERS_STILL_RUNNING",
  failure: "aws",
  meaning: "ECS did not stop the tasks of the backend in time. They may write to RDS.",
  remedy:
    "Wait until the tasks have stopped, then resume the run. If ECS only needs more time, raise `PILOT_LIGHT_BACKEND_STOP_SECONDS`.",
  message: ({ tasks, service }) =>
    `ECS has not stopped ${plural(tasks, "task")} of ${service}, which may write to RDS.`,
  hint: ({ listCommand }) =>
    `Wait until the tasks have stopped, then resume the run. To list the tasks:  ${listCommand}`,
});

export const backendStarted = defineError<{ service: string }>({
  code: "BACKEND_STARTED",
  failure: "precondition",
  meaning: "Someone started the backend after the run had stopped it for the copy.",
  remedy:
    "Find out what started the backend, such as a deployment in CI. Wait until that deployment has ended, then resume.",
  message: ({ service }) =>
    `Someone started ${service} after this run had stopped it, so RDS may have newer rows than Neon.`,
  hint: () =>
    "Find out what started the backend, such as a deployment in CI. Wait until that deployment has ended.",
});

export const copyOutdated = defineError<{ reason: string }>({
  code: "COPY_OUTDATED",
  failure: "precondition",
  meaning: "The copy in Neon is no longer equal to RDS, so RDS must not be deleted yet.",
  remedy: "Find out what wrote to the databases, then resume. The resumed run copies again.",
  message: ({ reason }) => `Neon no longer has the same data as RDS: ${reason}.`,
  hint: () =>
    "Find out what wrote to the databases. The resumed run copies again. If Neon has newer rows, the run stops before the copy.",
});

export const snapshotFailed = defineError<{
  id: string;
  instance: string;
  reason: string;
  listCommand: string;
}>({
  code: "SNAPSHOT_FAILED",
  failure: "aws",
  meaning: "RDS did not complete the snapshot that a deactivation takes before it deletes the database.",
  remedy: "Find out in the RDS console why the snapshot failed, then resume.",
  message: ({ id, instance }) => `The snapshot ${id} of ${instance} did not become available.`,
  details: ({ reason }) => [reason],
  hint: ({ listCommand }) =>
    `Find out in the RDS console why the snapshot failed, then resume. To list the snapshots:  ${listCommand}`,
});

export const modeNotReached = defineError<{ mode: string; againCommand: string }>({
  code: "MODE_NOT_REACHED",
  failure: "aws",
  meaning: "Another deployment changed the mode of the environment while the command ran.",
  remedy: "Find out who deployed, then run the command again.",
  state: "changed",
  message: ({ mode }) => `The environment is ${mode}: another deployment ran at the same time.`,
  hint: ({ againCommand }) => `Find out who deployed, then run:  ${againCommand}`,
});

// Adoption

export const existingStateUnreadable = defineError<{ file: string; reason: string }>({
  code: "EXISTING_STATE_UNREADABLE",
  failure: "configuration",
  meaning: "The file of `pnpm infra:adopt --state` is not a Terraform state with resources.",
  remedy:
    "Write the file again, in the folder of the existing code: `terraform state pull > existing.tfstate`.",
  state: "nothing-written",
  message: ({ file, reason }) => `Cannot read the existing state ${file}: ${reason}.`,
  hint: () =>
    "Write the file again, in the folder of the existing code:  terraform state pull > existing.tfstate",
});

export const mapInvalid = defineError<{ problems: readonly string[] }>({
  code: "MAP_INVALID",
  failure: "usage",
  meaning: "An option `--map` names a resource that does not exist, or two resources of different types.",
  remedy:
    "Write `--map <existing address>=<address in this stack>`. Without an address after the `=`, Terraform does not take the resource over.",
  state: "nothing-written",
  message: () => "The option --map is not valid.",
  details: ({ problems }) => problems,
  hint: () => "To see all addresses, run the command with --dry-run and without --map.",
});

export const adoptionAmbiguous = defineError<{
  choices: readonly { own: string; candidates: readonly { address: string; name: string }[] }[];
}>({
  code: "ADOPTION_AMBIGUOUS",
  failure: "precondition",
  meaning:
    "A resource of this stack may be one of several existing resources, and the command does not guess.",
  remedy:
    "Choose with `--map <existing address>=<address in this stack>`, or do not take a resource over: `--map <existing address>=`.",
  state: "nothing-written",
  message: ({ choices }) =>
    `${plural(choices.length, "resource")} of this stack may be one of several existing resources.`,
  details: ({ choices }) =>
    choices.flatMap(({ own, candidates }) => [
      `${own} may be:`,
      ...candidates.map(({ address, name }) => `  ${name === address ? address : `${address}  ${name}`}`),
    ]),
  hint: ({ choices }) => {
    const [choice] = choices;
    const { own = "", candidates: [candidate] = [] } = choice ?? {};
    const address = candidate?.address ?? "";
    return [
      "Add one option for each candidate. To take it over, for example:",
      `  ${commandLine("--map", [`${address}=${own}`])}`,
      "  To leave it alone:",
      `  ${commandLine("--map", [`${address}=`])}`,
    ].join("\n");
  },
});

export const adoptionConflict = defineError<{ conflicts: readonly string[] }>({
  code: "ADOPTION_CONFLICT",
  failure: "precondition",
  meaning:
    "Terraform cannot take over a resource as the mapping states: its id is missing, its name is taken, or the state of this stack has another resource in its place.",
  remedy:
    "Fix the problems that the details name. docs/runbooks/existing-environment.md describes the cases.",
  state: "nothing-written",
  message: ({ conflicts }) => `${plural(conflicts.length, "resource")} cannot be taken over.`,
  details: ({ conflicts }) => conflicts,
  hint: () => "Fix the problems above. docs/runbooks/existing-environment.md describes the cases.",
});

export const adoptionEmpty = defineError<{ file: string; project: string }>({
  code: "ADOPTION_EMPTY",
  failure: "precondition",
  meaning: "The existing state contains no resource that this stack would create.",
  remedy: "Check PROJECT_NAME: the names of all resources contain it.",
  state: "nothing-written",
  message: ({ file, project }) =>
    `The state ${file} has no resource that this stack would create for the project ${project}.`,
  hint: () => "Set the project's name, which the names of its resources contain:  export PROJECT_NAME=<name>",
});

/** A change that an adoption must not make. */
export type HarmfulChange = {
  action: string;
  address: string;
  name: string;
  holds: string | undefined;
  forcedBy: readonly string[];
  /** `--var` options that avoid it. */
  keep: readonly string[];
  /** The replaced resources that it refers to and whose replacement causes this change; "" if there are none. */
  follows: string;
  /** Its address in the state, if it is tainted. */
  taintedAt?: string;
  /** What avoids it, if it is more than a variable. */
  advice?: string;
};

/** What avoids a harmful change, or why it happens. */
function remedyOf({ keep, follows, advice, taintedAt }: HarmfulChange, stackFolder: string): string {
  if (taintedAt !== undefined) return `to keep it:  ${untaintLine(stackFolder, taintedAt)}`;
  if (advice !== undefined) return advice;
  if (keep.length > 0) return `to avoid it: ${keep.map((value) => commandLine("--var", [value])).join(" ")}`;
  return follows === "" ? "no variable of this stack avoids it" : `because it refers to ${follows}`;
}

export const adoptionHarmful = defineError<{
  changes: readonly HarmfulChange[];
  stackFolder: string;
  againCommand: string;
}>({
  code: "ADOPTION_HARMFUL",
  failure: "precondition",
  meaning:
    "Terraform would delete, replace, upgrade or move an existing resource, or create it a second time. An adoption changes resources in place only.",
  remedy:
    "Give the variables that the details name. If no variable avoids the replacement, read docs/runbooks/existing-environment.md.",
  state: "nothing-written",
  message: ({ changes }) =>
    `The adoption would delete, replace, upgrade or move existing resources: ${changes.map(({ name }) => name).join(", ")}.`,
  details: ({ changes, stackFolder }) =>
    changes.flatMap((change) => {
      const { action, address, holds, forcedBy, taintedAt } = change;
      const held = holds === undefined ? "" : ` (holds ${holds})`;
      return [
        `${action} ${address}${held}${becauseOf(forcedBy, taintedAt)}`,
        `  ${remedyOf(change, stackFolder)}`,
      ];
    }),
  hint: ({ changes, againCommand }) =>
    changes.some(({ keep }) => keep.length > 0)
      ? `To keep the existing resources:  ${againCommand}`
      : changes.every(({ advice, taintedAt }) => (advice ?? taintedAt) !== undefined)
        ? "Follow the instruction of each line above, then run the command again."
        : "Leave the resource alone with --map <existing address>=, or see docs/runbooks/existing-environment.md",
});

// Terraform

/** A lock of the state, as far as Terraform reports it. */
type Lock = { workspace: string } | { id: string; holder: string; operation: string; since: string };

export const stateLocked = defineError<Lock & { folder: string }>({
  code: "STATE_LOCKED",
  failure: "precondition",
  meaning: "Another run, or a person, holds the lock of the Terraform state.",
  remedy: "Wait until the other run has ended. Remove the lock only if that run no longer exists.",
  message: (lock) => {
    if ("workspace" in lock) {
      return `Another run or a person has locked the Terraform Cloud workspace ${lock.workspace}.`;
    }
    const { holder, operation, since } = lock;
    const who = holder === "" ? "Another run" : holder;
    return `${who} has locked the Terraform state${operation === "" ? "" : ` (${operation})`}${since === "" ? "" : `, since ${since}`}.`;
  },
  details: (lock) => {
    if ("workspace" in lock) {
      return ["Terraform does not report who holds the lock. See the workspace page in Terraform Cloud."];
    }
    return lock.id === "" ? [] : [`lock ${lock.id}`];
  },
  hint: (lock) => {
    const known = "workspace" in lock ? lock.workspace : lock.id;
    const id = known === "" ? "<id>" : shellWord(known);
    return `Wait until that run has ended. Only if it no longer exists, remove its lock:  ${shell`terraform -chdir=${lock.folder} force-unlock`} ${id}`;
  },
});

export const terraformLogin = defineError<{
  attempt: string;
  host: string;
  loginCommand: string;
  tokenVariable: string;
}>({
  code: "TERRAFORM_LOGIN",
  failure: "aws",
  meaning: "Terraform has no token for the host of the state, or the host rejected the token.",
  remedy: "Log in with `terraform login`, or set the variable with the token.",
  message: ({ attempt, host }) => `${attempt}: there is no token for ${host}, or ${host} rejected it.`,
  hint: ({ loginCommand, tokenVariable }) => `Set ${tokenVariable}, or log in:  ${loginCommand}`,
});

export const synthFailed = defineError({
  code: "SYNTH_FAILED",
  failure: "configuration",
  meaning: "The CDKTF app failed, so Terraform has no configuration to plan.",
  remedy: "Fix the error that `pnpm infra:synth` prints, then run the command again.",
  state: "nothing-written",
  message: () => "The synthesis of the stack failed.",
  hint: () => "Fix the error of the synthesis. To see the complete output:  pnpm infra:synth",
});

export const terraformInitFailed = defineError<{ attempt: string }>({
  code: "TERRAFORM_INIT_FAILED",
  failure: "aws",
  meaning: "`terraform init` failed, because Terraform cannot reach the state.",
  remedy: "Check the variables that name the place of the state. See docs/runbooks/terraform-cloud.md.",
  message: ({ attempt }) => `${attempt}: Terraform cannot reach the state.`,
  hint: () =>
    "Check TF_STATE_BUCKET, TF_CLOUD_ORGANIZATION and TF_WORKSPACE. See docs/runbooks/terraform-cloud.md",
});

export const terraformStalled = defineError<{ command: string; reason: string; seconds: number }>({
  code: "TERRAFORM_STALLED",
  failure: "aws",
  meaning:
    "Terraform made no progress. AWS does not answer, or the time limit is over. The command has stopped Terraform.",
  remedy:
    "Check the network between this machine and AWS, then run the command again. If Terraform only needs more time, raise `PILOT_LIGHT_TERRAFORM_SECONDS`.",
  message: ({ command, reason, seconds }) =>
    `terraform ${command} made no progress for ${seconds} s, and ${reason}. The command has stopped Terraform.`,
  hint: () => "Check the network between this machine and AWS, then run the command again.",
});

export const stateChanged = defineError({
  code: "STATE_CHANGED",
  failure: "precondition",
  meaning:
    "Another deployment changed the Terraform state, or the images of the services, after this command created its plan.",
  remedy: "Run the command again. It shows a new plan.",
  state: "nothing-written",
  message: () =>
    "Another deployment changed the Terraform state, or the images of the services, after this command created its plan.",
  hint: () => "Run the command again to see the new plan.",
});

export const stateFileEmpty = defineError<{ file: string; hasBackup: boolean }>({
  code: "STATE_FILE_EMPTY",
  failure: "precondition",
  meaning:
    "The local file with the Terraform state exists, and is empty. Terraform empties the file before it writes the state. Either another run is writing the file at this moment, or Terraform was killed while it wrote.",
  remedy:
    "Wait until no deployment runs. If the file is still empty, restore its backup with the command of the hint.",
  state: "nothing-written",
  message: ({ file }) => `The file with the Terraform state is empty: ${file}`,
  details: () => [
    "Terraform empties the file before it writes the state. Either another run is writing the file at this moment, or Terraform was killed while it wrote.",
  ],
  hint: ({ file, hasBackup }) =>
    hasBackup
      ? `Wait until no deployment runs. If the file is still empty, restore the state from before that run:  ${commandLine("cp", [`${file}.backup`, file])}\n  The restored state lacks the resources that the run has created. Import these resources, or delete them in AWS.`
      : `Wait until no deployment runs. If nothing was ever deployed:  ${commandLine("rm", [file])}`,
});

export const neverDeployed = defineError<{ stack: string }>({
  code: "NEVER_DEPLOYED",
  failure: "precondition",
  meaning: "The stack has no Terraform outputs: it was never deployed, or its state is in another place.",
  remedy: "Deploy the environment once, or set the variables that name the place of its state.",
  state: "nothing-written",
  message: ({ stack }) =>
    `The stack ${stack} has no outputs. It was never deployed, or its state is in another place.`,
  hint: () =>
    `Check where the state is (TF_STATE_BUCKET, TF_CLOUD_ORGANIZATION). To deploy the environment in pilot light:  ${deployCommand}`,
});

// Settings

export const noSettingsGiven = defineError({
  code: "NO_SETTINGS_GIVEN",
  failure: "usage",
  meaning: "`pnpm configure` asks for the settings, but it runs without a terminal.",
  remedy: "Give the values with `--set`.",
  state: "nothing-written",
  message: () => "The command asks for the settings, but it runs without a terminal.",
  hint: () =>
    "A name without a value takes the value of the environment variable of that name. To give the values:  pnpm configure --set AWS_REGION=us-east-1 --set NEON_DATABASE_URL --yes",
});

export const settingInvalid = defineError<{ name: string; problem: string }>({
  code: "SETTING_INVALID",
  failure: "usage",
  meaning: "A value that `--set` gives is not valid, or is a secret, which must not be an argument.",
  remedy: "Correct the value. docs/variables.md explains each variable.",
  state: "nothing-written",
  message: ({ name, problem }) => (problem.includes(name) ? problem : `${name}: ${problem}`),
  hint: () =>
    "Correct the option --set, then run the command again. docs/variables.md explains each variable.",
});

export const settingNotWritable = defineError<{ name: string }>({
  code: "SETTING_NOT_WRITABLE",
  failure: "usage",
  meaning: "A value contains quotes or other characters that no line of a settings file can hold.",
  remedy: "Set the variable in the environment instead.",
  state: "nothing-written",
  message: ({ name }) => `No line of a settings file can hold the value of ${name}.`,
  hint: ({ name }) => `Set ${name} in the environment instead.`,
});
