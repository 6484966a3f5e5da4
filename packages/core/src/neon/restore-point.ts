/** Names of the branches that syncs create in Neon, and for how long they are kept. */
import type { Environment } from "../config/env.ts";
import { readNumber } from "../config/numbers.ts";

const prefix = "pilot-light-restore-point-";
const preservedPrefix = "pilot-light-before-undo-";

/** `pilot-light-restore-point-2026-11-22T09-30-00`: the state of a branch before a sync. */
export function restorePointName(stamp: string): string {
  return `${prefix}${stamp}`;
}

/** Whether `restorePointName` created the name of a branch. */
export function isRestorePoint(name: string): boolean {
  return name.startsWith(prefix) && /^\d{4}-\d\d-\d\dT\d\d-\d\d-\d\d$/.test(name.slice(prefix.length));
}

/** The branch with the state before an undo. */
export function preservedName(stamp: string): string {
  return `${preservedPrefix}${stamp}`;
}

/**
 * Days for which a restore point is kept: PILOT_LIGHT_KEEP_BRANCH_DAYS; 0 if no restore point is wanted.
 * @throws OpsError NUMBER_INVALID (configuration)
 */
export function readKeepDays(environment: Environment): number {
  return readNumber(environment, "PILOT_LIGHT_KEEP_BRANCH_DAYS");
}

/** The time at which Neon deletes a restore point that is created now, in ISO 8601 with seconds. A minute early, because Neon compares it with its own clock. */
export function expiryAfter(days: number, now = Date.now()): string {
  return new Date(now + days * 24 * 3_600_000 - 60_000).toISOString().replace(/\.\d+Z$/, "Z");
}
