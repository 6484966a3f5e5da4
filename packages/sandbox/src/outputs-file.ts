/** The outputs document of a deployed environment in pilot light, as `cdktf output` writes it. */
import { writeFile } from "node:fs/promises";
import { outputsSchema, resourceNames, type Outputs } from "@pilot-light/core/contract";
import { rdsEndpointPort, rdsHost } from "./names.ts";

/** What differs from one environment of the sandbox to another. */
export interface OutputsOptions {
  project: string;
  /** Host name of the RDS endpoint. Default: that of the project. */
  host?: string;
  database: string;
  secretArn: string;
}

/** Writes the document with every output of the contract; what exists only when activated is empty. */
export async function writeOutputs(file: string, options: OutputsOptions): Promise<void> {
  const names = resourceNames(options.project);
  const outputs: Outputs = outputsSchema.parse({
    database_endpoint: `${options.host ?? rdsHost(options.project)}:${rdsEndpointPort}`,
    database_port: rdsEndpointPort,
    database_name: options.database,
    database_secret_arn: options.secretArn,
    dev_activated: false,
    vpc_id: "vpc-0123456789abcdef0",
    ecs_cluster_name: "",
    frontend_service_name: "",
    backend_service_name: "",
    grafana_service_name: "",
    alb_dns_name: "",
    cloudfront_distribution_id: "",
    db_backups_bucket_name: names.backupsBucket,
    db_backups_bucket_arn: `arn:aws:s3:::${names.backupsBucket}`,
  } satisfies Outputs);
  await writeFile(file, `${JSON.stringify({ [names.stack]: outputs }, null, 2)}\n`);
}
