/** Check: the backend responds with 200 through the load balancer, and the certificate is valid for the domain. */
import { awsCommand } from "@pilot-light/core/aws/command-line";
import { messageOf } from "@pilot-light/core/ops-error";
import { serverName } from "../aws/certificates.ts";
import { probe, type ProbeTarget } from "../aws/probe.ts";
import type { Check, CheckContext, Problem } from "../check.ts";
import { failure, transient } from "../check.ts";
import { requireOutput } from "../reads.ts";
import { mayHeal } from "../result.ts";

export const albHealth: Check = {
  id: "alb-health",
  title: "The backend responds with 200 through the load balancer, over HTTPS with a valid certificate",
  mode: "active",
  needs: ["aws-credentials", "terraform-outputs", "ecs-services", "certificate"],
  actions: ["acm:DescribeCertificate"],
  async run(context) {
    const target = await targetOf(context);
    const url = `${target.protocol}://${target.name}${target.path}`;
    try {
      const status = await probe(target, context.signal);
      const summary = `${url} responds with ${status}`;
      return status === 200 ? { summary } : { summary, problems: [wrongStatus(status, url)] };
    } catch (error) {
      context.signal.throwIfAborted();
      return { summary: `${url} does not respond`, problems: [problemOfError(error, target, context)] };
    }
  },
};

/** The certificate covers the domain, not the load balancer's own name. Without a domain the load balancer serves plain HTTP. */
async function targetOf({ reads, options }: CheckContext): Promise<ProbeTarget> {
  const host = requireOutput(await reads.outputs(), "alb_dns_name");
  const certificate = await reads.certificate();
  const domain = certificate === undefined ? undefined : serverName(certificate);
  return {
    protocol: domain === undefined ? "http" : "https",
    address: options.albAddress ?? { host, port: domain === undefined ? 80 : 443 },
    name: domain ?? host,
    path: "/api/health",
  };
}

function wrongStatus(status: number, url: string): Problem {
  // The load balancer responds with 5xx while no target is healthy; 4xx and redirects are responses of the application.
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
    text: "Check that the load balancer exists and that your network can reach it",
    command: awsCommand(aws, "elbv2 describe-load-balancers"),
  });
}
