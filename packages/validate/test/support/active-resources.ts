/** Creates the resources of the active mode in the emulator. Some states that moto does not create are set through moto's own API. */
import { ImportCertificateCommand } from "@aws-sdk/client-acm";
import { CreateDistributionCommand } from "@aws-sdk/client-cloudfront";
import { CreateSubnetCommand } from "@aws-sdk/client-ec2";
import {
  CreateClusterCommand,
  CreateServiceCommand,
  RegisterTaskDefinitionCommand,
  RunTaskCommand,
} from "@aws-sdk/client-ecs";
import {
  CreateListenerCommand,
  CreateLoadBalancerCommand,
  CreateTargetGroupCommand,
  RegisterTargetsCommand,
} from "@aws-sdk/client-elastic-load-balancing-v2";
import {
  CreatePrivateDnsNamespaceCommand,
  CreateServiceCommand as CreateDiscoveryServiceCommand,
  DeleteServiceCommand,
  DeregisterInstanceCommand,
  ListInstancesCommand,
  ListNamespacesCommand,
  RegisterInstanceCommand,
} from "@aws-sdk/client-servicediscovery";
import { CreateSecretCommand } from "@aws-sdk/client-secrets-manager";
import type { Outputs, ResourceNames } from "@pilot-light/core/contract";
import { imageTag } from "./basic-resources.ts";
import { usualCertificate, type DomainCertificate } from "./certificates.ts";
import type { SetupClients } from "./emulator.ts";

/** Number of tasks of each service. The emulator is configured to report this number as running. */
export const tasksEach = 2;
const roles = ["frontend", "backend", "prometheus", "grafana"] as const;
type Role = (typeof roles)[number];

export interface ActiveResources {
  outputs: Partial<Outputs>;
  cluster: string;
  loadBalancerArn: string;
  certificateArn: string;
  targetGroupArns: Record<"frontend" | "backend" | "grafana", string>;
  discoveryServices: Record<Role, string>;
}

export async function activate(
  aws: SetupClients,
  names: ResourceNames,
  vpcId: string,
  certificate?: DomainCertificate,
): Promise<ActiveResources> {
  const cluster = `${names.prefix}-cluster`;
  const certificateArn = await importCertificate(aws, certificate ?? (await usualCertificate()));
  const [balancer] = await Promise.all([
    createLoadBalancer(aws, names, vpcId, certificateArn),
    createServices(aws, names, cluster),
  ]);
  const [distributionId, discoveryServices] = await Promise.all([
    createDistribution(aws, names, balancer.dnsName),
    createDiscovery(aws, names, vpcId),
  ]);
  return {
    outputs: {
      dev_activated: true,
      ecs_cluster_name: cluster,
      frontend_service_name: `${names.prefix}-frontend`,
      backend_service_name: `${names.prefix}-backend`,
      prometheus_service_name: `${names.prefix}-prometheus`,
      service_discovery_namespace: names.serviceDiscoveryNamespace,
      acm_certificate_arn: certificateArn,
      grafana_service_name: `${names.prefix}-grafana`,
      alb_dns_name: balancer.dnsName,
      cloudfront_distribution_id: distributionId,
      cloudfront_domain_name: "distribution.cloudfront.test",
    },
    cluster,
    certificateArn,
    loadBalancerArn: balancer.arn,
    targetGroupArns: balancer.targetGroupArns,
    discoveryServices,
  };
}

export async function importCertificate(
  aws: Pick<SetupClients, "acm">,
  { cert, key }: DomainCertificate,
): Promise<string> {
  const command = new ImportCertificateCommand({
    Certificate: Buffer.from(cert),
    PrivateKey: Buffer.from(key),
  });
  const { CertificateArn = "" } = await aws.acm.send(command);
  return CertificateArn;
}

async function createLoadBalancer(
  aws: SetupClients,
  names: ResourceNames,
  vpcId: string,
  certificateArn: string,
) {
  const subnets: string[] = [];
  for (const [index, zone] of ["us-east-1a", "us-east-1b"].entries()) {
    const { Subnet } = await aws.ec2.send(
      new CreateSubnetCommand({ VpcId: vpcId, AvailabilityZone: zone, CidrBlock: `10.0.${index}.0/24` }),
    );
    subnets.push(Subnet?.SubnetId ?? "");
  }
  const client = aws.loadBalancing;
  const { LoadBalancers = [] } = await client.send(
    new CreateLoadBalancerCommand({ Name: `${names.prefix}-alb`, Subnets: subnets }),
  );
  const { LoadBalancerArn: arn = "", DNSName: dnsName = "" } = LoadBalancers[0] ?? {};
  const group = async (role: "frontend" | "backend" | "grafana", port: number) => {
    const { TargetGroups = [] } = await client.send(
      new CreateTargetGroupCommand({
        Name: `${names.prefix}-${role.slice(0, 4)}-tg`.slice(-32),
        Protocol: "HTTP",
        Port: port,
        VpcId: vpcId,
        TargetType: "ip",
      }),
    );
    const TargetGroupArn = TargetGroups[0]?.TargetGroupArn ?? "";
    // The emulator registers no tasks as targets.
    const Targets = [
      { Id: "10.0.0.11", Port: port },
      { Id: "10.0.1.12", Port: port },
    ];
    await client.send(new RegisterTargetsCommand({ TargetGroupArn, Targets }));
    // A target group belongs to a load balancer if one of its listeners forwards to it.
    await client.send(
      new CreateListenerCommand({
        LoadBalancerArn: arn,
        Protocol: "HTTPS",
        Port: role === "frontend" ? 443 : port,
        Certificates: [{ CertificateArn: certificateArn }],
        DefaultActions: [{ Type: "forward", TargetGroupArn }],
      }),
    );
    return TargetGroupArn;
  };
  const targetGroupArns = {
    frontend: await group("frontend", 3000),
    backend: await group("backend", 3001),
    grafana: await group("grafana", 3002),
  };
  return { arn, dnsName, targetGroupArns };
}

