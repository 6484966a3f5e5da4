/**
 * The registry of sync's errors: code, class, message, hint and resulting state, each in one place. The logic calls the
 * functions; docs/errors.md is generated from the entries. The errors of preflight are in the files of their rules, in `plan/rules`.
 */
import type { Side } from "@pilot-light/core/errors";
import { defineError } from "@pilot-light/core/ops-error";
import type { DatabaseSystem, Endpoint } from "@pilot-light/core/postgres/endpoint";
import { shell } from "@pilot-light/core/output/shell";
import { ident, literal } from "@pilot-light/core/postgres/identifiers";
import { deployCommand } from "@pilot-light/core/terraform/deploy-command";
import { restoreBackupCommand } from "./read/restore-backup.ts";
import { hintForProgram } from "./copy/program-hints.ts";

const eitherSide = { oneOf: ["source", "target"], choose: ({ side }: { side: Side }) => side } as const;

// Before the first step

export const sameDatabase = defineError<Pick<Endpoint, "database" | "host">>({
  code: "SAME_DATABASE",
  failure: "precondition",
  meaning: "Source and target are the same database, under two names or addresses.",
  remedy: "Correct NEON_DATABASE_URL, the output `database_endpoint` or RDS_HOSTADDR.",
  message: ({ database, host }) => `Source and target are the same database: ${database} @ ${host}.`,
  hint: () =>
    "One of these settings names the wrong server: NEON_DATABASE_URL, the output database_endpoint, RDS_HOSTADDR.",
});

export const syncRunning = defineError<{
  role: "source" | "target";
  database: string;
  system: DatabaseSystem;
  /** The session of the other sync: its number, when it began, and its client. Undefined if the session has just ended. */
  holder: { pid: number; since: string; client: string } | undefined;
}>({
  code: "SYNC_RUNNING",
  failure: "precondition",
  meaning: "Another sync or undo holds the lock of one of the databases.",
  remedy:
    "Wait until the other sync or undo has ended. The message names its session on the server, when the session began, and its client. If the process of that sync no longer exists, the server ends the session within a minute.",
  message: ({ role, database, system, holder }) => {
    const who =
      holder === undefined ? "" : ` (session ${holder.pid}, since ${holder.since}, from ${holder.client})`;
    return `Another sync is using the ${role} ${database} on ${system}${who}.`;
  },
  hint: ({ holder }) => {
    const wait = "Wait until the other sync has ended, then run the command again.";
    if (holder === undefined) return wait;
    return `${wait} If the process of that sync no longer exists, the server ends the session within a minute. To end the session at once, run this on the server:  select pg_terminate_backend(${holder.pid});`;
  },
});

export const syncInterrupted = defineError<{
  live: string;
  system: DatabaseSystem;
  /** The name that the target has now; undefined if the target has its own name, but is closed. */
  name: string | undefined;
}>({
  code: "SYNC_INTERRUPTED",
  failure: "precondition",
  meaning:
    "A sync or an undo was killed during its swap, and left its database closed (it accepts no connections) or under another name.",
  remedy:
    "Do not create a database under the target's name. Run `pnpm sync undo <system>`: after an interrupted sync, it repairs the target and reverts nothing. The next sync repairs the target as well.",
  message: ({ live, name }) =>
    name === undefined
      ? `An interrupted sync or undo left the database ${live} closed: it accepts no connections.`
      : `An interrupted sync or undo left the database ${live} under the name ${name}.`,
  hint: ({ live, system }) =>
    `Do not create a database named ${live}. To repair the database, without reverting a sync:  pnpm sync undo ${system}`,
});

export const targetUnclear = defineError<{ live: string; name: string; previous: readonly string[] }>({
  code: "TARGET_UNCLEAR",
  failure: "precondition",
  meaning: "The database with the target's name is not the one that the last sync created.",
  remedy:
    "Inspect both databases, then drop or rename the one that you do not need. If you created the target again on purpose, add `--allow-recreated-target`.",
  state: "nothing-written",
  message: ({ live, name }) =>
    `The database ${live} is not the one that the last sync created. That sync renamed the previous target to ${name}.`,
  details: ({ previous }) => previous.map((each) => `previous target: ${each}`),
  hint: ({ live, name }) =>
    `Inspect ${live} and ${name}. Then rename or drop the one that you do not need:  alter database <name> rename to <new name>;    or  drop database <name>;`,
});

