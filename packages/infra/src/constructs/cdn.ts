/** The CloudFront distribution in front of the load balancer. Active mode only. */
import { CloudfrontDistribution } from "@cdktf/provider-aws/lib/cloudfront-distribution/index.js";
import { type IResolvable, Op, Token, conditional } from "cdktf";
import { Construct } from "constructs";
import type { Gate } from "../gate.ts";
import { text } from "../text.ts";
import { apiPaths } from "./load-balancer.ts";

export interface CdnSettings {
  priceClass: string;
  ipv6: IResolvable;
  /** Seconds. */
  originReadTimeout: number;
}

export interface CdnProps extends CdnSettings {
  active: Gate;
  hasDomain: Gate;
  comment: string;
  originName: string;
  domainName: string;
  grafanaDomain: string;
  /** An issued certificate of us-east-1; used only with a domain. */
  certificateArn: string;
}

/**
 * The ids of policies that AWS manages; they are the same in every account.
 * https://docs.aws.amazon.com/AmazonCloudFront/latest/DeveloperGuide/using-managed-cache-policies.html
 */
const cache = {
  byOriginHeaders: "4cc15a8a-d715-48a4-82b8-cc0b614638fe",
  disabled: "4135ea2d-6df8-44a3-9df3-4b5a84be39ad",
  optimized: "658327ea-f89d-4fab-a63d-7e88639e58f6",
} as const;
const wholeViewerRequest = "216adef6-5c7f-47e4-b989-5492eafa07d3";
const originId = "alb";

export class Cdn extends Construct {
  /** Outputs. */
  readonly distributionId: string;
  readonly domainName: string;
  readonly status: string;
  readonly invalidationCommand: string;

  constructor(scope: Construct, id: string, props: CdnProps) {
    super(scope, id);
    const { active, hasDomain } = props;
    const whenDomain = (value: string, otherwise: string | IResolvable): string =>
      Token.asString(conditional(hasDomain.condition, value, otherwise));
    const distribution = active.count(
      new CloudfrontDistribution(this, "distribution", {
        enabled: true,
        comment: props.comment,
        isIpv6Enabled: props.ipv6,
        priceClass: props.priceClass,
        aliases: Token.asList(conditional(hasDomain.condition, [props.domainName, props.grafanaDomain], [])),
        origin: [
          {
            originId,
            domainName: props.originName,
            customOriginConfig: {
              httpPort: 80,
              httpsPort: 443,
              // The load balancer uses the domain's certificate; without a domain it has none.
              originProtocolPolicy: whenDomain("https-only", "http-only"),
              originSslProtocols: ["TLSv1.2"],
              originReadTimeout: props.originReadTimeout,
            },
          },
        ],
        defaultCacheBehavior: behavior(cache.byOriginHeaders),
        orderedCacheBehavior: [
          ...apiPaths.map((pathPattern) => ({ pathPattern, ...behavior(cache.disabled) })),
          // These file names contain a hash of the content.
          { pathPattern: "/_next/static/*", ...behavior(cache.optimized) },
        ],
        viewerCertificate: {
          cloudfrontDefaultCertificate: Op.not(hasDomain.condition),
          acmCertificateArn: whenDomain(props.certificateArn, Token.nullValue()),
          sslSupportMethod: whenDomain("sni-only", Token.nullValue()),
          minimumProtocolVersion: whenDomain("TLSv1.2_2021", "TLSv1"),
        },
        restrictions: { geoRestriction: { restrictionType: "none" } },
      }),
    );
    this.distributionId = active.text(distribution.id);
    this.domainName = active.text(distribution.domainName);
    this.status = active.text(distribution.status);
    this.invalidationCommand = active.text(
      text`aws cloudfront create-invalidation --distribution-id ${distribution.id} --paths '/*'`,
    );
  }
}

/**
 * Every behavior forwards the viewer's request with its host. Without the host, CloudFront would send the AWS name of the load balancer. The
 * certificate is for the domain and not for that name, so CloudFront would answer 502.
 */
function behavior(cachePolicyId: string) {
  return {
    targetOriginId: originId,
    cachePolicyId,
    originRequestPolicyId: wholeViewerRequest,
    viewerProtocolPolicy: "redirect-to-https",
    allowedMethods: ["GET", "HEAD", "OPTIONS", "PUT", "POST", "PATCH", "DELETE"],
    cachedMethods: ["GET", "HEAD"],
    compress: true,
  };
}
