/** Check: the certificates of the load balancer and of CloudFront are issued, cover Grafana's host name, and do not expire soon. */
import type { CertificateDetail } from "@aws-sdk/client-acm";
import { regionOfArn } from "@pilot-light/core/aws/arn";
import { awsCommand } from "@pilot-light/core/aws/command-line";
import { plural } from "@pilot-light/core/output/format";
import { certificateNames, covers } from "../aws/certificates.ts";
import type { Check, Problem } from "../check.ts";
import { failure, transient, warning } from "../check.ts";
import type { Fix } from "../fix.ts";

/** ACM renews a certificate 60 days before it expires: at 30 days something prevents the renewal. */
const soonDays = 30;
const day = 24 * 3600 * 1000;

export const certificate: Check = {
  id: "certificate",
  title: `The certificate of the domain is issued and valid for more than ${soonDays} days`,
  needs: ["aws-credentials", "terraform-outputs"],
  actions: ["acm:DescribeCertificate"],
  async run({ reads, now }) {
    const certificates = await reads.certificates();
    const active = (await reads.outputs()).values.dev_activated;
    if (certificates.length === 0) {
      const problem = warning("without a domain the load balancer serves plain HTTP", {
        text: "Set the Terraform variable domain_name, then deploy",
        deploy: true,
      });
      return { summary: "no domain, no certificate", problems: active ? [problem] : [] };
    }
    const several = certificates.length > 1;
    const problems = certificates.flatMap((detail) => problemsOf(detail, nameOf(detail, several), now));
    return {
      summary: certificates.map((detail) => describe(detail, nameOf(detail, several), now)).join(", "),
      details: [...new Set(certificates.flatMap(certificateNames))],
      // In pilot light nothing uses the certificate, and ACM does not renew an unused certificate.
      problems: active ? problems : problems.map((problem) => ({ ...problem, severity: "warning" })),
    };
  },
};

/** The domain; with its region, if two certificates have the same domain. */
function nameOf({ DomainName = "", CertificateArn = "" }: CertificateDetail, several: boolean): string {
  return several ? `${DomainName} (${regionOfArn(CertificateArn) ?? ""})` : DomainName;
}

function daysLeft({ NotAfter }: CertificateDetail, now: Date): number | undefined {
  return NotAfter === undefined ? undefined : Math.floor((Number(NotAfter) - Number(now)) / day);
}

function describe(detail: CertificateDetail, name: string, now: Date): string {
  const left = daysLeft(detail, now);
  const valid = left === undefined ? "" : `, ${plural(left, "day")} left`;
  return `${name} ${detail.Status ?? "unknown"}${valid}`;
}

function problemsOf(detail: CertificateDetail, name: string, now: Date): Problem[] {
  const { DomainName: domain = "", Status: status = "unknown", CertificateArn: arn = "" } = detail;
  const region = regionOfArn(arn) ?? "";
  const command = awsCommand({ region }, `acm describe-certificate --certificate-arn ${arn}`);
  const inspect = { text: "Inspect the certificate", command };
  if (status === "PENDING_VALIDATION") {
    const fix = { text: "Create the DNS records that ACM shows", command };
    return [transient(`${name}: the certificate waits for its DNS records`, fix)];
  }
  if (status !== "ISSUED") return [failure(`${name}: the certificate has status ${status}`, inspect)];
  const left = daysLeft(detail, now);
  if (left === undefined || left < 0) return [failure(`${name}: the certificate has expired`, inspect)];
  const problems: Problem[] = [];
  if (left <= soonDays) {
    const message = `${name}: the certificate expires in ${plural(left, "day")}, and ACM has not renewed it`;
    problems.push(warning(message, inspect));
  }
  const grafana = `grafana.${domain}`;
  if (!domain.startsWith("*.") && !covers(detail, grafana)) {
    const fix: Fix = { text: `Deploy a certificate that covers ${grafana}`, deploy: true };
    problems.push(warning(`${name}: the certificate does not cover ${grafana}`, fix));
  }
  return problems;
}
