/** The registry of the errors of the commands about dumps: `pnpm dumps`. */
import { formatBytes, formatCount, plural } from "@pilot-light/core/output/format";
import { shell } from "@pilot-light/core/output/shell";
import { defineError } from "@pilot-light/core/ops-error";

// Which dump

export const dumpMissing = defineError<{ key: string; bucket: string }>({
  code: "DUMP_MISSING",
  failure: "precondition",
  meaning: "No dump in the bucket has the key that was given.",
  remedy: "List the dumps with `pnpm dumps list`. The lifecycle rule of the bucket deletes old dumps.",
  state: "nothing-written",
  message: ({ key, bucket }) => `No dump in ${bucket} has the key ${key}.`,
  hint: () => "A lifecycle rule of the bucket may have deleted the dump. To list the dumps:  pnpm dumps list",
});

export const dumpAmbiguous = defineError<{ key: string; keys: readonly string[] }>({
  code: "DUMP_AMBIGUOUS",
  failure: "usage",
  meaning: "The given part of a key occurs in the keys of several dumps.",
  remedy: "Give more of the key, or add `--system`. A sync writes two dumps with the same time.",
  state: "nothing-written",
  message: ({ key, keys }) => `The keys of ${plural(keys.length, "dump")} contain "${key}".`,
  details: ({ keys }) => (keys.length > 10 ? [...keys.slice(0, 10), `and ${keys.length - 10} more`] : keys),
  hint: () =>
    "Give more of the key, such as neon-dumps/2026-11-22T09-30-00. A sync writes two dumps with the same time: --system neon or --system rds selects one.",
});

export const noDumps = defineError<{ bucket: string; system: string | undefined }>({
  code: "NO_DUMPS",
  failure: "precondition",
  meaning: "`latest` was given, but the bucket has no complete dump.",
  remedy: "List the dumps with `pnpm dumps list`. A sync creates a dump.",
  state: "nothing-written",
  message: ({ bucket, system }) =>
    `${bucket} has no complete dump${system === undefined ? "" : ` of ${system}`}.`,
  hint: () => "A dump is complete once it has a manifest. To list all dumps:  pnpm dumps list",
});

export const dumpIncomplete = defineError<{ uri: string; lacks: "manifest" | "dump" }>({
  code: "DUMP_INCOMPLETE",
  failure: "precondition",
  meaning:
    "The dump has no manifest, or the dump of a manifest does not exist, so the tool cannot check the dump.",
  remedy:
    "Use another dump. If the sync of this dump still runs, wait: it writes the manifest last. If the sync was killed, finish it with `pnpm sync <direction> --resume`.",
  state: "nothing-written",
  message: ({ uri, lacks }) =>
    lacks === "manifest"
      ? `${uri} has no manifest, so nothing proves that the dump is intact.`
      : `${uri} does not exist. Only its manifest does.`,
  hint: ({ uri, lacks }) =>
    lacks === "manifest"
      ? `If its sync still runs, wait until the sync has ended. To download the dump without a check:  ${shell`aws s3 cp ${uri} .`}`
      : "To list the dumps:  pnpm dumps list",
});

// Download and check

export const dumpDamagedInS3 = defineError<{
  uri: string;
  problems: readonly string[];
  isRestore: boolean;
}>({
  code: "DUMP_NOT_INTACT",
  failure: {
    oneOf: ["problems", "precondition"],
    choose: ({ isRestore }) => (isRestore ? "precondition" : "problems"),
  },
  meaning: "The bytes of a dump in S3 are not the bytes that its manifest describes.",
  remedy: "Use another dump. The versions of the object in S3 may contain the original bytes.",
  message: ({ uri }) => `${uri} is not the dump that its manifest describes.`,
  details: ({ problems }) => problems,
  hint: () => "Use another dump:  pnpm dumps list",
});

export const fileExists = defineError<{ file: string }>({
  code: "FILE_EXISTS",
  failure: "precondition",
  meaning: "The file to which the dump would be downloaded exists already.",
  remedy: "Remove the file, or name another one with `--file`.",
  state: "nothing-written",
  message: ({ file }) => `The file ${file} exists already. A download does not replace a file.`,
  hint: () => "Remove the file, or name another file with --file.",
});

export const fileUnwritable = defineError<{ file: string; reason: string }>({
  code: "FILE_UNWRITABLE",
  failure: "configuration",
  meaning: "The file to which the dump is downloaded cannot be written.",
  remedy: "Name a file in a directory that exists and that you may write to, with `--file`.",
  message: ({ file, reason }) => `Cannot write ${file}: ${reason}.`,
  hint: () => "Name a file in a directory that you may write to, with --file.",
});

export const noRoom = defineError<{ directory: string; bytes: number; free: number }>({
  code: "NO_ROOM",
  failure: "precondition",
  meaning: "The directory has less free space than the dump needs.",
  remedy:
    "Free disk space, or use another directory: with `--file` for a download, with the variable TMPDIR for a check.",
  state: "nothing-written",
  message: ({ directory, bytes, free }) =>
    `The dump needs ${formatBytes(bytes)}, but ${directory} has only ${formatBytes(free)} of free space.`,
  hint: () =>
    "Free disk space, or use another directory: with --file for a download, with the variable TMPDIR for a check.",
});

// Restore

export const rowsUnknown = defineError<{ uri: string; command: string }>({
  code: "DUMP_ROWS_UNKNOWN",
  failure: "precondition",
  meaning:
    "The manifest of the dump does not state the rows of the tables, so the restored rows cannot be verified. Backups of earlier versions of the tool have such manifests.",
  remedy: "Restore another dump, or add `--allow-unverified`.",
  message: ({ uri }) =>
    `The manifest of ${uri} does not state the rows, so the restored rows cannot be verified.`,
  hint: ({ command }) =>
    `The bytes of the dump are intact, and the schema is verified. To restore the dump anyway:  ${command} --allow-unverified`,
});