async function createServices(aws: SetupClients, names: ResourceNames, cluster: string): Promise<void> {
  await aws.ecs.send(new CreateClusterCommand({ clusterName: cluster }));
  const { ARN: valueFrom } = await aws.secretsManager.send(
    new CreateSecretCommand({ Name: `${names.prefix}-resend-api-key`, SecretString: "sandbox" }),
  );
  const secrets = [{ name: "RESEND_API_KEY", valueFrom }];
  for (const role of roles) {
    const image =
      role === "prometheus"
        ? "prom/prometheus:v3.1.0"
        : `123456789012.dkr.ecr.us-east-1.amazonaws.com/${names.ecrRepositories[role]}:${imageTag}`;
    const family = `${names.prefix}-${role}`;
    await aws.ecs.send(
      new RegisterTaskDefinitionCommand({
        family,
        containerDefinitions: [
          { name: role, image, memory: 128, cpu: 64, secrets: role === "backend" ? secrets : [] },
        ],
      }),
    );
    await createService(aws, cluster, family);
  }
  // The emulator starts no tasks for a service.
  const backend = `${names.prefix}-backend`;
  await aws.ecs.send(
    new RunTaskCommand({
      cluster,
      taskDefinition: backend,
      group: `service:${backend}`,
      launchType: "FARGATE",
      count: 1,
    }),
  );
}

async function createService(
  aws: SetupClients,
  cluster: string,
  name: string,
  desiredCount = tasksEach,
): Promise<void> {
  await aws.ecs.send(
    new CreateServiceCommand({ cluster, serviceName: name, taskDefinition: name, desiredCount }),
  );
}

export async function createDistribution(
  aws: SetupClients,
  names: ResourceNames,
  origin: string,
  enabled = true,
): Promise<string> {
  const { Distribution } = await aws.cloudFront.send(
    new CreateDistributionCommand({
      DistributionConfig: {
        CallerReference: `${names.prefix}-${origin}-${enabled}`,
        Comment: names.prefix,
        Enabled: enabled,
        Origins: {
          Quantity: 1,
          Items: [
            {
              Id: "alb",
              DomainName: origin,
              CustomOriginConfig: { HTTPPort: 80, HTTPSPort: 443, OriginProtocolPolicy: "https-only" },
            },
          ],
        },
        DefaultCacheBehavior: {
          TargetOriginId: "alb",
          ViewerProtocolPolicy: "redirect-to-https",
          MinTTL: 0,
          ForwardedValues: { QueryString: true, Cookies: { Forward: "all" } },
        },
      },
    }),
  );
  return Distribution?.Id ?? "";
}

async function createDiscovery(
  aws: SetupClients,
  names: ResourceNames,
  vpcId: string,
): Promise<Record<Role, string>> {
  const client = aws.serviceDiscovery;
  const Name = names.serviceDiscoveryNamespace;
  await client.send(new CreatePrivateDnsNamespaceCommand({ Name, Vpc: vpcId }));
  const { Namespaces = [] } = await client.send(new ListNamespacesCommand({}));
  const NamespaceId = Namespaces.find((namespace) => namespace.Name === Name)?.Id;
  const create = async (role: Role) => {
    const { Service } = await client.send(new CreateDiscoveryServiceCommand({ Name: role, NamespaceId }));
    const id = Service?.Id ?? "";
    // The emulator registers no tasks as instances.
    for (let task = 1; task <= tasksEach; task += 1) await registerInstance(aws, id, `task-${task}`);
    return id;
  };
  const [frontend, backend, prometheus, grafana] = [
    await create("frontend"),
    await create("backend"),
    await create("prometheus"),
    await create("grafana"),
  ];
  return { frontend, backend, prometheus, grafana };
}

export async function registerInstance(
  aws: SetupClients,
  serviceId: string,
  instanceId: string,
): Promise<void> {
  const client = aws.serviceDiscovery;
  const Attributes = { AWS_INSTANCE_IPV4: "10.0.0.11" };
  await client.send(
    new RegisterInstanceCommand({
      ServiceId: serviceId,
      InstanceId: instanceId,
      Attributes,
      CreatorRequestId: instanceId,
    }),
  );
}

/** Deletes the Cloud Map services. They would count in the next environment, because the emulator ignores the filter NAMESPACE_ID. */
export async function removeDiscovery(
  { serviceDiscovery }: SetupClients,
  active: ActiveResources,
): Promise<void> {
  for (const ServiceId of Object.values(active.discoveryServices)) {
    const { Instances = [] } = await serviceDiscovery.send(new ListInstancesCommand({ ServiceId }));
    for (const { Id: InstanceId } of Instances) {
      await serviceDiscovery.send(new DeregisterInstanceCommand({ ServiceId, InstanceId }));
    }
    await serviceDiscovery.send(new DeleteServiceCommand({ Id: ServiceId }));
  }
}
