/** Every Terraform variable of the stack: its type, its default, what it is for and which values it takes. */
import { type IResolvable, TerraformVariable, VariableType } from "cdktf";
import { Construct } from "constructs";
import type { BackupsBucketSettings } from "./constructs/backups-bucket.ts";
import type { DatabaseSettings } from "./constructs/database.ts";
import type { NetworkSettings } from "./constructs/network.ts";

export interface VariablesProps {
  project: string;
  region: string;
}

interface Definition {
  description: string;
  type: string;
  default: string | number | boolean | readonly string[];
  /** A Terraform expression that must be true, and the sentence shown when it is not. */
  rule?: readonly [expression: string, message: string];
}

/**
 * The variables, grouped by the construct that takes them. They sit in a scope of their own because an output of the same
 * name (`dev_activated`) needs the same construct id on the stack.
 */
export class Variables extends Construct {
  /** False: pilot light. Counts of resources may depend on this one only. */
  readonly activated: IResolvable;
  readonly network: NetworkSettings;
  readonly backups: BackupsBucketSettings;
  readonly database: DatabaseSettings;

  constructor(scope: Construct, id: string, { project, region }: VariablesProps) {
    super(scope, id);
    this.activated = this.#define("dev_activated", {
      description: "Switches the compute of the environment on.",
      type: VariableType.BOOL,
      default: false,
    }).booleanValue;
    this.network = this.#network(region);
    this.backups = this.#backups();
    this.database = this.#database(project);
  }

  #network(region: string): NetworkSettings {
    return {
      cidrBlock: this.#define("vpc_cidr", {
        description: "Address range of the VPC; each subnet takes a 256th of it.",
        type: VariableType.STRING,
        default: "10.0.0.0/16",
        rule: [
          'can(cidrnetmask(var.vpc_cidr)) && try(tonumber(split("/", var.vpc_cidr)[1]) >= 16 && tonumber(split("/", var.vpc_cidr)[1]) <= 20, false)',
          "vpc_cidr must be an IPv4 range from /16 to /20.",
        ],
      }).stringValue,
      // Not a data source: subnets are replaced, with the database in them, when AWS lists its zones in another order.
      availabilityZones: this.#define("availability_zones", {
        description: "The two availability zones of the subnets.",
        type: VariableType.LIST_STRING,
        default: [`${region}a`, `${region}b`],
        rule: [
          "length(distinct(var.availability_zones)) == 2",
          "availability_zones must be two different zones.",
        ],
      }).listValue,
    };
  }

  #backups(): BackupsBucketSettings {
    return {
      retentionDays: this.#integer(
        "db_backups_retention_days",
        30,
        [1, 365],
        "Days a database dump is kept.",
      ),
      noncurrentDays: this.#integer(
        "db_backups_noncurrent_days",
        7,
        [1, 365],
        "Days a deleted, expired or overwritten dump can still be brought back.",
      ),
    };
  }

  #database(project: string): DatabaseSettings {
    return {
      databaseName: this.#define("db_name", {
        description: "Name of the database.",
        type: VariableType.STRING,
        default: project.replaceAll("-", "_"),
        rule: [
          'can(regex("^[a-zA-Z][a-zA-Z0-9_]{0,62}$", var.db_name))',
          "db_name must be letters, digits and underscores, starting with a letter, at most 63.",
        ],
      }).stringValue,
      masterUsername: this.#define("db_username", {
        description: "Master user of the database; RDS makes the password and keeps it in Secrets Manager.",
        type: VariableType.STRING,
        default: "dbadmin",
        rule: [
          'can(regex("^[a-zA-Z][a-zA-Z0-9_]{0,62}$", var.db_username)) && !contains(["admin", "rdsadmin", "postgres"], var.db_username)',
          "db_username must be letters, digits and underscores, and none that RDS keeps to itself.",
        ],
      }).stringValue,
      engineVersion: this.#define("db_engine_version", {
        description:
          "PostgreSQL version; a major alone takes its newest minor. Not older than the Neon server's major.",
        type: VariableType.STRING,
        default: "15",
        rule: [
          'can(regex("^[0-9]{2}([.][0-9]+)?$", var.db_engine_version))',
          "db_engine_version must be like 15 or 15.12.",
        ],
      }).stringValue,
      instanceClass: this.#define("db_instance_class", {
        description: "Size of the RDS instance.",
        type: VariableType.STRING,
        default: "db.t3.micro",
        rule: [
          'can(regex("^db[.][a-z0-9-]+[.][a-z0-9]+$", var.db_instance_class))',
          "db_instance_class must be like db.t3.micro.",
        ],
      }).stringValue,
      allocatedStorage: this.#integer(
        "db_allocated_storage",
        20,
        [20, 16384],
        "Storage of the database in GB.",
      ),
      maxAllocatedStorage: this.#integer(
        "db_max_allocated_storage",
        100,
        [22, 16384],
        "Limit in GB up to which the storage grows by itself; at least a tenth above db_allocated_storage.",
      ),
      backupRetentionDays: this.#integer(
        "db_backup_retention_days",
        7,
        [1, 35],
        "Days of RDS's own daily backups.",
      ),
      deletionProtection: this.#define("db_deletion_protection", {
        description: "Refuses to delete the RDS instance until this is false and applied.",
        type: VariableType.BOOL,
        default: true,
      }).booleanValue,
      finalSnapshotSuffix: this.#define("db_final_snapshot_suffix", {
        description:
          "End of the name of the snapshot taken when the instance is deleted. Apply another one while a snapshot of that name exists.",
        type: VariableType.STRING,
        default: "final",
        rule: [
          'can(regex("^[a-z0-9]+(-[a-z0-9]+)*$", var.db_final_snapshot_suffix))',
          "db_final_snapshot_suffix must be lower-case letters, digits and single hyphens.",
        ],
      }).stringValue,
    };
  }

  #integer(
    name: string,
    value: number,
    [least, most]: readonly [number, number],
    description: string,
  ): number {
    return this.#define(name, {
      description,
      type: VariableType.NUMBER,
      default: value,
      rule: [
        `var.${name} >= ${least} && var.${name} <= ${most} && floor(var.${name}) == var.${name}`,
        `${name} must be a whole number from ${least} to ${most}.`,
      ],
    }).numberValue;
  }

  #define(name: string, { rule, ...definition }: Definition): TerraformVariable {
    const validation =
      rule === undefined ? {} : { validation: [{ condition: `\${${rule[0]}}`, errorMessage: rule[1] }] };
    const variable = new TerraformVariable(this, name, { ...definition, ...validation, nullable: false });
    variable.overrideLogicalId(name);
    return variable;
  }
}