export const nothingToUndo = defineError<{
  live: string;
  system: DatabaseSystem;
  undone: readonly string[];
}>({
  code: "NOTHING_TO_UNDO",
  failure: "precondition",
  meaning: "The server has no previous target that the undo could return to.",
  remedy: "Restore a dump from S3 with `pnpm sync restore`: see docs/runbooks/restore-a-dump.md.",
  message: ({ live, system }) => `${system} has no previous target of ${live}.`,
  details: ({ undone }) => undone.map((name) => `kept by an earlier undo: ${name}`),
  hint: ({ system }) =>
    `Earlier states are in S3. To list them:  pnpm dumps list    To restore one:  pnpm sync restore <key> --to ${system}`,
});

export const undoInPlace = defineError<{
  live: string;
  system: DatabaseSystem;
  /** When the contents were replaced, written as in the key of a dump. */
  at: string;
  /** S3 key of the dump of the earlier contents. */
  backup: string;
  /** A database that an earlier sync replaced. */
  previous: string | undefined;
}>({
  code: "UNDO_IN_PLACE",
  failure: "precondition",
  meaning:
    "The last sync or restore replaced the contents of the database in place. It kept no previous target that an undo could return to.",
  remedy: "Restore the backup of that sync, with the command of the hint.",
  message: ({ live, at }) =>
    `A sync or a restore replaced the contents of ${live} in place at ${at}, so no undo can return to the earlier contents.`,
  details: ({ previous }) =>
    previous === undefined ? [] : [`an earlier sync left the previous target ${previous}`],
  hint: (facts) => `The earlier contents are in S3. To return to them:  ${restoreBackupCommand(facts)}`,
});

// The bucket and its manifests

export const bucketMissing = defineError<{ bucket: string }>({
  code: "BUCKET_MISSING",
  failure: "aws",
  meaning: "The bucket for dumps does not exist.",
  remedy: "Deploy the stack, or correct PROJECT_NAME and the output `db_backups_bucket_name`.",
  message: ({ bucket }) => `The bucket ${bucket} does not exist.`,
  hint: () =>
    `Check PROJECT_NAME and the output db_backups_bucket_name. To create the bucket:  ${deployCommand}`,
});

export const bucketForeign = defineError<{
  bucket: string;
  account: string;
  region: string;
  status: number;
}>({
  code: "BUCKET_FOREIGN",
  failure: "aws",
  meaning: "The bucket for dumps belongs to another account or region, or S3 denied access.",
  remedy: "Choose the right AWS_PROFILE, or correct PROJECT_NAME.",
  message: ({ bucket }) =>
    `Cannot use the bucket ${bucket}: it belongs to another account or region, or S3 denied access.`,
  details: ({ account, region, status }) => [`account ${account}, region ${region}, HTTP status ${status}`],
  hint: () => "Check PROJECT_NAME and the profile:  aws sts get-caller-identity",
});

export const uploadIncomplete = defineError<{ uri: string; bytes: number; expected: number }>({
  code: "UPLOAD_INCOMPLETE",
  failure: "aws",
  meaning: "The size of an uploaded dump in S3 differs from its size on disk.",
  remedy: "Run the command again.",
  message: ({ uri, bytes, expected }) => `${uri} has ${bytes} bytes in S3, but ${expected} bytes on disk.`,
  hint: () => "Run the same command again.",
});

export const keyTaken = defineError<{ uri: string }>({
  code: "KEY_TAKEN",
  failure: "aws",
  meaning: "Another run created a dump with the same key in the same second.",
  remedy: "Run the command again.",
  message: ({ uri }) => `Another run has just created ${uri}.`,
  hint: () => "Run the same command again.",
});

export const manifestUnreadable = defineError<{ uri: string }>({
  code: "MANIFEST_UNREADABLE",
  failure: "aws",
  meaning: "The manifest of a dump is not JSON, or its fields are not valid.",
  remedy:
    "If a newer version of the tool wrote the manifest, use that version. If the manifest is damaged, use another dump. A mode change reads the newest manifest to find out when both databases were equal: the next sync writes a new one.",
  message: ({ uri }) => `Cannot read the manifest ${uri}.`,
  hint: ({ uri }) =>
    `If a newer version of the tool wrote the manifest, use that version. If the manifest is damaged, use another dump:  pnpm dumps list    To inspect the manifest:  ${shell`aws s3 cp ${uri} -`}`,
});

