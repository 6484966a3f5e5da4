/** The dev environment as one Terraform stack: its parts, which `../constructs` defines, and the outputs. */
import { cdnRegion, environmentName, outputsVersion, type ResourceNames } from "@pilot-light/core/contract";
import type { BackendChoice } from "@pilot-light/core/terraform/backend";
import { Op, TerraformStack } from "cdktf";
import type { Construct } from "constructs";
import { DataAwsCallerIdentity } from "@cdktf/provider-aws/lib/data-aws-caller-identity/index.js";
import { DataAwsPartition } from "@cdktf/provider-aws/lib/data-aws-partition/index.js";
import { applyRules } from "../aspects/rules.ts";
import { configureBackend } from "../backend.ts";
import { Budget } from "../constructs/budget.ts";
import { BackupsBucket } from "../constructs/backups-bucket.ts";
import { CiUser } from "../constructs/ci-user.ts";
import { Compute } from "../constructs/compute.ts";
import { DatabaseAccess } from "../constructs/database-access.ts";
import { Database } from "../constructs/database.ts";
import { Edge } from "../constructs/edge.ts";
import { GithubRoles } from "../constructs/github-roles.ts";
import { ImageRegistry } from "../constructs/image-registry.ts";
import { Nat } from "../constructs/nat.ts";
import { Network } from "../constructs/network.ts";
import { ProfilingBucket } from "../constructs/profiling-bucket.ts";
import { SyncTask } from "../constructs/sync-task.ts";
import { SecurityGroups } from "../constructs/security-groups.ts";
import { Gate } from "../gate.ts";
import { type Modes, modes as modesOf } from "../modes.ts";
import { type OutputValues, writeOutputs } from "../outputs.ts";
import { cdnRegionProvider, configureProvider } from "../provider.ts";
import { defineVariables, type Variables } from "../variables/all.ts";
import { VariableDefinitions } from "../variables/definitions.ts";
import { type ServiceName, serviceNames } from "../variables/services.ts";

export interface DevStackProps {
  names: ResourceNames;
  project: string;
  region: string;
  backend: BackendChoice;
}

/** What the parts of the environment have in common. */
interface Common extends DevStackProps {
  prefix: string;
  /** Known to Terraform only. */
  account: string;
  partition: string;
  tags: Readonly<Record<string, string>>;
  variables: Variables;
  modes: Modes;
  ports: Readonly<Record<ServiceName, number>>;
}

export class DevStack extends TerraformStack {
  constructor(scope: Construct, props: DevStackProps) {
    super(scope, props.names.stack);
    const { names, project, region, backend } = props;
    const tags = { Project: project, Environment: environmentName, ManagedBy: "terraform" };
    configureBackend(this, backend);
    configureProvider(this, { region, tags });
    const variables = defineVariables(new VariableDefinitions(this, "variables"), {
      project,
      region,
      namespace: names.serviceDiscoveryNamespace,
      databaseInstance: names.databaseInstance,
    });
    const { services } = variables.services;
    const common: Common = {
      ...{ ...props, prefix: names.prefix, tags, variables, modes: modesOf(variables) },
      account: new DataAwsCallerIdentity(this, "account").accountId,
      partition: new DataAwsPartition(this, "partition").partition,
      ports: {
        frontend: services.frontend.port,
        backend: services.backend.port,
        prometheus: services.prometheus.port,
        grafana: services.grafana.port,
      },
    };
    const base = createBase(this, common);
    const active = createActive(this, common, base);
    const ciUser = createDeployers(this, common, base, active);
    new Budget(this, "budget", {
      ...variables.budget,
      exists: new Gate(variables.budget.hasBudget),
      name: names.stack,
      project,
    });
    applyRules(this);
    writeOutputs(this, outputValues(common, { ...base, ...active, ciUser }));
  }
}

/** What both modes have: the network, the storage and the tasks of syncs. The database is absent in pilot light, unless it is always on. */
function createBase(stack: DevStack, { variables, modes, names, ...common }: Common) {
  const { prefix, project, region } = common;
  const network = new Network(stack, "network", { prefix, region, ...variables.network });
  const securityGroups = new SecurityGroups(stack, "security-groups", {
    ...{ prefix, ports: common.ports },
    vpcId: network.vpcId,
    hasDomain: modes.hasDomain,
  });
  return {
    network,
    securityGroups,
    backupsBucket: new BackupsBucket(stack, "backups-bucket", {
      name: names.backupsBucket,
      ...variables.storage.backups,
    }),
    profilingBucket: new ProfilingBucket(stack, "profiling-bucket", {
      name: names.profilingBucket,
      retentionDays: variables.storage.profilingRetentionDays,
    }),
    registry: new ImageRegistry(stack, "image-registry", {
      names: names.ecrRepositories,
      imagesKept: variables.storage.ecrImagesKept,
    }),
    database: new Database(stack, "database", {
      ...variables.database,
      // A deactivation could not delete a protected instance.
      deletionProtection: Op.and(variables.database.deletionProtection, variables.database.alwaysOn),
      exists: modes.database,
      identifier: names.databaseInstance,
      finalSnapshotPrefix: names.finalSnapshotPrefix,
      subnetIds: network.privateDbSubnetIds,
      securityGroupId: securityGroups.ids.database,
    }),
    databaseAccess: new DatabaseAccess(stack, "database-access", { prefix }),
    syncTask: new SyncTask(stack, "sync-task", {
      ...{ project, region },
      variables: variables.sync,
      architecture: variables.services.architecture,
      logRetentionDays: variables.services.logRetentionDays,
    }),
  };
}
type Base = ReturnType<typeof createBase>;

