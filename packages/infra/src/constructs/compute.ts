/** The cluster with its four services, and what only the services need: images, roles, logs, names, files, secrets. */
import { clusterName, environmentName, serviceName } from "@pilot-light/core/contract";
import { Construct } from "constructs";
import type { Gate } from "../gate.ts";
import type { Modes } from "../modes.ts";
import { Backend } from "../services/backend.ts";
import type { ServicePlace, ServicePlatform } from "../services/fargate-service.ts";
import { Frontend } from "../services/frontend.ts";
import { Grafana } from "../services/grafana.ts";
import { Prometheus } from "../services/prometheus.ts";
import type { EdgeVariables } from "../variables/edge.ts";
import { type ServiceName, type ServiceVariables, serviceNames } from "../variables/services.ts";
import { Cluster } from "./cluster.ts";
import { ContainerImage } from "./container-image.ts";
import type { Database } from "./database.ts";
import type { Edge } from "./edge.ts";
import { GeneratedSecret } from "./generated-secret.ts";
import { GivenSecret } from "./given-secret.ts";
import { type ImageRegistry, type RepositoryName, repositories } from "./image-registry.ts";
import { LogGroups } from "./log-groups.ts";
import type { Nat } from "./nat.ts";
import type { Network } from "./network.ts";
import { ObservabilityStorage } from "./observability-storage.ts";
import type { ProfilingBucket } from "./profiling-bucket.ts";
import { SecretRestart } from "./secret-restart.ts";
import type { SecurityGroups } from "./security-groups.ts";
import { ServiceDiscovery } from "./service-discovery.ts";
import { TaskRoles } from "./task-roles.ts";
import { text } from "../text.ts";

export interface ComputeProps {
  modes: Modes;
  project: string;
  prefix: string;
  region: string;
  account: string;
  partition: string;
  network: Network;
  nat: Nat;
  securityGroups: SecurityGroups;
  registry: ImageRegistry;
  profilingBucket: ProfilingBucket;
  database: Database;
  edge: Edge;
  variables: ServiceVariables & Pick<EdgeVariables, "serviceDiscovery" | "efsInfrequentAccessDays">;
}

interface MailKey {
  /** The condition: in active mode, if a variable gives the key. */
  gate: Gate;
  secret: GivenSecret;
}

export class Compute extends Construct {
  readonly cluster: Cluster;
  readonly serviceDiscovery: ServiceDiscovery;
  readonly roles: TaskRoles;
  /** Outputs. */
  readonly serviceNames: Readonly<Record<ServiceName, string>>;
  readonly grafanaSecretArn: string;
  readonly secretRestartRule: string;
  readonly #props: ComputeProps;

  constructor(scope: Construct, id: string, props: ComputeProps) {
    super(scope, id);
    this.#props = props;
    const { modes, prefix, network, nat, securityGroups, variables, edge } = props;
    const { active } = modes;
    const logs = new LogGroups(this, "logs", { prefix, retentionDays: variables.logRetentionDays });
    this.cluster = new Cluster(this, "cluster", {
      ...{ active, prefix },
      containerInsights: variables.containerInsights,
    });
    this.serviceDiscovery = new ServiceDiscovery(this, "service-discovery", {
      active,
      vpcId: network.vpcId,
      ...variables.serviceDiscovery,
    });
    const storage = new ObservabilityStorage(this, "observability-storage", {
      ...{ active, prefix },
      subnetIds: network.privateAppSubnetIds,
      securityGroupId: securityGroups.ids.efs,
      infrequentAccessDays: variables.efsInfrequentAccessDays,
    });
    const grafanaSecret = new GeneratedSecret(this, "grafana-admin", {
      active,
      name: `${prefix}-grafana-admin`,
      description: "Grafana's admin password",
    });
    this.grafanaSecretArn = active.text(grafanaSecret.arn);
    const mailKey = this.#mailKey();
    this.roles = this.#roles(storage, logs, grafanaSecret, mailKey);

    const platform: ServicePlatform = {
      ...{ active, prefix },
      region: props.region,
      clusterArn: this.cluster.arn,
      subnetIds: network.privateAppSubnetIds,
      executionRoleArn: this.roles.executionRoleArn,
      fargateSpot: variables.fargateSpot,
      architecture: variables.architecture,
      healthCheckGraceSeconds: variables.healthCheckGraceSeconds,
      dependsOn: [this.cluster.capacity, ...nat.routes, ...this.roles.policies, ...edge.loadBalancer.routes],
    };
    this.serviceNames = this.#services(platform, this.#places(logs), storage, { grafanaSecret, mailKey });
    const { partition, region, account } = props;
    const backend = serviceName(prefix, "backend");
    this.secretRestartRule = new SecretRestart(this, "secret-restart", {
      ...{ prefix, region, account, partition },
      exists: active.and(variables.restartOnSecretChange),
      clusterArn: this.cluster.arn,
      service: {
        name: backend,
        // Not the attribute of the service: a plan that changes the service would not know it, and change the policy as well.
        arn: text`arn:${partition}:ecs:${region}:${account}:service/${clusterName(prefix)}/${backend}`,
      },
      secretArns: [props.database.secretArn, mailKey.gate.text(mailKey.secret.arn)],
    }).ruleName;
  }

