/** The TLS certificate of the domain, in both modes: it is free, and its validation takes time and manual steps. */
import { AcmCertificateValidation } from "@cdktf/provider-aws/lib/acm-certificate-validation/index.js";
import { AcmCertificate } from "@cdktf/provider-aws/lib/acm-certificate/index.js";
import { type IResolvable, type TerraformProvider, Token } from "cdktf";
import { Construct } from "constructs";
import type { Gate } from "../gate.ts";
import { text } from "../text.ts";

export interface CertificateProps {
  /** With a domain. */
  hasDomain: Gate;
  /** In active mode with a domain. */
  activeWithDomain: Gate;
  domainName: string;
  grafanaDomain: string;
  /** A provider of another region: CloudFront accepts certificates of us-east-1 only. */
  provider?: TerraformProvider;
}

export class Certificate extends Construct {
  /** The ARN after AWS has issued the certificate; for resources of the active mode. */
  readonly issuedArn: string;
  /** Outputs. */
  readonly arn: string;
  readonly status: string;
  readonly validationRecords: IResolvable;

  constructor(scope: Construct, id: string, props: CertificateProps) {
    super(scope, id);
    const provider = props.provider === undefined ? {} : { provider: props.provider };
    const certificate = props.hasDomain.count(
      new AcmCertificate(this, "certificate", {
        ...provider,
        domainName: props.domainName,
        subjectAlternativeNames: [props.grafanaDomain],
        validationMethod: "DNS",
        // A listener must never be without a certificate.
        lifecycle: { createBeforeDestroy: true },
      }),
    );
    // Terraform waits until AWS has seen the DNS records: AWS refuses a listener or a distribution with a pending certificate.
    this.issuedArn = props.activeWithDomain.count(
      new AcmCertificateValidation(this, "validation", {
        ...provider,
        certificateArn: certificate.arn,
        timeouts: { create: "15m" },
      }),
    ).certificateArn;
    this.arn = props.hasDomain.text(certificate.arn);
    this.status = props.hasDomain.text(certificate.status);
    // Without a certificate the splat is an empty list, so that no condition is needed.
    const options = `flatten(${AcmCertificate.tfResourceType}.${certificate.friendlyUniqueId}[*].domain_validation_options)`;
    this.validationRecords = Token.asAny(
      `\${[for option in ${options} : { name = option.resource_record_name, type = option.resource_record_type, value = option.resource_record_value }]}`,
    );
  }
}

/** Grafana's domain. */
export function grafanaDomain(domainName: string): string {
  return text`grafana.${domainName}`;
}