export const manifestFailed = defineError<{ live: string; uri: string }>({
  code: "MANIFEST_FAILED",
  failure: "aws",
  meaning: "The sync replaced and verified the target, but S3 did not accept the manifest of the dump.",
  remedy:
    "The target is complete. Its dump is not, because it has no manifest. To create a complete dump, sync again.",
  state: "changed",
  message: ({ live, uri }) =>
    `The sync replaced and verified ${live}, but S3 did not accept the manifest of ${uri}.`,
  hint: () =>
    "The target is complete. Its dump is not, because it has no manifest. To create a complete dump, sync again.",
});

// Dump, restore, verification

/** Errors that a program reported. */
interface ProgramFailure {
  errors: readonly string[];
}
const programDetails = ({ errors }: ProgramFailure) => errors;

export const dumpFailed = defineError<ProgramFailure & { side: Side; system: DatabaseSystem }>({
  code: "DUMP_FAILED",
  failure: eitherSide,
  meaning: "pg_dump failed.",
  remedy: "Fix the errors that pg_dump reports, then run the command again.",
  message: ({ system }) => `pg_dump of ${system} failed.`,
  details: programDetails,
  hint: ({ errors }) =>
    hintForProgram(errors) ??
    "Fix the errors above, then run the command again. To see the command line of pg_dump, add --verbose",
});

export const archiveUnreadable = defineError<{ reason: string }>({
  code: "ARCHIVE_UNREADABLE",
  failure: "configuration",
  meaning: "The tool does not know the format of the dump that pg_dump has written.",
  remedy:
    "Use pg_dump and pg_restore of a major version from 14 to 18. If they already have such a version, report the problem.",
  message: ({ reason }) => `Cannot read the dump that pg_dump has written: ${reason}.`,
  hint: () =>
    "Set PILOT_LIGHT_PG_BIN to the directory of the client programs of a major version from 14 to 18.",
});

export const dumpDamaged = defineError<ProgramFailure>({
  code: "DUMP_DAMAGED",
  failure: "target",
  meaning: "pg_restore cannot read the dump of the target that pg_dump has just written.",
  remedy: "Check the free space of the directory for temporary files, then run the command again.",
  message: () => "pg_restore cannot read the dump of the target.",
  details: programDetails,
  hint: () => "Check the free space of the directory for temporary files:  df -h",
});

export const sourceRewritten = defineError<{
  side: Side;
  system: DatabaseSystem;
  tables: readonly string[];
}>({
  code: "SOURCE_REWRITTEN",
  failure: eitherSide,
  meaning:
    "Another session truncated, rewrote or dropped tables, or changed their columns, while the sync read them. So the snapshot of the sync is not valid.",
  remedy: "Run the command again when the reload or the migration has ended.",
  message: ({ system }) =>
    `${system}: another session truncated, rewrote or dropped tables, or changed their columns, while the sync read them.`,
  details: ({ tables }) => tables,
  hint: () => "Wait until the reload or the migration has ended, then run the same command again.",
});

export const databaseRenamed = defineError<{
  side: Side;
  system: DatabaseSystem;
  database: string;
  /** The name that it has now; undefined if it was dropped. */
  now: string | undefined;
  /** Whether another database has its name. */
  isTaken: boolean;
}>({
  code: "DATABASE_RENAMED",
  failure: eitherSide,
  meaning:
    "Another session renamed or dropped a database while the command ran. Another database may have its name now. The command has not changed that database.",
  remedy: "Give the database its name again with the statement of the hint, then run the command again.",
  message: ({ system, database, now }) =>
    now === undefined
      ? `${system}: another session dropped the database ${database} while the command ran.`
      : `${system}: another session renamed the database ${database} to ${now} while the command ran.`,
  details: ({ database, isTaken }) =>
    isTaken ? [`Another database has the name ${database} now. The command has not changed it.`] : [],
  hint: ({ database, now, isTaken }) => {
    const again = isTaken
      ? "To use the database that has the name now, run the same command again."
      : "Run the same command again.";
    if (now === undefined) return again;
    const rename = `alter database ${ident(now)} rename to ${ident(database)};`;
    return isTaken
      ? `${again} To give the database its name again, after the other one was renamed:  ${rename}`
      : `To give the database its name again:  ${rename}`;
  },
});

