/** The certificate of the domain, and the host names that it covers. */
import type { CertificateDetail } from "@aws-sdk/client-acm";
import { regionOfArn } from "@pilot-light/core/aws/arn";
import type { AwsClients } from "@pilot-light/core/aws/clients";
import { sdk } from "@pilot-light/core/aws/sdk";
import { certificateMissing } from "../errors.ts";

/**
 * Reads a certificate from ACM, in the region that its ARN names. The certificate of CloudFront is in us-east-1 in every environment.
 * @throws OpsError CERTIFICATE_MISSING (aws)
 */
export async function readCertificate(
  aws: AwsClients,
  arn: string,
  signal: AbortSignal,
): Promise<CertificateDetail> {
  const { DescribeCertificateCommand, ResourceNotFoundException } = sdk.acm();
  const acm = await aws.acm(regionOfArn(arn));
  try {
    const { Certificate } = await acm.send(new DescribeCertificateCommand({ CertificateArn: arn }), {
      abortSignal: signal,
    });
    if (Certificate !== undefined) return Certificate;
  } catch (error) {
    if (!(error instanceof ResourceNotFoundException)) throw error;
  }
  throw certificateMissing({ arn });
}

type Names = Pick<CertificateDetail, "DomainName" | "SubjectAlternativeNames">;

/** All host names, the main one first. */
export function certificateNames({ DomainName, SubjectAlternativeNames = [] }: Names): string[] {
  return [...new Set([...(DomainName === undefined ? [] : [DomainName]), ...SubjectAlternativeNames])];
}

/** Whether the certificate covers a host name; a `*` stands for one label. */
export function covers(certificate: Names, host: string): boolean {
  const parent = host.slice(host.indexOf(".") + 1);
  return certificateNames(certificate).some((name) => name === host || name === `*.${parent}`);
}

/** A host name that a client can request: the first without a `*`, else one that matches the `*`. */
export function serverName(certificate: Names): string | undefined {
  const names = certificateNames(certificate);
  return names.find((name) => !name.startsWith("*.")) ?? names[0]?.replace("*.", "www.");
}
