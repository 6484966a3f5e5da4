/** The dev environment as one Terraform stack. It only connects the parts, which are defined in `../constructs`. */
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
import { modes as modesOf } from "../modes.ts";
import { type OutputValues, writeOutputs } from "../outputs.ts";
import { cdnRegionProvider, configureProvider } from "../provider.ts";
import { defineVariables, type Variables } from "../variables/all.ts";
import { VariableDefinitions } from "../variables/definitions.ts";
import { serviceNames } from "../variables/services.ts";

export interface DevStackProps {
  names: ResourceNames;
  project: string;
  region: string;
  backend: BackendChoice;
}

/** The always-on parts whose values the outputs contain. */
interface Base {
  network: Network;
  backupsBucket: BackupsBucket;
  profilingBucket: ProfilingBucket;
  registry: ImageRegistry;
  database: Database;
  databaseAccess: DatabaseAccess;
  databaseAccessGroupId: string;
  syncTask: SyncTask;
  syncGroupId: string;
  ciUser: CiUser;
}

export class DevStack extends TerraformStack {
  readonly #props: DevStackProps;

  constructor(scope: Construct, props: DevStackProps) {
    super(scope, props.names.stack);
    this.#props = props;
    const { names, project, region } = props;
    const { prefix } = names;
    const tags = { Project: project, Environment: environmentName, ManagedBy: "terraform" };
    configureBackend(this, props.backend);
    configureProvider(this, { region, tags });
    const variables = defineVariables(new VariableDefinitions(this, "variables"), {
      project,
      region,
      namespace: names.serviceDiscoveryNamespace,
    });
    const modes = modesOf(variables);
    const { services } = variables.services;
    const ports = {
      frontend: services.frontend.port,
      backend: services.backend.port,
      prometheus: services.prometheus.port,
      grafana: services.grafana.port,
    };

    const network = new Network(this, "network", { prefix, region, ...variables.network });
    const securityGroups = new SecurityGroups(this, "security-groups", {
      prefix,
      vpcId: network.vpcId,
      ports,
      hasDomain: modes.hasDomain,
    });
    const backupsBucket = new BackupsBucket(this, "backups-bucket", {
      name: names.backupsBucket,
      ...variables.storage.backups,
    });
    const profilingBucket = new ProfilingBucket(this, "profiling-bucket", {
      name: names.profilingBucket,
      retentionDays: variables.storage.profilingRetentionDays,
    });
    const registry = new ImageRegistry(this, "image-registry", {
      names: names.ecrRepositories,
      imagesKept: variables.storage.ecrImagesKept,
    });
    const database = new Database(this, "database", {
      ...variables.database,
      // A deactivation could not delete a protected instance.
      deletionProtection: Op.and(variables.database.deletionProtection, variables.database.alwaysOn),
      exists: modes.database,
      identifier: names.databaseInstance,
      finalSnapshotPrefix: names.finalSnapshotPrefix,
      subnetIds: network.privateDbSubnetIds,
      securityGroupId: securityGroups.ids.database,
    });
    const databaseAccess = new DatabaseAccess(this, "database-access", { prefix });

    const syncTask = new SyncTask(this, "sync-task", {
      ...{ project, region },
      variables: variables.sync,
      architecture: variables.services.architecture,
      logRetentionDays: variables.services.logRetentionDays,
    });

    const nat = new Nat(this, "nat", {
      active: modes.active,
      prefix,
      single: variables.network.singleNatGateway,
      publicSubnetIds: network.publicSubnetIds,
      routeTableIds: network.privateAppRouteTableIds,
    });
    const edge = new Edge(this, "edge", {
      ...{ modes, prefix, ports },
      vpcId: network.vpcId,
      subnetIds: network.publicSubnetIds,
      securityGroupId: securityGroups.ids.alb,
      variables: variables.edge,
      ...(region === cdnRegion ? {} : { cdnRegionProvider: cdnRegionProvider(this, tags) }),
    });
    const account = new DataAwsCallerIdentity(this, "account").accountId;
    const partition = new DataAwsPartition(this, "partition").partition;
    const compute = new Compute(this, "compute", {
      ...{
        modes,
        project,
        prefix,
        region,
        account,
        partition,
        network,
        nat,
        securityGroups,
        registry,
        profilingBucket,
        database,
        edge,
      },
      variables: { ...variables.services, ...variables.edge },
    });
    const ciUser = new CiUser(this, "ci-user", {
      ...{ prefix, region, account, partition },
      exists: new Gate(variables.github.ciUser),
      repositoryArns: [...Object.values(registry.repositories), syncTask.repository].map(({ arn }) => arn),
      passableRoleArns: [
        compute.roles.executionRoleArn,
        ...serviceNames.map((name) => compute.roles.taskRoleArns[name]),
      ],
      projectTag: project,
    });

    new GithubRoles(this, "github-roles", {
      exists: modes.hasRepository,
      ...variables.github,
      scope: { ...{ names, project, region, account, partition }, backend: props.backend },
      imagesPolicyArn: ciUser.policyArn,
    });

    new Budget(this, "budget", {
      ...variables.budget,
      exists: new Gate(variables.budget.hasBudget),
      name: names.stack,
      project,
    });

    applyRules(this);
    const databaseAccessGroupId = securityGroups.ids["database-access"];
    const base = {
      ...{ network, backupsBucket, profilingBucket, registry, ciUser },
      ...{ database, databaseAccess, databaseAccessGroupId },
      ...{ syncTask, syncGroupId: securityGroups.ids.sync },
    };
    writeOutputs(this, this.#outputs(variables, base, edge, compute));
  }

  #outputs(variables: Variables, base: Base, edge: Edge, compute: Compute): OutputValues {
    const { names, project, region } = this.#props;
    const { network, backupsBucket, profilingBucket, registry, database, databaseAccess, ciUser, syncTask } =
      base;
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
      database_access_security_group_id: base.databaseAccessGroupId,
      sync_task_definition_arn: syncTask.taskDefinitionArn,
      sync_security_group_id: base.syncGroupId,
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
}
