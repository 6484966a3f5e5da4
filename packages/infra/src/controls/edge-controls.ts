/** The controls of the network, the load balancer, the CDN and the certificate. */
import type { Control } from "./control.ts";

export const edgeControls: readonly Control[] = [
  {
    fsbp: ["ACM.1", "ACM.2"],
    title: "Certificates renew themselves and have keys of 2048 bits or more",
    status: "met",
    how: "ACM renews certificates that DNS validates. The check `certificate` of `pnpm validate` warns 30 days before a certificate expires.",
  },
  {
    fsbp: ["EC2.2"],
    cis: ["5.4"],
    title: "The default security group of the VPC allows no connections",
    status: "met",
    how: "Terraform removes all rules of this group.",
  },
  {
    fsbp: ["EC2.6"],
    cis: ["3.7"],
    title: "The VPC logs its connections (flow logs)",
    status: "not met",
    reason:
      "CloudWatch charges for each GB of flow logs. Turn them on for the account if a standard demands them.",
  },
  {
    fsbp: ["EC2.10"],
    title: "The VPC has an endpoint for the EC2 API",
    status: "not met",
    reason: "An endpoint costs 7 USD a month in each zone. The services do not call the API of EC2.",
  },
  {
    fsbp: ["EC2.15"],
    title: "Subnets assign no public addresses",
    status: "met",
    how: "This is so in all six subnets.",
  },
  {
    fsbp: ["EC2.18", "EC2.19", "EC2.13", "EC2.14", "EC2.53", "EC2.54"],
    cis: ["5.2", "5.3"],
    title: "No security group accepts connections from the whole internet",
    status: "met",
    aspect: "NoOpenIngress",
    how: "The load balancer accepts connections from the addresses of CloudFront only.",
  },
  {
    fsbp: ["EC2.21"],
    cis: ["5.1"],
    title: "Network ACLs do not allow SSH and RDP from the whole internet",
    status: "not met",
    reason:
      "The default ACL of the VPC allows all connections. The security groups restrict the connections instead.",
  },
  {
    fsbp: ["ELB.1"],
    title: "The load balancer redirects HTTP to HTTPS",
    status: "optional",
    variables: ["domain_name"],
    how: "Met if `domain_name` is set. Without a domain there is no certificate, and CloudFront connects to the load balancer over HTTP.",
  },
  {
    fsbp: ["ELB.4"],
    title: "The load balancer drops invalid headers",
    status: "met",
    how: "An attribute of the load balancer sets this.",
  },
  {
    fsbp: ["ELB.5"],
    title: "The load balancer logs requests",
    status: "not met",
    reason: "The logs need another bucket, and AWS charges for their storage.",
  },
  {
    fsbp: ["ELB.6"],
    title: "The load balancer is protected from deletion",
    status: "not met",
    reason: "A deactivation must delete the load balancer, which contains no data.",
  },
  {
    fsbp: ["ELB.12"],
    title: "The load balancer mitigates desynchronized requests",
    status: "met",
    how: "The load balancer uses the setting `defensive`, the default of AWS.",
  },
  {
    fsbp: ["ELB.13"],
    title: "The load balancer is in several zones",
    status: "met",
    how: "It is in two zones.",
  },
  {
    fsbp: ["ELB.16", "CloudFront.6"],
    title: "A web application firewall inspects requests",
    status: "not met",
    reason: "A firewall costs 5 USD a month, and 1 USD a month for each rule.",
  },
  {
    fsbp: ["ELB.17"],
    title: "The HTTPS listener uses a recommended TLS policy",
    status: "met",
    how: "The policy accepts TLS 1.2 and newer versions.",
  },
  {
    fsbp: ["CloudFront.1"],
    title: "The distribution has a default root object",
    status: "not met",
    reason:
      "The frontend answers `/` itself. CloudFront has no bucket as its origin, so no list of files can become public.",
  },
  {
    fsbp: ["CloudFront.3"],
    title: "CloudFront redirects viewers to HTTPS",
    status: "met",
    how: "Every cache behavior does this.",
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
    reason: "The logs need another bucket, and AWS charges for their storage.",
  },
  {
    fsbp: ["CloudFront.7", "CloudFront.8", "CloudFront.9", "CloudFront.15"],
    title: "CloudFront uses your own certificate, SNI, TLS 1.2 and HTTPS to the load balancer",
    status: "optional",
    variables: ["domain_name"],
    how: "Met if `domain_name` is set. Without a domain there is no certificate.",
  },
  {
    fsbp: ["CloudFront.10"],
    title: "CloudFront uses no outdated TLS version to the load balancer",
    status: "met",
    how: "CloudFront accepts TLS 1.2 only.",
  },
  {
    fsbp: [],
    title: "The paths of metrics are not public",
    status: "met",
    how: "The load balancer answers 404 to requests for these paths. Prometheus reads the metrics inside the VPC. The load balancer compares upper and lower case: if an application does not, it must itself refuse spellings such as `/Metrics`.",
  },
  {
    fsbp: [],
    cis: ["3.1"],
    title: "CloudTrail, AWS Config and GuardDuty record the account",
    status: "not met",
    reason: "They are settings of the whole account, and other projects may use the same account.",
  },
];
