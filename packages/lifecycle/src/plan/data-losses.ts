/** Changes of a Terraform plan that delete data. */
import type { GuardedCommand } from "../options.ts";
import type { Change } from "../terraform/changes.ts";
import { dataOf } from "../terraform/data-holders.ts";

/** Types that hold data of the active mode only, and that every deactivation deletes: metrics, dashboards, generated passwords. */
const activeModeData: ReadonlySet<string> = new Set(["aws_efs_file_system", "aws_secretsmanager_secret"]);

/** Changes that delete data. */
export function dataLosing(changes: readonly Change[]): Change[] {
  return changes.filter(
    ({ type, action }) => dataOf(type) !== undefined && (action === "destroy" || action === "replace"),
  );
}

/**
 * The data-losing changes that the guard `data-loss` refuses, because the command normally does not make them.
 * @param deactivates whether the plan changes the mode of an active environment to pilot light
 */
export function unexpectedLosses(
  command: GuardedCommand,
  changes: readonly Change[],
  deactivates: boolean,
): Change[] {
  return dataLosing(changes).filter(({ type, action }) => {
    if (!deactivates || action === "replace") return true;
    // A deactivation has a guard and a snapshot for the database. A deployment has neither.
    return !(activeModeData.has(type) || (type === "aws_db_instance" && command === "deactivate"));
  });
}
