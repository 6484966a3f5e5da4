/** The options of a sync as the command line states them, and those that decide what is copied. */
import type { SyncOptions } from "../options.ts";

/** What the command line states. */
export type SyncCommandOptions = Omit<SyncOptions, "script" | "excludeTableData"> & {
  dryRun: boolean;
  yes: boolean;
  excludeTableData?: string[] | undefined;
  /** Path of a script. */
  afterRestore?: string | undefined;
};

/** The options that decide what is copied: a command that is shown without them would copy something else. */
export function contentFlags(
  excludeTableData: readonly string[],
  afterRestore: string | undefined,
): string[] {
  return [
    ...excludeTableData.map((pattern) => `--exclude-table-data ${quoted(pattern)}`),
    ...(afterRestore === undefined ? [] : [`--after-restore ${quoted(afterRestore)}`]),
  ];
}

/** For a shell, where it is needed. */
function quoted(value: string): string {
  return /^[\w./@:+-]+$/.test(value) ? value : `'${value.replaceAll("'", "'\\''")}'`;
}