export const filterOutdated = defineError<{ system: DatabaseSystem; names: readonly string[] }>({
  code: "FILTER_OUTDATED",
  failure: "source",
  meaning:
    "The patterns of `--exclude-table-data` or `--schema` match other tables or schemas than the plan states: another session created, renamed or dropped one after the plan.",
  remedy: "Run the command again: its plan names the tables and schemas.",
  message: ({ system }) =>
    `${system}: after the plan, another session changed which tables or schemas the filters match.`,
  details: ({ names }) => names,
  hint: () => "Run the same command again: its plan names the tables and schemas.",
});

export const tableLocked = defineError<{ side: Side; system: DatabaseSystem; waits: readonly string[] }>({
  code: "TABLE_LOCKED",
  failure: eitherSide,
  meaning: "Another session holds a lock on a table for longer than the sync waits.",
  remedy: "Wait until the session that the error names has ended its transaction, or end that session.",
  message: ({ system }) =>
    `${system}: another session holds a lock on a table, so the sync cannot use the table.`,
  details: ({ waits }) => waits,
  hint: () =>
    "Wait until that session has ended its transaction, then run the same command again. To end the session:  select pg_terminate_backend(<number of the session>);",
});

/** The restored database: the staging database, or in place the target. */
interface Copy {
  database: string;
  system: DatabaseSystem;
}

export const restoreFailed = defineError<ProgramFailure & Copy>({
  code: "RESTORE_FAILED",
  failure: "target",
  meaning: "pg_restore could not restore the dump. The target is unchanged.",
  remedy: "In the source, fix the object that the error names. Then sync again.",
  message: ({ database, system }) => `pg_restore could not restore the dump to ${database} on ${system}.`,
  details: programDetails,
  hint: ({ errors }) =>
    hintForProgram(errors) ?? "In the source, fix the object that pg_restore names. Then sync again.",
});

export const verificationFailed = defineError<Copy & { differences: readonly string[]; remedy: string }>({
  code: "VERIFICATION_FAILED",
  failure: "target",
  meaning: "The restored database is not equal to the source.",
  remedy:
    "The hint of the error states what to do. It depends on what differs: rows, definitions, positions of sequences, or extensions.",
  message: ({ database, system }) =>
    `The restored database ${database} on ${system} is not equal to the source.`,
  details: ({ differences }) => differences,
  hint: ({ remedy }) => remedy,
});

// Settings and privileges of the target

export const settingsNotCarried = defineError<{ reason: string; statement: string }>({
  code: "SETTINGS_NOT_CARRIED",
  failure: "target",
  meaning: "The target has a setting that the role of the sync may not copy to the staging database.",
  remedy: "Ask an administrator for the missing privilege, or reset the setting on the target.",
  message: ({ reason }) => `Cannot copy a setting of the target to the staging database: ${reason}`,
  details: ({ statement }) => [statement],
  hint: () =>
    "Only an administrator may copy this setting. Ask an administrator for the missing privilege, or reset the setting on the target.",
});

export const privilegesNotCarried = defineError<{ objects: readonly string[] }>({
  code: "PRIVILEGES_NOT_CARRIED",
  failure: "target",
  meaning: "The sync could not copy all owners and privileges of the target to the staging database.",
  remedy: "Grant the listed privileges as the owner of the objects, then sync again.",
  message: () => "Cannot copy all owners and privileges of the target to the staging database.",
  details: ({ objects }) => objects,
  hint: () =>
    "A role other than the owner granted these privileges, or the objects belong to an extension of another role. The sync cannot grant privileges in the name of that role. Grant the privileges as the owner, then sync again.",
});

// The swap

export const swapFailed = defineError<{ live: string; reason: string }>({
  code: "SWAP_FAILED",
  failure: "target",
  meaning: "The sync could not rename the target, usually because a session still uses the target.",
  remedy: "End the sessions that use the target, then run the command again.",
  state: "target-unchanged",
  message: ({ live, reason }) => `Cannot swap the target ${live}: ${reason}`,
  hint: ({ live }) =>
    `Probably a session uses the target, and the role of the sync may not end that session. To list the sessions in the target:  select pid, usename, application_name from pg_stat_activity where datname = ${literal(live)};`,
});

