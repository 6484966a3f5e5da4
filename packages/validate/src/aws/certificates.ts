/** The certificate of the domain, and the host names that it is for. */
import type { CertificateDetail } from "@aws-sdk/client-acm";
import type { AwsClients } from "@pilot-light/core/aws/clients";
import { OpsError } from "@pilot-light/core/ops-error";
import { sdk } from "@pilot-light/core/aws/sdk";

/** @throws OpsError CERTIFICATE_MISSING (aws) */
export async function readCertificate(
  aws: AwsClients,
  arn: string,
  signal: AbortSignal,
): Promise<CertificateDetail> {
  const { DescribeCertificateCommand, ResourceNotFoundException } = sdk.acm();
  const acm = await aws.acm();
  try {
    const { Certificate } = await acm.send(new DescribeCertificateCommand({ CertificateArn: arn }), {
      abortSignal: signal,
    });
    if (Certificate !== undefined) return Certificate;
  } catch (error) {
    if (!(error instanceof ResourceNotFoundException)) throw error;
  }
  throw new OpsError("aws", "CERTIFICATE_MISSING", `There is no certificate ${arn}.`, {
    hint: "Create it again:  pnpm infra:deploy",
  });
}

type Names = Pick<CertificateDetail, "DomainName" | "SubjectAlternativeNames">;

/** All names, the main one first. */
export function certificateNames({ DomainName, SubjectAlternativeNames = [] }: Names): string[] {
  return [...new Set([...(DomainName === undefined ? [] : [DomainName]), ...SubjectAlternativeNames])];
}

/** Whether a name is one of them; a `*` stands for one label. */
export function covers(certificate: Names, host: string): boolean {
  const parent = host.slice(host.indexOf(".") + 1);
  return certificateNames(certificate).some((name) => name === host || name === `*.${parent}`);
}

/** A host name that a client can ask for: the first without a `*`, else one below it. */
export function serverName(certificate: Names): string | undefined {
  const names = certificateNames(certificate);
  return names.find((name) => !name.startsWith("*.")) ?? names[0]?.replace("*.", "www.");
}
