/** The registry of the errors of `--after-restore`. */
import { defineError } from "@pilot-light/core/ops-error";

export const scriptToNeon = defineError<{ file: string }>({
  code: "SCRIPT_TO_NEON",
  failure: "precondition",
  meaning: "`--after-restore` was given for a copy to Neon, which production reads.",
  remedy: "Run the statements on Neon yourself, or sync without the option.",
  state: "nothing-written",
  message: ({ file }) => `${file} does not run on Neon: --after-restore is for copies to RDS only.`,
  hint: () => "Production reads Neon, and changed rows must not reach it. Sync without --after-restore.",
});

export const filterToNeon = defineError<{ flags: readonly string[] }>({
  code: "FILTER_TO_NEON",
  failure: "precondition",
  meaning: "`--schema` or `--exclude-table-data` was given for a copy to Neon, which production reads.",
  remedy: "Sync without the option.",
  state: "nothing-written",
  message: ({ flags }) =>
    `Neon gets complete copies only, and filters are for copies to RDS: ${flags.join(" ")}.`,
  hint: () => "Production reads Neon, and would lose the rows that are left out. Sync without these options.",
});

export const scriptUnreadable = defineError<{ file: string; reason: string }>({
  code: "SCRIPT_UNREADABLE",
  failure: "configuration",
  meaning: "The file of `--after-restore` does not exist, is empty, or is not text in UTF-8.",
  remedy: "Name a file with SQL statements.",
  state: "nothing-written",
  message: ({ file, reason }) => `Cannot read the statements of ${file}: ${reason}.`,
  hint: () => "Name a file with SQL statements:  --after-restore mask.sql",
});

interface ScriptFailure {
  file: string;
  /** Undefined if the server reports no position. */
  line: number | undefined;
  /** Number of the statement, from 1; undefined if no statement or the COMMIT after all statements failed. */
  statement: number | undefined;
  reason: string;
  /** Whether a command of psql is at the position. */
  isMeta: boolean;
  /** The server's context, such as the function that failed. */
  where: string | undefined;
}

export const scriptFailed = defineError<ScriptFailure>({
  code: "SCRIPT_FAILED",
  failure: "target",
  meaning: "The server cannot parse the file of `--after-restore`, or one of its statements failed.",
  remedy:
    "Fix the statement that the message names. The server gets the file as it is: commands of psql, which begin with a backslash, do not work.",
  message: ({ file, line, statement, reason }) => {
    const place = [
      ...(line === undefined ? [] : [`line ${line}`]),
      ...(statement === undefined ? [] : [`statement ${statement}`]),
    ];
    return `${[file, ...place].join(", ")}: ${reason}`;
  },
  details: ({ where }) => (where === undefined ? [] : [where]),
  hint: ({ isMeta }) =>
    isMeta
      ? "The server gets the file as it is, without psql. Remove the commands that begin with a backslash."
      : "Fix this statement, then run the same command again.",
});

export const scriptEndsTransaction = defineError<{ file: string }>({
  code: "SCRIPT_ENDS_TRANSACTION",
  failure: "target",
  meaning: "The file of `--after-restore` contains COMMIT or ROLLBACK.",
  remedy: "Remove BEGIN, COMMIT and ROLLBACK: the sync runs the file in one transaction.",
  message: ({ file }) =>
    `${file} contains COMMIT or ROLLBACK, but the sync runs the file in one transaction.`,
  hint: () => "Remove BEGIN, COMMIT and ROLLBACK from the file, then run the same command again.",
});