  /** The API key of the mail service, if a variable gives one. */
  #mailKey(): MailKey {
    const { modes, prefix, variables } = this.#props;
    const { apiKey, hasApiKey } = variables.contactForm;
    const gate = modes.active.and(hasApiKey);
    const secret = new GivenSecret(this, "mail-key", {
      exists: gate,
      name: `${prefix}-resend-api-key`,
      description: "API key of Resend, the mail service of the contact form",
      value: apiKey,
    });
    return { gate, secret };
  }

  #roles(
    storage: ObservabilityStorage,
    logs: LogGroups,
    grafanaSecret: GeneratedSecret,
    mailKey: MailKey,
  ): TaskRoles {
    const { modes, prefix, registry, profilingBucket, database, variables } = this.#props;
    const { frontend, backend, prometheus, grafana } = variables.services;
    return new TaskRoles(this, "roles", {
      active: modes.active,
      prefix,
      repositoryArns: repositories.map((name) => registry.repositories[name].arn),
      logGroupArns: serviceNames.map((name) => logs.groups[name].arn),
      databaseSecretArn: database.secretArn,
      secretArns: [database.secretArn, grafanaSecret.arn],
      mailKey: { gate: mailKey.gate, arn: mailKey.secret.arn },
      profilingBucketArn: profilingBucket.arn,
      fileSystemArn: storage.fileSystemArn,
      accessPointArns: storage.accessPointArns,
      ecsExec: {
        frontend: frontend.ecsExec,
        backend: backend.ecsExec,
        prometheus: prometheus.ecsExec,
        grafana: grafana.ecsExec,
      },
    });
  }

  #places(logs: LogGroups): Record<ServiceName, ServicePlace> {
    const { securityGroups, edge, variables } = this.#props;
    const place = (name: ServiceName, image: string): ServicePlace => ({
      ...variables.services[name],
      image,
      taskRoleArn: this.roles.taskRoleArns[name],
      securityGroupId: securityGroups.ids[name],
      logGroupName: logs.groups[name].name,
      registryArn: this.serviceDiscovery.registryArns[name],
    });
    const publicPlace = (name: RepositoryName): ServicePlace => ({
      ...place(name, this.#image(name)),
      targetGroupArn: edge.loadBalancer.targetGroupArns[name],
    });
    return {
      frontend: publicPlace("frontend"),
      backend: publicPlace("backend"),
      prometheus: place("prometheus", variables.images.prometheus.reference),
      grafana: publicPlace("grafana"),
    };
  }

  #image(name: RepositoryName): string {
    const { modes, registry, variables } = this.#props;
    return new ContainerImage(this, `${name}-image`, {
      active: modes.active,
      wanted: variables.images[name],
      repositoryName: registry.repositories[name].name,
    }).reference;
  }

  #services(
    platform: ServicePlatform,
    places: Readonly<Record<ServiceName, ServicePlace>>,
    storage: ObservabilityStorage,
    { grafanaSecret, mailKey }: { grafanaSecret: GeneratedSecret; mailKey: MailKey },
  ): Record<ServiceName, string> {
    const { modes, project, database, profilingBucket, edge, variables } = this.#props;
    const { namespace } = variables.serviceDiscovery;
    const environment = environmentName;
    const inside = (name: ServiceName) => text`http://${name}.${namespace}:${places[name].port}`;
    const withFiles: ServicePlatform = {
      ...platform,
      dependsOn: [...platform.dependsOn, ...storage.mountTargets],
    };
    return {
      frontend: new Frontend(this, "frontend", {
        ...{ platform, environment },
        place: places.frontend,
        backendUrl: text`${inside("backend")}/api`,
      }).serviceName,
      backend: new Backend(this, "backend", {
        ...{ environment, database },
        platform: { ...platform, dependsOn: [...platform.dependsOn, mailKey.secret.version] },
        mailKey: { exists: mailKey.gate.condition, arn: mailKey.secret.arn },
        place: places.backend,
        profilingBucketName: profilingBucket.name,
        contactForm: variables.contactForm,
      }).serviceName,
      prometheus: new Prometheus(this, "prometheus", {
        ...{ environment, project, namespace },
        platform: withFiles,
        place: places.prometheus,
        retention: variables.prometheusRetention,
        volume: storage.volumes.prometheus,
      }).serviceName,
      grafana: new Grafana(this, "grafana", {
        platform: { ...withFiles, dependsOn: [...withFiles.dependsOn, grafanaSecret.value] },
        place: places.grafana,
        hasDomain: modes.hasDomain.condition,
        grafanaDomain: edge.grafanaDomain,
        prometheusUrl: inside("prometheus"),
        adminPasswordArn: grafanaSecret.arn,
        volume: storage.volumes.grafana,
      }).serviceName,
    };
  }
}