export const swapBroken = defineError<{
  live: string;
  incoming: string;
  previous: string;
  system: DatabaseSystem;
  reason: string;
}>({
  code: "SWAP_BROKEN",
  failure: "target",
  meaning: "An error interrupted the swap, and the sync could not revert the swap.",
  remedy:
    "Do not create a database under the target's name. Run `pnpm sync undo <system>`: after an interrupted sync, it repairs the target and reverts nothing.",
  state: "unknown",
  message: ({ live, reason }) =>
    `An error interrupted the swap of ${live}, and the sync could not revert the swap: ${reason}`,
  details: ({ live, incoming, previous }) => [
    `the target is the database ${live} or ${previous}`,
    `its replacement is the database ${incoming} or ${live}`,
    "no database was dropped",
  ],
  hint: ({ live, previous, system }) =>
    `To repair the target, which reverts no sync:  pnpm sync undo ${system}    To repair it by hand:  alter database ${ident(previous)} rename to ${ident(live)}; alter database ${ident(live)} allow_connections true;`,
});

// The in-place method

export const notEmptied = defineError<{ left: readonly string[]; lost: readonly string[] }>({
  code: "NOT_EMPTIED",
  failure: "target",
  meaning:
    "The in-place method could not drop all objects of the target, or it would have dropped objects that it must keep. The server rolled the transaction back.",
  remedy: "In the target, drop the objects that the error names. Or sync without `--in-place`.",
  message: ({ left }) =>
    left.length > 0
      ? "The in-place method could not drop all objects of the target."
      : "Emptying the target would drop objects that the in-place method must keep.",
  details: ({ left, lost }) => [
    ...left.slice(0, 20).map((name) => `not dropped: ${name}`),
    ...lost.slice(0, 20).map((name) => `must be kept: ${name}`),
  ],
  hint: () =>
    "In the target, drop these objects, or the dependencies between them. Or sync without --in-place.",
});

export const targetChanged = defineError<{
  system: DatabaseSystem;
  database: string;
  objects: readonly string[];
}>({
  code: "TARGET_CHANGED",
  failure: "target",
  meaning:
    "Another session changed objects or large objects of the target after the in-place method had dumped it. The dump does not contain these changes, so the sync rolled the transaction back.",
  remedy: "Run the command again when no migration runs on the target.",
  message: ({ system, database }) =>
    `${system}: another session changed objects of ${database} after the sync had dumped it.`,
  details: ({ objects }) => objects,
  hint: () =>
    "Wait until the migration or other change of the target has ended, then run the same command again.",
});

export const transactionEnded = defineError<{ database: string; what: string }>({
  code: "TRANSACTION_ENDED",
  failure: "target",
  meaning:
    "A statement of the dump or of `--after-restore` has ended the transaction of the in-place method. The server rolled the transaction back.",
  remedy: "Remove COMMIT and ROLLBACK from the file, or sync without `--in-place`.",
  message: ({ database, what }) => `${what} has ended the transaction that replaces ${database}.`,
  hint: () => "The server rolled the transaction back. Sync without --in-place, or remove the statement.",
});

export const commitFailed = defineError<{ database: string; reason: string }>({
  code: "COMMIT_FAILED",
  failure: "target",
  meaning: "The server did not commit the transaction of the in-place method.",
  remedy: "Fix the problem that the message names, then run the command again.",
  state: "target-unchanged",
  message: ({ database, reason }) =>
    `The server did not commit the transaction that replaces ${database}: ${reason}`,
  hint: () =>
    "The server rolled the transaction back. Fix the problem that the server reports, then run the same command again.",
});

export const commitUnknown = defineError<{
  database: string;
  system: DatabaseSystem;
  id: string;
  backup: string;
  reason: string;
}>({
  code: "COMMIT_UNKNOWN",
  failure: "target",
  meaning:
    "The connection was lost during the COMMIT of the in-place method, and the tool could not find out whether the server committed. The target is complete in both cases: it holds all of its earlier contents, or all of the new ones.",
  remedy: "Run the query that the error shows on the server. Both dumps are in S3.",
  state: "unknown",
  message: ({ database, reason }) =>
    `The connection was lost during the COMMIT that replaces ${database}, and the tool could not find out whether the server committed: ${reason}`,
  details: ({ id, backup }) => [
    "the database is complete: it has all of its earlier contents, or all of the new ones",
    `to find out:  select pg_xact_status(${literal(id)});`,
    `the dump ${backup} holds the earlier contents as well`,
  ],
  hint: (facts) =>
    `If the server committed, and you need the earlier contents:  ${restoreBackupCommand(facts)}`,
});
