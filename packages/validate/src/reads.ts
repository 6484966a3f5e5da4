/** Facts that several checks need. Each is read once in a run, and only when a check needs it. */
import type { Service } from "@aws-sdk/client-ecs";
import type { CertificateDetail } from "@aws-sdk/client-acm";
import type { LoadBalancer } from "@aws-sdk/client-elastic-load-balancing-v2";
import type { AwsClients } from "@pilot-light/core/aws/clients";
import { readDatabaseSecret } from "@pilot-light/core/aws/database-secret";
import { readIdentity, type AwsIdentity } from "@pilot-light/core/aws/identity";
import {
  outputsSchema,
  type DatabaseSecret,
  type Outputs,
  type ResourceNames,
} from "@pilot-light/core/contract";
import { readVariable, type Environment } from "@pilot-light/core/config/env";
import type { Route } from "@pilot-light/core/postgres/route";
import type { Routes } from "@pilot-light/core/reach/routes";
import { parseOutputs, readOutputs, type OutputsSource } from "@pilot-light/core/terraform/outputs";
import { listServices } from "./aws/services.ts";
import { readCertificate } from "./aws/certificates.ts";
import { findLoadBalancer } from "./aws/load-balancer.ts";
import { outputEmpty } from "./errors.ts";

export interface DeployedOutputs {
  values: Outputs;
  /** Number of all outputs, including those that no tool reads. */
  count: number;
  /** The file or the program from which they were read. */
  from: string;
}

export interface Reads {
  identity(): Promise<AwsIdentity>;
  outputs(): Promise<DeployedOutputs>;
  /** The RDS credentials. From now on, the password is hidden in everything that is printed. */
  databaseSecret(): Promise<DatabaseSecret>;
  /** The route to RDS, opened with the first call. */
  rdsRoute(): Promise<Route>;
  /** The four ECS services by name; undefined for a service that does not exist. */
  services(): Promise<ReadonlyMap<string, Service | undefined>>;
  loadBalancer(): Promise<LoadBalancer>;
  /**
   * The certificates of the domain: first the certificate of the load balancer. Outside of us-east-1, CloudFront has another one, which is the
   * second. Without a domain, the list is empty.
   */
  certificates(): Promise<readonly CertificateDetail[]>;
}

export interface ReadsOptions {
  aws: AwsClients;
  environment: Environment;
  names: ResourceNames;
  /** A function is called when the first check needs the outputs. */
  outputs: OutputsSource | (() => Promise<OutputsSource>);
  routes: Routes;
  directory: string;
  signal: AbortSignal;
  hide: (secret: string) => void;
  log: (line: string) => void;
}

export function createReads(options: ReadsOptions): Reads {
  const { aws, environment, signal } = options;
  const outputs = once(() => readAllOutputs(options));
  return {
    identity: once(() => readIdentity(aws, readVariable(environment, "PILOT_LIGHT_ACCOUNT_ID"), signal)),
    outputs,
    databaseSecret: once(async () => {
      const secret = await readDatabaseSecret(
        aws,
        requireOutput(await outputs(), "database_secret_arn"),
        signal,
      );
      options.hide(secret.password);
      return secret;
    }),
    rdsRoute: async () => options.routes.to((await outputs()).values, aws),
    services: once(async () => {
      const deployed = await outputs();
      const serviceNames = [
        requireOutput(deployed, "frontend_service_name"),
        requireOutput(deployed, "backend_service_name"),
        requireOutput(deployed, "prometheus_service_name"),
        requireOutput(deployed, "grafana_service_name"),
      ];
      return await listServices(aws, requireOutput(deployed, "ecs_cluster_name"), serviceNames, signal);
    }),
    loadBalancer: once(async () =>
      findLoadBalancer(aws, requireOutput(await outputs(), "alb_dns_name"), signal),
    ),
    certificates: once(async () => {
      const { acm_certificate_arn: balancer, cdn_certificate_arn: cdn } = (await outputs()).values;
      const arns = [...new Set([balancer, cdn])].filter((arn) => arn !== "");
      return await Promise.all(arns.map((arn) => readCertificate(aws, arn, signal)));
    }),
  };
}

type TextOutput = { [Name in keyof Outputs]: Outputs[Name] extends string ? Name : never }[keyof Outputs];

/**
 * An output that must not be empty. The output of a resource that does not exist in the current mode is "".
 * @throws OpsError OUTPUT_EMPTY (configuration)
 */
export function requireOutput({ values, from }: DeployedOutputs, name: TextOutput): string {
  if (values[name] !== "") return values[name];
  throw outputEmpty({ output: name, active: values.dev_activated, origin: from });
}

async function readAllOutputs(options: ReadsOptions): Promise<DeployedOutputs> {
  const { names, directory, environment, signal, log } = options;
  const source = typeof options.outputs === "function" ? await options.outputs() : options.outputs;
  const raw = await readOutputs({
    source,
    stack: names.stack,
    directory,
    environment,
    signal,
    onStart: (line) => log(`$ ${line}`),
  });
  const values = parseOutputs(raw, outputsSchema);
  return { values, count: Object.keys(raw.values).length, from: raw.from };
}

function once<T>(read: () => Promise<T>): () => Promise<T> {
  let reading: Promise<T> | undefined;
  return () => (reading ??= read());
}
