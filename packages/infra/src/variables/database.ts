/** The variables of the database. */
import type { IResolvable } from "cdktf";
import type { DatabaseSettings } from "../constructs/database.ts";
import type { VariableDefinitions } from "./definitions.ts";

export interface DatabaseVariables extends DatabaseSettings {
  /** False when the instance exists in active mode only. */
  alwaysOn: IResolvable;
}

export interface DatabaseVariablesProps {
  project: string;
  /** Of the RDS instance. */
  identifier: string;
}

export function databaseVariables(
  define: VariableDefinitions,
  { project, identifier }: DatabaseVariablesProps,
): DatabaseVariables {
  return {
    alwaysOn: define.flag(
      "database_always_on",
      true,
      "False: the database exists in active mode only. A deactivation deletes it and keeps a final snapshot; an activation with a sync fills the new one.",
    ),
    ...identity(define, project),
    subnetGroupName: define.text(
      "db_subnet_group_name",
      `${identifier}-subnet-group`,
      "Name of the database's subnet group. RDS cannot move an instance to another group in the same VPC: an adopted database keeps the name.",
      [
        'can(regex("^[a-z0-9][a-z0-9 ._-]{0,254}$", var.db_subnet_group_name)) && var.db_subnet_group_name != "default"',
        "db_subnet_group_name must be at most 255 lowercase letters, digits, spaces, dots, underscores and hyphens, and not default.",
      ],
    ),
    ...size(define),
    backupRetentionDays: define.integer(
      "db_backup_retention_days",
      7,
      [1, 35],
      "Days that RDS keeps its own daily backups.",
    ),
    multiAz: define.flag("db_multi_az", false, "True: the database has a standby in the other zone."),
    deletionProtection: define.flag(
      "db_deletion_protection",
      true,
      "True: RDS refuses to delete the instance until the value false is applied. Without effect if database_always_on is false.",
    ),
  };
}

function identity(define: VariableDefinitions, project: string) {
  return {
    databaseName: define.text("db_name", project.replaceAll("-", "_"), "Name of the database.", [
      'can(regex("^[a-zA-Z][a-zA-Z0-9_]{0,62}$", var.db_name))',
      "db_name must be at most 63 letters, digits and underscores, with a letter first.",
    ]),
    masterUsername: define.text(
      "db_username",
      "dbadmin",
      "Master user of the database. RDS generates the password and stores it in Secrets Manager.",
      [
        'can(regex("^[a-zA-Z][a-zA-Z0-9_]{0,62}$", var.db_username)) && !contains(["admin", "rdsadmin", "postgres"], var.db_username)',
        "db_username must be letters, digits and underscores, with a letter first, and not a name that RDS reserves.",
      ],
    ),
    engineVersion: define.text(
      "db_engine_version",
      "18",
      "PostgreSQL version. A major version alone stands for its newest minor version. It must not be older than the version of Neon.",
      [
        // The parameter rds.force_ssl is on by default from 15 on.
        'can(regex("^(1[5-9]|[2-9][0-9])([.][0-9]+)?$", var.db_engine_version))',
        "db_engine_version must be a version such as 18 or 18.1, and 15 or newer: RDS then refuses connections without TLS.",
      ],
    ),
  };
}

function size(define: VariableDefinitions) {
  return {
    instanceClass: define.text(
      "db_instance_class",
      "db.t3.micro",
      "Class of the RDS instance, which decides its size.",
      [
        'can(regex("^db[.][a-z0-9-]+[.][a-z0-9]+$", var.db_instance_class))',
        "db_instance_class must be a class such as db.t3.micro.",
      ],
    ),
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
      "Size in GB up to which RDS extends the storage. At least 10 percent more than db_allocated_storage.",
      [
        [
          "var.db_max_allocated_storage >= var.db_allocated_storage * 1.1",
          "db_max_allocated_storage must be at least 10 percent more than db_allocated_storage.",
        ],
      ],
    ),
  };
}
