/** The RDS PostgreSQL instance: private, encrypted, its master password made and rotated by RDS. */
import { DbInstance } from "@cdktf/provider-aws/lib/db-instance/index.js";
import { DbSubnetGroup } from "@cdktf/provider-aws/lib/db-subnet-group/index.js";
import type { IResolvable } from "cdktf";
import { Construct } from "constructs";

export interface DatabaseSettings {
  databaseName: string;
  masterUsername: string;
  engineVersion: string;
  instanceClass: string;
  /** GB. */
  allocatedStorage: number;
  /** GB. */
  maxAllocatedStorage: number;
  backupRetentionDays: number;
  deletionProtection: boolean | IResolvable;
  finalSnapshotSuffix: string;
}

export interface DatabaseProps extends DatabaseSettings {
  identifier: string;
  /** Subnets in two availability zones. */
  subnetIds: string[];
  securityGroupId: string;
}

export class Database extends Construct {
  /** `host:port`. */
  readonly endpoint: string;
  readonly port: number;
  readonly databaseName: string;
  readonly secretArn: string;

  constructor(scope: Construct, id: string, props: DatabaseProps) {
    super(scope, id);
    const subnetGroup = new DbSubnetGroup(this, "subnet-group", {
      name: `${props.identifier}-subnet-group`,
      description: "Private subnets of the database",
      subnetIds: props.subnetIds,
    });
    const instance = new DbInstance(this, "instance", {
      identifier: props.identifier,
      engine: "postgres",
      engineVersion: props.engineVersion,
      autoMinorVersionUpgrade: true,
      instanceClass: props.instanceClass,
      allocatedStorage: props.allocatedStorage,
      maxAllocatedStorage: props.maxAllocatedStorage,
      storageType: "gp3",
      storageEncrypted: true,
      dbName: props.databaseName,
      username: props.masterUsername,
      manageMasterUserPassword: true,
      iamDatabaseAuthenticationEnabled: true,
      dbSubnetGroupName: subnetGroup.name,
      vpcSecurityGroupIds: [props.securityGroupId],
      publiclyAccessible: false,
      backupRetentionPeriod: props.backupRetentionDays,
      copyTagsToSnapshot: true,
      deletionProtection: props.deletionProtection,
      skipFinalSnapshot: false,
      finalSnapshotIdentifier: `${props.identifier}-${props.finalSnapshotSuffix}`,
    });
    this.endpoint = instance.endpoint;
    this.port = instance.port;
    this.databaseName = instance.dbName;
    this.secretArn = instance.masterUserSecret.get(0).secretArn;
  }
}
