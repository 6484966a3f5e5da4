/** What a Terraform plan does to the RDS instance. A replacement deletes the instance and creates a new one. */
import type { Change } from "../terraform/changes.ts";

/** Whether the plan deletes the database with its rows. */
export function databaseWillBeDeleted(changes: readonly Change[]): boolean {
  return changesInstance(changes, ["destroy", "replace"]);
}

/** Whether the plan creates an empty database. */
export function databaseWillBeCreated(changes: readonly Change[]): boolean {
  return changesInstance(changes, ["create", "replace"]);
}

/** Whether the plan creates a database although none exists yet. */
export function databaseIsNew(changes: readonly Change[]): boolean {
  return changesInstance(changes, ["create"]);
}

function changesInstance(changes: readonly Change[], actions: readonly Change["action"][]): boolean {
  return changes.some(({ type, action }) => type === "aws_db_instance" && actions.includes(action));
}
