/** The controls of the network, the load balancer, the CDN and the certificate. */
import type { Control } from "./control.ts";

export const edgeControls: readonly Control[] = [
  {
    fsbp: ["ACM.1", "ACM.2"],
    title: "Certificates renew themselves and have keys of 2048 bits or more",
    status: "met",
    how: "ACM renews certificates that DNS validates. The check `certificate` of `pnpm validate` warns 30 days before the end.",
  },
  {
    fsbp: ["EC2.2"],
    cis: ["5.4"],
    title: "The default security group of the VPC allows nothing",
    status: "met",
    how: "Terraform removes its rules.",
  },
  {
    fsbp: ["EC2.6"],
    cis: ["3.7"],
    title: "The VPC records its connections",
    status: "not met",
    reason:
      "CloudWatch charges for each GB of flow logs. Turn them on for the account if a standard demands them.",
  },
  {
    fsbp: ["EC2.10"],
    title: "The VPC has an endpoint for the EC2 API",
    status: "not met",
    reason: "It costs 7 USD a month in each zone. The services do not call EC2.",
  },
  {
    fsbp: ["EC2.15"],
    title: "Subnets assign no public addresses",
    status: "met",
    how: "In all six subnets.",
  },
  {
    fsbp: ["EC2.18", "EC2.19", "EC2.13", "EC2.14", "EC2.53", "EC2.54"],
    cis: ["5.2", "5.3"],
    title: "Security groups accept no connections from everywhere",
    status: "met",
    aspect: "NoOpenIngress",
    how: "The load balancer accepts connections from the addresses of CloudFront only.",
  },
  {
    fsbp: ["EC2.21"],
    cis: ["5.1"],
    title: "Network ACLs do not allow SSH and RDP from everywhere",
    status: "not met",
    reason:
      "The default ACL of the VPC allows all connections. Security groups, which are stateful, restrict them.",
  },
  {
    fsbp: ["ELB.1"],
    title: "The load balancer redirects HTTP to HTTPS",
    status: "optional",
    variables: ["domain_name"],
    how: "With a domain. Without one there is no certificate, and CloudFront connects over HTTP.",
  },
  {
    fsbp: ["ELB.4"],
    title: "The load balancer drops invalid headers",
    status: "met",
    how: "An attribute of the load balancer.",
  },
  {
    fsbp: ["ELB.5"],
    title: "The load balancer logs requests",
    status: "not met",
    reason: "The logs need a further bucket and are charged as storage.",
  },
  {
    fsbp: ["ELB.6"],
    title: "The load balancer is protected from deletion",
    status: "not met",
    reason: "A deactivation deletes it. It contains no data.",
  },
  {
    fsbp: ["ELB.12"],
    title: "The load balancer mitigates desynchronized requests",
    status: "met",
    how: "In AWS's default mode, `defensive`.",
  },
  {
    fsbp: ["ELB.13"],
    title: "The load balancer is in several zones",
    status: "met",
    how: "In two.",
  },
  {
    fsbp: ["ELB.16", "CloudFront.6"],
    title: "A web application firewall inspects requests",
    status: "not met",
    reason: "It costs 5 USD a month and 1 USD for each rule.",
  },
  {
    fsbp: ["ELB.17"],
    title: "The HTTPS listener uses a recommended TLS policy",
    status: "met",
    how: "TLS 1.2 or newer.",
  },
  {
    fsbp: ["CloudFront.1"],
    title: "The distribution has a default root object",
    status: "not met",
    reason:
      "The frontend answers `/` itself; there is no bucket behind CloudFront whose content could be listed.",
  },
  {
    fsbp: ["CloudFront.3"],
    title: "CloudFront redirects viewers to HTTPS",
    status: "met",
    how: "In every cache behavior.",
  },
  {
    fsbp: ["CloudFront.4"],
    title: "The distribution has a second origin for failures",
    status: "not met",
    reason: "A dev environment has one load balancer.",
  },
  {
    fsbp: ["CloudFront.5"],
    title: "CloudFront logs requests",
    status: "not met",
    reason: "The logs need a further bucket and are charged as storage.",
  },
  {
    fsbp: ["CloudFront.7", "CloudFront.8", "CloudFront.9", "CloudFront.15"],
    title: "CloudFront uses a certificate of the customer, SNI, TLS 1.2 and HTTPS to the load balancer",
    status: "optional",
    variables: ["domain_name"],
    how: "With a domain. Without one there is no certificate.",
  },
  {
    fsbp: ["CloudFront.10"],
    title: "CloudFront uses no outdated TLS version to the load balancer",
    status: "met",
    how: "TLS 1.2 only.",
  },
  {
    fsbp: [],
    title: "Paths of metrics are not public",
    status: "met",
    how: "The load balancer answers 404. Its patterns are case-sensitive: an application that ignores the case of paths must refuse other spellings itself. Prometheus reads metrics inside the VPC.",
  },
  {
    fsbp: [],
    cis: ["3.1"],
    title: "CloudTrail, AWS Config and GuardDuty record the account",
    status: "not met",
    reason: "They are settings of the account, which other projects may share.",
  },
];
