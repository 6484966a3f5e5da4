import {
  CloudFrontClient,
  ListDistributionsCommand,
  type DistributionSummary,
} from "@aws-sdk/client-cloudfront";
import { DescribeAddressesCommand, DescribeNatGatewaysCommand, EC2Client } from "@aws-sdk/client-ec2";
import { DescribeClustersCommand, ECSClient } from "@aws-sdk/client-ecs";
import { DescribeFileSystemsCommand, EFSClient, type FileSystemDescription } from "@aws-sdk/client-efs";
import {
  DescribeLoadBalancersCommand,
  ElasticLoadBalancingV2Client,
} from "@aws-sdk/client-elastic-load-balancing-v2";
import { ListNamespacesCommand, ServiceDiscoveryClient } from "@aws-sdk/client-servicediscovery";
import { expect, test } from "vitest";
import { checkContext } from "../testing/check-context.ts";
import { mockClient } from "../testing/mock-client.ts";
import { findLeftovers } from "./leftovers.ts";

const ours = [
  { Key: "Project", Value: "shop" },
  { Key: "Environment", Value: "dev" },
];
const theirs = [
  { Key: "Project", Value: "other" },
  { Key: "Environment", Value: "dev" },
];

/** The part of a listed distribution that the check reads. */
function distribution(id: string, origin: string): DistributionSummary {
  return {
    Id: id,
    Origins: { Quantity: 1, Items: [{ Id: "alb", DomainName: origin }] },
  } as DistributionSummary;
}

function fileSystem(id: string, tags: typeof ours): FileSystemDescription {
  const SizeInBytes = { Value: 2 * 1024 ** 3 };
  return { FileSystemId: id, SizeInBytes, Tags: tags } as unknown as FileSystemDescription;
}

test("finds the resources of the environment and their cost, and no other resources", async () => {
  mockClient(EC2Client)
    .on(DescribeNatGatewaysCommand, {
      Filter: [
        { Name: "vpc-id", Values: ["vpc-1"] },
        { Name: "state", Values: ["pending", "available"] },
      ],
    })
    .resolves({ NatGateways: [{ NatGatewayId: "nat-1" }] })
    .on(DescribeAddressesCommand)
    .resolves({
      Addresses: [
        { PublicIp: "203.0.113.1", Tags: ours },
        { PublicIp: "203.0.113.2", Tags: theirs },
        { PublicIp: "203.0.113.3" },
      ],
    });
  mockClient(ElasticLoadBalancingV2Client)
    .on(DescribeLoadBalancersCommand)
    .resolves({
      LoadBalancers: [
        { LoadBalancerName: "dev-shop-alb", VpcId: "vpc-1" },
        { LoadBalancerName: "dev-other-alb", VpcId: "vpc-2" },
      ],
    });
  mockClient(ECSClient)
    .on(DescribeClustersCommand, { clusters: ["dev-shop-cluster"] })
    .resolves({ clusters: [{ status: "INACTIVE", runningTasksCount: 0 }] });
  mockClient(CloudFrontClient)
    .on(ListDistributionsCommand)
    .resolves({
      DistributionList: {
        Marker: "",
        MaxItems: 100,
        IsTruncated: false,
        Quantity: 2,
        Items: [
          distribution("E1", "dev-shop-alb-123.us-east-1.elb.amazonaws.com"),
          distribution("E2", "dev-shop-two-alb-123.us-east-1.elb.amazonaws.com"),
        ],
      },
    });
  mockClient(ServiceDiscoveryClient)
    .on(ListNamespacesCommand)
    .resolves({ Namespaces: [{ Name: "other.local" }] });
  mockClient(EFSClient)
    .on(DescribeFileSystemsCommand)
    .resolves({ FileSystems: [fileSystem("fs-1", ours), fileSystem("fs-2", theirs)] });

  expect(await findLeftovers(checkContext({}), "vpc-1")).toEqual([
    { name: "NAT gateway nat-1", dollars: 32.85 },
    { name: "public address 203.0.113.1", dollars: 3.65 },
    { name: "load balancer dev-shop-alb", dollars: 16.425 },
    { name: "CloudFront distribution E1", dollars: 0 },
    { name: "file system fs-1", dollars: 0.6 },
  ]);
});
