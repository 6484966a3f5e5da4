/** What to do about an error of pg_dump or pg_restore, by the text that the program or the server wrote. Pure. */
import { ident } from "@pilot-light/core/postgres/identifiers";

interface ProgramHint {
  /** What the server, the program or libpq writes, in English (LC_ALL is C). */
  pattern: RegExp;
  hint: (match: RegExpExecArray) => string;
}

/** A name of an error in a statement. */
const named = (name: string | undefined) => (name === undefined ? "<name>" : ident(name));

/** The first match counts, so causes are listed before their consequences. */
const hints: readonly ProgramHint[] = [
  {
    pattern:
      /could not (?:write|extend|create) (?:to )?(?:output )?file[^\n]*: No space left on device|No space left on device/,
    hint: () =>
      "A disk is full. If it is the disk of the server, increase its storage. If the program could not write a file, set TMPDIR to a directory with more space. To see the space of this machine:  df -h",
  },
  {
    pattern: /max_locks_per_transaction|out of shared memory/,
    hint: () =>
      "The server has too few locks for the number of tables. Raise max_locks_per_transaction in its parameter group, then restart the server.",
  },
  {
    pattern: /remaining connection slots|too many connections|too many clients/,
    hint: () =>
      "The server accepts no more connections. Stop applications, or use fewer jobs with the option:  --jobs 1",
  },
  {
    pattern:
      /server closed the connection unexpectedly|connection to server [^\n]* failed|SSL connection has been closed|could not receive data from server|SSL SYSCALL error|terminating connection due to administrator command|connection not open/,
    hint: () => "The connection to the server was lost. Run the same command again.",
  },
  {
    pattern: /due to lock timeout|could not obtain lock on relation/,
    hint: () =>
      "Another session holds a lock on a table. To list such sessions:  select pid, usename, application_name, query from pg_stat_activity where state <> 'idle';",
  },
  {
    pattern: /due to statement timeout/,
    hint: () =>
      "The limit statement_timeout ended the statement. Ask an administrator to reset the limit, then run the command again.",
  },
  {
    pattern: /this build does not support compression with (\w+)/,
    hint: ([, algorithm = ""]) =>
      `This pg_restore was built without ${algorithm}. Install the client programs of postgresql.org, or of your system, in the major version of the dump or newer.`,
  },
  {
    pattern: /server version mismatch/,
    hint: () => "Install the client programs of the server's major version, then run the command again.",
  },
  {
    pattern: /unrecognized configuration parameter "([^"]+)"/,
    hint: ([, name = ""]) =>
      name.includes(".")
        ? `A function or a setting of the source uses ${name}, which the target does not know. Remove the setting from the source, then sync again.`
        : `The target is too old for the setting ${name}. Upgrade the target, or set PILOT_LIGHT_PG_BIN to the client programs of the target's major version.`,
  },
  {
    pattern: /permission denied to create extension "([^"]+)"|must be superuser to create this extension/,
    hint: ([, name]) =>
      `The role may not create the extension in a new database. Ask an administrator for the privilege, or drop the extension in the source:  drop extension ${named(name)};`,
  },
  {
    pattern:
      /extension "([^"]+)" is not available|could not open extension control file|has no installation script nor update path/,
    hint: () =>
      "To list the extensions that the target offers:  select name, default_version from pg_available_extensions;",
  },
  {
    pattern: /could not access file "([^"]+)"|could not load library/,
    hint: () =>
      "The target's server lacks a library that a function of the source needs. In the source, drop the function or its extension, then sync again.",
  },
  {
    pattern: /permission denied for (\w+(?: \w+)*?) ("?[\w.]+"?)/,
    hint: ([, kind = "object", name = "..."]) =>
      `The role of the sync lacks a privilege on the ${kind} ${name}. Ask its owner or an administrator to grant the privilege, then run the command again.`,
  },
  {
    pattern: /query would be affected by row-level security policy/,
    hint: () =>
      "Row-level security hides rows from the role. As an administrator:  alter role <role> bypassrls;",
  },
  {
    pattern:
      /could not create unique index "([^"]+)"|duplicate key value violates unique constraint "([^"]+)"/,
    hint: ([, index, constraint]) =>
      `The source has duplicate rows that the index in the source does not find. Usually a collation of the operating system has changed. Remove the duplicate rows in the source. To rebuild the index in the source, which reports the duplicate rows:  reindex index ${named(index ?? constraint)};`,
  },
  {
    pattern: /violates foreign key constraint "([^"]+)"/,
    hint: ([, name = ""]) =>
      `The source has rows that break the foreign key ${name}. Somebody wrote these rows while the triggers of the table were disabled. Correct these rows in the source, then sync again.`,
  },
  {
    pattern: /violates check constraint "([^"]+)"|violates not-null constraint/,
    hint: ([, name = "the constraint"]) =>
      `The source has rows that ${name} does not allow when they are inserted again. Its function has changed, or reads other tables. Correct the rows or the constraint in the source, then sync again.`,
  },
  {
    pattern: /(relation|function|type|operator) (?:"[^"]+"|[\w.]+(?:\([^)]*\))?) does not exist/,
    hint: ([, kind = "object"]) =>
      `During the restore, an index, a generated column, a constraint or a materialized view runs a function of the source. The function probably names this ${kind} without its schema. In the source, add the schema to the name, or:  alter function ... set search_path = ...;`,
  },
  {
    pattern: /invalid byte sequence for encoding|has no equivalent in encoding/,
    hint: () =>
      "The source has text that is not valid in its encoding. Correct the row that the message names, then sync again.",
  },
  {
    pattern: /collation "([^"]+)" (?:for encoding "[^"]+" )?does not exist|could not create locale/,
    hint: () =>
      "The target's server does not have this collation of the operating system. Use an ICU collation in the source, then sync again.",
  },
  {
    pattern: /out of memory|invalid memory alloc request size/,
    hint: () =>
      "The server, or this machine, has too little memory for a row or for the jobs. Use fewer jobs with the option:  --jobs 1",
  },
];

/** The hint for the errors of a program; undefined if no pattern matches. */
export function hintForProgram(errors: readonly string[]): string | undefined {
  const text = errors.join("\n");
  for (const { pattern, hint } of hints) {
    const match = pattern.exec(text);
    if (match !== null) return hint(match);
  }
  return undefined;
}