export const manifestWithoutContents = defineError<{ uri: string }>({
  code: "DUMP_NOT_COMPARABLE",
  failure: "precondition",
  meaning:
    "The manifest of the dump contains no facts to compare. An earlier version of the tool wrote the manifest.",
  remedy: "Compare with another dump.",
  message: ({ uri }) => `The manifest of ${uri} contains no facts to compare.`,
  hint: () => "Compare with another dump. To list the dumps:  pnpm dumps list",
});

// Resume

export const noDumpToResume = defineError<{ direction: string; bucket: string }>({
  code: "NO_DUMP_TO_RESUME",
  failure: "precondition",
  meaning:
    "No interrupted sync in this direction finished the upload of its dump in the last day. A sync that ended by an error or by Ctrl-C removes its dump.",
  remedy: "Sync without `--resume`.",
  state: "nothing-written",
  message: ({ direction, bucket }) =>
    `No interrupted sync ${direction} has finished the upload of its dump to ${bucket} in the last 24 hours.`,
  hint: ({ direction }) => `To sync from the beginning:  pnpm sync ${direction}`,
});

interface Obsolete {
  direction: string;
  uri: string;
  database: string;
  system: string;
}

export const resumeReplaced = defineError<Obsolete>({
  code: "RESUME_REPLACED",
  failure: "precondition",
  meaning:
    "The interrupted sync had verified its copy and replaced the target before it was killed. Only the manifest of its dump is missing.",
  remedy: "The target is complete, so there is nothing to resume. To create a complete dump, sync again.",
  state: "nothing-written",
  message: ({ database, system, uri }) =>
    `The interrupted sync had already replaced ${database} on ${system} with its verified copy. Only the manifest of ${uri} is missing.`,
  hint: ({ direction }) =>
    `The target is complete, so there is nothing to resume. To create a complete dump, sync again:  pnpm sync ${direction}`,
});

export const resumeSuperseded = defineError<Obsolete>({
  code: "RESUME_SUPERSEDED",
  failure: "precondition",
  meaning:
    "Another sync, restore or undo has replaced one of the databases since the interrupted sync, or every table of the target was created again. The dump holds an older state.",
  remedy:
    "Sync without `--resume`. The dump remains in S3 for a day: docs/runbooks/restore-a-dump.md describes how to use it by hand.",
  state: "nothing-written",
  message: ({ database, system, uri }) =>
    `Another command has replaced a database since the interrupted sync, so ${uri} is no longer a dump for ${database} on ${system}.`,
  hint: ({ direction }) => `To sync from the beginning:  pnpm sync ${direction}`,
});

export const resumeWithoutScript = defineError<{
  direction: string;
  file: string;
  sha256: string;
  isOther: boolean;
}>({
  code: "RESUME_WITHOUT_SCRIPT",
  failure: "precondition",
  meaning:
    "The interrupted sync had a file for `--after-restore`. The resumed sync names no file, or a file with other contents.",
  remedy: "Name a file with the same contents. To use another file, sync without `--resume`.",
  state: "nothing-written",
  message: ({ file, sha256, isOther }) =>
    `The interrupted sync would have changed its copy with ${file} (SHA-256 ${sha256}), but --after-restore names ${isOther ? "another file" : "no file"}.`,
  hint: ({ direction, file }) =>
    `To resume with the same file:  pnpm sync ${direction} --resume ${shell`--after-restore ${file}`}`,
});

// Deletion

export const dumpNeeded = defineError<{ uri: string; reasons: readonly string[]; command: string }>({
  code: "DUMP_NEEDED",
  failure: "precondition",
  meaning:
    "The dump is the newest complete dump of its database, the last mode change needs it, or its sync may still run.",
  remedy: "Keep the dump. If you want to delete it anyway, add `--allow-needed`.",
  state: "nothing-written",
  message: ({ uri }) => `${uri} cannot be deleted, because it may be needed.`,
  details: ({ reasons }) => reasons,
  hint: ({ command }) => `To delete the dump anyway:  ${command} --allow-needed`,
});

export const dumpsNotDeleted = defineError<{ bucket: string; deleted: number; wanted: number }>({
  code: "DUMPS_NOT_DELETED",
  failure: "aws",
  meaning: "S3 did not delete all objects, or the deletion was interrupted.",
  remedy: "Run the command again. It deletes the remaining objects.",
  state: "changed",
  message: ({ bucket, deleted, wanted }) =>
    `S3 has deleted ${formatCount(deleted)} of ${plural(wanted, "dump")} in ${bucket}.`,
  hint: () =>
    "Some of the other dumps may have lost their manifests. Run the same command again: it deletes the remaining objects. To list the dumps:  pnpm dumps list",
});

export const lastChangeUnknown = defineError<{ place: string; reason: string }>({
  code: "LAST_CHANGE_UNKNOWN",
  failure: "precondition",
  meaning:
    "The journal of the last mode change cannot be read, so the tool does not know which dumps the mode change needs.",
  remedy:
    "Inspect the journal. `pnpm status` shows where it is. `pnpm dumps rm` deletes the dump anyway with `--allow-needed`.",
  state: "nothing-written",
  message: ({ place, reason }) => `Cannot read the journal of the last mode change, ${place}: ${reason}.`,
  hint: () =>
    "Without the journal, the tool does not know which dumps the last mode change needs. Inspect the journal. To see the state:  pnpm status",
});
