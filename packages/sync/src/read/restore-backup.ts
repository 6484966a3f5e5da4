/** How to revert a replacement in place, which keeps no previous target: restore its backup. */
import { shell } from "@pilot-light/core/output/shell";
import type { DatabaseSystem } from "@pilot-light/core/postgres/endpoint";

/** The command that returns the target to its earlier contents. */
export function restoreBackupCommand({ backup, system }: { backup: string; system: DatabaseSystem }): string {
  return shell`pnpm sync restore ${backup} --to ${system} --in-place`;
}
