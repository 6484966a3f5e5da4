/** Variables of the database. */
import type { IResolvable } from "cdktf";
import type { DatabaseSettings } from "../constructs/database.ts";
import type { VariableDefinitions } from "./definitions.ts";

export interface DatabaseVariables extends DatabaseSettings {
  /** False: the instance exists in active mode only. */
  alwaysOn: IResolvable;
}

export function databaseVariables(define: VariableDefinitions, project: string): DatabaseVariables {
  return {
    alwaysOn: define.flag(
      "database_always_on",
      true,
      "False: the database exists in active mode only, and the sync of an activation fills it again. A final snapshot is taken whenever it goes.",
    ),
    ...identity(define, project),
    ...size(define),
    backupRetentionDays: define.integer(
      "db_backup_retention_days",
      7,
      [1, 35],
      "Days of RDS's own daily backups.",
    ),
    multiAz: define.flag("db_multi_az", false, "A standby of the database in the other zone."),
    deletionProtection: define.flag(
      "db_deletion_protection",
      true,
      "Refuses to delete the RDS instance until this is false and applied. Without effect when database_always_on is false.",
    ),
  };
}

function identity(define: VariableDefinitions, project: string) {
  return {
    databaseName: define.text("db_name", project.replaceAll("-", "_"), "Name of the database.", [
      'can(regex("^[a-zA-Z][a-zA-Z0-9_]{0,62}$", var.db_name))',
      "db_name must be letters, digits and underscores, starting with a letter, at most 63.",
    ]),
    masterUsername: define.text(
      "db_username",
      "dbadmin",
      "Master user of the database; RDS makes the password and keeps it in Secrets Manager.",
      [
        'can(regex("^[a-zA-Z][a-zA-Z0-9_]{0,62}$", var.db_username)) && !contains(["admin", "rdsadmin", "postgres"], var.db_username)',
        "db_username must be letters, digits and underscores, and none that RDS keeps to itself.",
      ],
    ),
    engineVersion: define.text(
      "db_engine_version",
      "15",
      "PostgreSQL version; a major alone takes its newest minor. Not older than the Neon server's major.",
      [
        'can(regex("^[0-9]{2}([.][0-9]+)?$", var.db_engine_version))',
        "db_engine_version must be like 15 or 15.12.",
      ],
    ),
  };
}

function size(define: VariableDefinitions) {
  return {
    instanceClass: define.text("db_instance_class", "db.t3.micro", "Size of the RDS instance.", [
      'can(regex("^db[.][a-z0-9-]+[.][a-z0-9]+$", var.db_instance_class))',
      "db_instance_class must be like db.t3.micro.",
    ]),
    allocatedStorage: define.integer(
      "db_allocated_storage",
      20,
      [20, 16384],
      "Storage of the database in GB.",
    ),
    maxAllocatedStorage: define.integer(
      "db_max_allocated_storage",
      100,
      [22, 16384],
      "Limit in GB up to which the storage grows by itself; at least a tenth above db_allocated_storage.",
    ),
  };
}
