/** Check: the certificate of the domain is issued, covers Grafana's name, and does not expire soon. */
import type { CertificateDetail } from "@aws-sdk/client-acm";
import { awsCommand } from "@pilot-light/core/aws/command-line";
import { plural } from "@pilot-light/core/output/format";
import { certificateNames, covers } from "../aws/certificates.ts";
import type { Check, CheckContext, Problem } from "../check.ts";
import { failure, transient, warning } from "../check.ts";

/** ACM renews 60 days before the end: at 30 something is in its way. */
const soonDays = 30;
const day = 24 * 3600 * 1000;

export const certificate: Check = {
  id: "certificate",
  title: `The certificate of the domain is issued and valid for more than ${soonDays} days`,
  needs: ["aws-credentials", "terraform-outputs"],
  actions: ["acm:DescribeCertificate"],
  async run({ aws, reads, now }) {
    const detail = await reads.certificate();
    const active = (await reads.outputs()).values.dev_activated;
    if (detail === undefined) {
      const problem = warning(
        "without a domain the load balancer speaks plain HTTP",
        "Set the Terraform variable domain_name, then:  pnpm infra:deploy",
      );
      return { summary: "no domain, no certificate", problems: active ? [problem] : [] };
    }
    const problems = judge(detail, now, aws);
    return {
      summary: describe(detail, now),
      details: certificateNames(detail),
      // In pilot light nothing shows it to anybody, and one that is not in use is not renewed.
      problems: active ? problems : problems.map((problem) => ({ ...problem, severity: "warning" })),
    };
  },
};

function daysLeft({ NotAfter }: CertificateDetail, now: Date): number | undefined {
  return NotAfter === undefined ? undefined : Math.floor((Number(NotAfter) - Number(now)) / day);
}

function describe(detail: CertificateDetail, now: Date): string {
  const left = daysLeft(detail, now);
  const valid = left === undefined ? "" : `, ${plural(left, "day")} left`;
  return `${detail.DomainName ?? ""} ${detail.Status ?? "unknown"}${valid}`;
}

function judge(detail: CertificateDetail, now: Date, aws: CheckContext["aws"]): Problem[] {
  const { DomainName: name = "", Status: status = "unknown", CertificateArn: arn = "" } = detail;
  const look = `Look at it:  ${awsCommand(aws, `acm describe-certificate --certificate-arn ${arn}`)}`;
  if (status === "PENDING_VALIDATION") {
    return [transient(`${name}: it waits for its DNS records`, `Enter them in the DNS. ${look}`)];
  }
  if (status !== "ISSUED") return [failure(`${name}: its status is ${status}`, look)];
  const left = daysLeft(detail, now);
  if (left === undefined || left < 0) return [failure(`${name}: it has expired`, look)];
  const problems: Problem[] = [];
  if (left <= soonDays) {
    problems.push(warning(`${name}: it expires in ${plural(left, "day")} and has not been renewed`, look));
  }
  const grafana = `grafana.${name}`;
  if (!name.startsWith("*.") && !covers(detail, grafana)) {
    problems.push(warning(`${name}: it does not cover ${grafana}`, "Add the name:  pnpm infra:deploy"));
  }
  return problems;
}
