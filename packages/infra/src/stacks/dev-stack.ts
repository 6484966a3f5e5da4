/** The dev environment as one Terraform stack. Wiring only: what each part is made of stands in `../constructs`. */
import { environmentName, type ResourceNames } from "@pilot-light/core/contract";
import { TerraformStack } from "cdktf";
import type { Construct } from "constructs";
import { configureBackend } from "../backend.ts";
import { BackupsBucket } from "../constructs/backups-bucket.ts";
import { Database } from "../constructs/database.ts";
import { Network } from "../constructs/network.ts";
import { SecurityGroups } from "../constructs/security-groups.ts";
import { writeOutputs } from "../outputs.ts";
import { configureProvider } from "../provider.ts";
import { Variables } from "../variables.ts";

export interface DevStackProps {
  names: ResourceNames;
  project: string;
  region: string;
}

export class DevStack extends TerraformStack {
  constructor(scope: Construct, { names, project, region }: DevStackProps) {
    super(scope, names.stack);
    configureBackend(this);
    configureProvider(this, {
      region,
      tags: { Project: project, Environment: environmentName, ManagedBy: "terraform" },
    });
    const variables = new Variables(this, "variables", { project, region });

    const network = new Network(this, "network", { prefix: names.prefix, ...variables.network });
    const securityGroups = new SecurityGroups(this, "security-groups", {
      prefix: names.prefix,
      vpcId: network.vpcId,
    });
    const backupsBucket = new BackupsBucket(this, "backups-bucket", {
      name: names.backupsBucket,
      ...variables.backups,
    });
    const database = new Database(this, "database", {
      identifier: names.databaseInstance,
      subnetIds: network.privateDbSubnetIds,
      securityGroupId: securityGroups.databaseId,
      ...variables.database,
    });

    // What only exists in active mode comes here, counted by `variables.activated`; its outputs replace the "" below.

    writeOutputs(this, {
      database_endpoint: database.endpoint,
      database_port: database.port,
      database_name: database.databaseName,
      database_secret_arn: database.secretArn,
      dev_activated: variables.activated,
      vpc_id: network.vpcId,
      ecs_cluster_name: "",
      frontend_service_name: "",
      backend_service_name: "",
      grafana_service_name: "",
      alb_dns_name: "",
      cloudfront_distribution_id: "",
      db_backups_bucket_name: backupsBucket.name,
      db_backups_bucket_arn: backupsBucket.arn,
    });
  }
}
