/** Changes of a Terraform plan that delete data. */
import type { ModeChangeName } from "../options.ts";
import type { Change } from "../terraform/changes.ts";

/** Types of resources whose data cannot be created again. */
const dataTypes: ReadonlySet<string> = new Set([
  "aws_db_instance",
  "aws_s3_bucket",
  "aws_ecr_repository",
  "aws_efs_file_system",
  "aws_cloudwatch_log_group",
  "aws_secretsmanager_secret",
]);

/** Those of them that belong to the active mode, and that every deactivation deletes: metrics, dashboards, generated passwords. */
const activeModeData: ReadonlySet<string> = new Set([
  "aws_efs_file_system",
  "aws_cloudwatch_log_group",
  "aws_secretsmanager_secret",
]);

/** Changes that delete data. */
export function dataLosing(changes: readonly Change[]): Change[] {
  return changes.filter(
    ({ type, action }) => dataTypes.has(type) && (action === "destroy" || action === "replace"),
  );
}

/** Those of them that no mode change should make: the guard `data-loss` refuses them. */
export function unexpectedLosses(command: ModeChangeName, changes: readonly Change[]): Change[] {
  return dataLosing(changes).filter(({ type, action }) => {
    if (command === "activate") return true;
    // The database of a deactivation has a guard and a snapshot of its own.
    return action === "replace" || !(activeModeData.has(type) || type === "aws_db_instance");
  });
}
