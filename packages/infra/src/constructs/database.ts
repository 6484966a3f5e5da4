/** The RDS PostgreSQL instance: private and encrypted. RDS generates and rotates its master password. */
import { DbInstance } from "@cdktf/provider-aws/lib/db-instance/index.js";
import { DbSubnetGroup } from "@cdktf/provider-aws/lib/db-subnet-group/index.js";
import { DataResource, Fn, type IResolvable } from "cdktf";
import { Construct } from "constructs";
import type { Gate } from "../gate.ts";
import { text } from "../text.ts";

export interface DatabaseSettings {
  databaseName: string;
  subnetGroupName: string;
  masterUsername: string;
  engineVersion: string;
  instanceClass: string;
  /** GB. */
  allocatedStorage: number;
  /** GB. */
  maxAllocatedStorage: number;
  backupRetentionDays: number;
  multiAz: IResolvable;
  deletionProtection: IResolvable;
}

export interface DatabaseProps extends DatabaseSettings {
  /** The condition under which the instance exists. */
  exists: Gate;
  identifier: string;
  finalSnapshotPrefix: string;
  /** Subnets in two availability zones. */
  subnetIds: readonly string[];
  securityGroupId: string;
}

export class Database extends Construct {
  /** `host:port`. This and the other values are empty when there is no instance. */
  readonly endpoint: string;
  readonly host: string;
  readonly port: number;
  readonly databaseName: string;
  readonly connectionString: string;
  readonly secretArn: string;

  constructor(scope: Construct, id: string, props: DatabaseProps) {
    super(scope, id);
    const { exists } = props;
    const subnetGroup = new DbSubnetGroup(this, "subnet-group", {
      name: props.subnetGroupName,
      description: "Private subnets of the database",
      subnetIds: [...props.subnetIds],
    });
    // Terraform creates and deletes this id with the instance. It gives each final snapshot its own name.
    const incarnation = exists.count(new DataResource(this, "incarnation"));
    const instance = exists.count(
      new DbInstance(this, "instance", {
        identifier: props.identifier,
        engine: "postgres",
        engineVersion: props.engineVersion,
        autoMinorVersionUpgrade: true,
        instanceClass: props.instanceClass,
        multiAz: props.multiAz,
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
        finalSnapshotIdentifier: `${props.finalSnapshotPrefix}${Fn.substr(incarnation.id, 0, 8)}`,
      }),
    );
    this.endpoint = exists.text(instance.endpoint);
    this.host = exists.text(instance.address);
    this.port = exists.number(instance.port);
    this.databaseName = exists.text(instance.dbName);
    this.connectionString = exists.text(text`postgresql://${instance.endpoint}/${instance.dbName}`);
    this.secretArn = exists.text(instance.masterUserSecret.get(0).secretArn);
  }
}
