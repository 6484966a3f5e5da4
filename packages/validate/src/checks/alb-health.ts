/** Check: the application responds through CloudFront and the load balancer: the API with 200, static files without an error of CloudFront. */
import { awsCommand } from "@pilot-light/core/aws/command-line";
import { messageOf } from "@pilot-light/core/ops-error";
import { serverName } from "../aws/certificates.ts";
import { probe, type ProbeTarget } from "../aws/probe.ts";
import type { Check, CheckContext, Problem } from "../check.ts";
import { failure, transient } from "../check.ts";
import { requireOutput } from "../reads.ts";
import { mayHeal } from "../result.ts";

/** A file that does not exist: the frontend answers 404. CloudFront answers 502 if it cannot connect to the load balancer for such paths. */
const staticPath = "/_next/static/pilot-light-validate";

export const albHealth: Check = {
  id: "alb-health",
  title:
    "The API and static files respond through CloudFront and the load balancer, with a valid certificate",
  mode: "active",
  needs: ["aws-credentials", "terraform-outputs", "ecs-services", "certificate"],
  actions: ["acm:DescribeCertificate"],
  async run(context) {
    const target = await targetOf(context);
    const url = `${target.protocol}://${target.name}${target.path}`;
    try {
      const status = await probe(target, context.signal);
      const summary = `${url} responds with ${status}`;
      if (status !== 200) return { summary, problems: [wrongStatus(status, url)] };
      const ofStatic = await probe({ ...target, path: staticPath }, context.signal);
      return ofStatic < 500 ? { summary } : { summary, problems: [staticFails(ofStatic, target)] };
    } catch (error) {
      context.signal.throwIfAborted();
      return { summary: `${url} does not respond`, problems: [problemOfError(error, target, context)] };
    }
  },
};

/**
 * The target of the request. The load balancer accepts connections of CloudFront only. CloudFront has the certificate of the domain, so the
 * request works before the domain has its DNS record. Without a domain, CloudFront has a certificate for its own name. A request to the address
 * of `--resolve` then uses plain HTTP.
 */
async function targetOf({ reads, options }: CheckContext): Promise<ProbeTarget> {
  const host = requireOutput(await reads.outputs(), "cloudfront_domain_name");
  const [certificate] = await reads.certificates();
  const domain = certificate === undefined ? undefined : serverName(certificate);
  const plain = domain === undefined && options.albAddress !== undefined;
  return {
    protocol: plain ? "http" : "https",
    address: options.albAddress ?? { host, port: 443 },
    name: domain ?? host,
    path: "/api/health",
  };
}

function staticFails(status: number, { protocol, name }: ProbeTarget): Problem {
  const url = `${protocol}://${name}${staticPath}`;
  // 502 means that CloudFront cannot verify the load balancer's certificate, which only a deployment changes.
  const problem = status === 502 ? failure : transient;
  const text = "Deploy the distribution as infra defines it: it must forward the host of the request";
  return problem(`static files: ${url} responds with ${status}`, { text, deploy: true });
}

function wrongStatus(status: number, url: string): Problem {
  // CloudFront passes on the 5xx with which the load balancer responds while no target is healthy; 4xx and redirects are responses of the application.
  const problem = status >= 500 ? transient : failure;
  const fix = { text: "Send the same request", command: `curl -i ${url}` };
  return problem(`the response has status ${status} instead of 200`, fix);
}

function problemOfError(error: unknown, { address, name }: ProbeTarget, { aws }: CheckContext): Problem {
  const where = `${address.host}:${address.port}`;
  const code = error instanceof Error && "code" in error && typeof error.code === "string" ? error.code : "";
  if (/CERT|ALTNAME|SELF_SIGNED|ISSUER|UNABLE_TO_VERIFY/.test(code)) {
    const command = `openssl s_client -connect ${where} -servername ${name}`;
    return failure(`the certificate is not valid for ${name}: ${messageOf(error)}`, {
      text: "Inspect the certificate",
      command,
    });
  }
  const problem = mayHeal(error) ? transient : failure;
  return problem(`cannot reach ${where}: ${messageOf(error) || code}`, {
    text: "Check that the distribution exists and that your network can reach it",
    command: awsCommand(aws, "cloudfront list-distributions"),
  });
}
