/** How a person returns to the backup of a sync or a restore in place, which keeps no previous database. */
import type { DatabaseSystem } from "@pilot-light/core/postgres/endpoint";

/** The command that returns to what the target held before. */
export function restoreBackupCommand({ backup, system }: { backup: string; system: DatabaseSystem }): string {
  return `pnpm sync restore ${backup} --to ${system} --in-place`;
}