/** What only the active mode has: NAT, the public part and the services. The certificates of a domain exist in both modes. */
function createActive(stack: DevStack, common: Common, base: Base) {
  const { modes, prefix, ports, region, tags, variables } = common;
  const { network, securityGroups } = base;
  const nat = new Nat(stack, "nat", {
    ...{ active: modes.active, prefix },
    single: variables.network.singleNatGateway,
    publicSubnetIds: network.publicSubnetIds,
    routeTableIds: network.privateAppRouteTableIds,
  });
  const edge = new Edge(stack, "edge", {
    ...{ modes, prefix, ports },
    vpcId: network.vpcId,
    subnetIds: network.publicSubnetIds,
    securityGroupId: securityGroups.ids.alb,
    variables: variables.edge,
    ...(region === cdnRegion ? {} : { cdnRegionProvider: cdnRegionProvider(stack, tags) }),
  });
  const compute = new Compute(stack, "compute", {
    ...{ ...common, ...base, nat, edge },
    variables: { ...variables.services, ...variables.edge },
  });
  return { edge, compute };
}
type Active = ReturnType<typeof createActive>;

/** Who deploys, if the variables name them: a user for images, and the roles of GitHub's workflows. */
function createDeployers(stack: DevStack, common: Common, base: Base, { compute }: Active): CiUser {
  const { modes, prefix, project, region, account, partition, variables } = common;
  const repositories = [...Object.values(base.registry.repositories), base.syncTask.repository];
  const ciUser = new CiUser(stack, "ci-user", {
    ...{ prefix, region, account, partition },
    exists: new Gate(variables.github.ciUser),
    repositoryArns: repositories.map(({ arn }) => arn),
    passableRoleArns: [
      compute.roles.executionRoleArn,
      ...serviceNames.map((name) => compute.roles.taskRoleArns[name]),
    ],
    projectTag: project,
  });
  new GithubRoles(stack, "github-roles", {
    exists: modes.hasRepository,
    ...variables.github,
    scope: { ...common, databaseSubnetGroup: common.variables.database.subnetGroupName },
    imagesPolicyArn: ciUser.policyArn,
  });
  return ciUser;
}

function outputValues(
  { names, project, region, variables }: Common,
  parts: Base & Active & { ciUser: CiUser },
): OutputValues {
  const { network, securityGroups, backupsBucket, profilingBucket, registry, database, databaseAccess } =
    parts;
  const { syncTask, edge, compute, ciUser } = parts;
  const { backend, frontend, grafana } = registry.repositories;
  return {
    schema_version: outputsVersion,
    dev_activated: variables.activated,
    environment: environmentName,
    aws_region: region,
    project_name: project,
    resource_prefix: names.prefix,
    vpc_id: network.vpcId,
    database_endpoint: database.endpoint,
    database_host: database.host,
    database_port: database.port,
    database_name: database.databaseName,
    database_connection_string: database.connectionString,
    database_secret_arn: database.secretArn,
    db_backups_bucket_name: backupsBucket.name,
    db_backups_bucket_arn: backupsBucket.arn,
    database_access_cluster_name: databaseAccess.clusterName,
    database_access_task_definition_arn: databaseAccess.taskDefinitionArn,
    database_access_subnet_ids: [...network.publicSubnetIds],
    database_access_security_group_id: securityGroups.ids["database-access"],
    sync_task_definition_arn: syncTask.taskDefinitionArn,
    sync_security_group_id: securityGroups.ids.sync,
    sync_log_group_name: syncTask.logGroupName,
    sync_image: syncTask.image,
    sync_ecr_repository_url: syncTask.repository.url,
    sync_ecr_repository_name: syncTask.repository.name,
    neon_url_secret_arn: syncTask.neonSecretArn,
    ecs_cluster_name: compute.cluster.name,
    ecs_cluster_arn: compute.cluster.arnOutput,
    frontend_service_name: compute.serviceNames.frontend,
    backend_service_name: compute.serviceNames.backend,
    prometheus_service_name: compute.serviceNames.prometheus,
    grafana_service_name: compute.serviceNames.grafana,
    secret_restart_rule_name: compute.secretRestartRule,
    service_discovery_namespace: compute.serviceDiscovery.namespace,
    backend_ecr_repository_url: backend.url,
    backend_ecr_repository_name: backend.name,
    frontend_ecr_repository_url: frontend.url,
    frontend_ecr_repository_name: frontend.name,
    grafana_ecr_repository_url: grafana.url,
    grafana_ecr_repository_name: grafana.name,
    profiling_artifacts_bucket_name: profilingBucket.name,
    grafana_admin_secret_arn: compute.grafanaSecretArn,
    alb_dns_name: edge.loadBalancer.dnsName,
    alb_arn: edge.loadBalancer.arn,
    cloudfront_distribution_id: edge.cdn.distributionId,
    cloudfront_domain_name: edge.cdn.domainName,
    cloudfront_status: edge.cdn.status,
    cache_invalidation_command: edge.cdn.invalidationCommand,
    application_url: edge.addresses.application,
    frontend_url: edge.addresses.application,
    backend_url: edge.addresses.backend,
    grafana_url: edge.addresses.grafana,
    acm_certificate_arn: edge.certificate.arn,
    cdn_certificate_arn: edge.cdnCertificate.arn,
    acm_certificate_status: edge.certificate.status,
    acm_certificate_validation_records: edge.certificate.validationRecords,
    cloudflare_cname_records: edge.addresses.cnameRecords,
    custom_domain_urls: edge.addresses.domainUrls,
    cicd_iam_user_name: ciUser.userName,
    cicd_iam_user_arn: ciUser.userArn,
    cicd_iam_policy_name: ciUser.policyName,
    cicd_iam_policy_arn: ciUser.policyArn,
  };
}
