/** The public part of the environment: certificate, load balancer and CDN, connected to each other. */
import type { AwsProvider } from "@cdktf/provider-aws/lib/provider/index.js";
import { Construct } from "constructs";
import { type Addresses, addresses } from "../addresses.ts";
import type { Modes } from "../modes.ts";
import type { EdgeVariables } from "../variables/edge.ts";
import { Cdn } from "./cdn.ts";
import { Certificate, grafanaDomain } from "./certificate.ts";
import { LoadBalancer, type LoadBalancerProps } from "./load-balancer.ts";

export interface EdgeProps extends Pick<
  LoadBalancerProps,
  "vpcId" | "subnetIds" | "securityGroupId" | "ports"
> {
  modes: Modes;
  prefix: string;
  variables: EdgeVariables;
  /** For the CDN's own certificate when the environment is in another region. */
  cdnRegionProvider?: AwsProvider;
}

export class Edge extends Construct {
  readonly certificate: Certificate;
  /** The certificate of CloudFront. In an environment in us-east-1, it is that of the load balancer. */
  readonly cdnCertificate: Certificate;
  readonly loadBalancer: LoadBalancer;
  readonly cdn: Cdn;
  readonly grafanaDomain: string;
  readonly addresses: Addresses;

  constructor(scope: Construct, id: string, props: EdgeProps) {
    super(scope, id);
    const { modes, prefix, variables, vpcId, subnetIds, securityGroupId, ports } = props;
    const { domainName } = variables;
    this.grafanaDomain = grafanaDomain(domainName);
    const domains = { ...modes, domainName, grafanaDomain: this.grafanaDomain };
    this.certificate = new Certificate(this, "certificate", domains);
    // A domain has the same validation records in every region: the outputs contain those of the first certificate.
    this.cdnCertificate =
      props.cdnRegionProvider === undefined
        ? this.certificate
        : new Certificate(this, "cdn-certificate", { ...domains, provider: props.cdnRegionProvider });
    this.loadBalancer = new LoadBalancer(this, "load-balancer", {
      ...domains,
      ...variables.loadBalancer,
      ...{ prefix, vpcId, subnetIds, securityGroupId, ports },
      certificateArn: this.certificate.issuedArn,
    });
    this.cdn = new Cdn(this, "cdn", {
      ...domains,
      ...variables.cdn,
      comment: prefix,
      originName: this.loadBalancer.originName,
      certificateArn: this.cdnCertificate.issuedArn,
    });
    this.addresses = addresses({ ...domains, cdnDomainName: this.cdn.domainName });
  }
}
