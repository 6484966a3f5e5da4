/** Starts the front of the emulator for a deployed environment: a proxy that corrects answers, and stand-ins for missing parts of AWS. */
import { resourceNames } from "@pilot-light/core/contract";
import type { IncomingMessage } from "node:http";
import { z } from "zod";
import { startBudgets } from "./budgets.ts";
import { startProxy, type Fate } from "./proxy.ts";
import { createBucket } from "./resources.ts";
import { startApplication, startTasks, type Where } from "./stand-ins.ts";

/** Decides what happens to a request. `target` is its operation, such as `...CreateService`, or its method and path. */
export type Decide = (service: string, target: string) => Fate;

export interface FrontOptions extends Where {
  /** Default: forwards every request. */
  decide?: Decide;
  /** Whether each service has a task that ECS does not stop. Default: no. */
  keepsTasks?: () => boolean;
  /** Default: free ports. */
  ports?: { proxy: number; application: number };
}

export interface Front extends AsyncDisposable {
  /** Address for all AWS services. */
  url: string;
  /** `address:port` of the application behind the load balancer. */
  application: string;
}

const counts = { runningCount: z.number(), desiredCount: z.number() };
const describedServices = z.looseObject({
  services: z.array(z.looseObject({ ...counts, deployments: z.array(z.looseObject(counts)).default([]) })),
});

export async function startFront(options: FrontOptions): Promise<Front> {
  const { endpoint, project, decide = () => "forward", keepsTasks = () => false, ports } = options;
  const bucket = resourceNames(project).backupsBucket;
  const policies = `${bucket}-policy`;
  await createBucket(endpoint, policies);
  // The emulator ignores the condition of a "deny" in a bucket policy, and would refuse every request. So the proxy stores the policy for
  // another bucket.
  const policyPath = new RegExp(`^/${bucket}/?(?=\\?policy(?:=|$))`);
  const budgets = await startBudgets(endpoint);
  const proxy = await startProxy(
    `http://${budgets.address}`,
    (service, _before, request) => decide(service, operationOf(request)),
    (url) => url.replace(policyPath, `/${policies}`),
    ports?.proxy,
    ({ headers }) =>
      String(headers["x-amz-target"]).endsWith(".DescribeServices")
        ? (body) => withTasks(body, keepsTasks() ? 1 : 0)
        : undefined,
  );
  const application = await startApplication(ports?.application);
  const parts = [startTasks(options), application, proxy, budgets];
  return {
    url: proxy.url,
    application: application.address,
    async [Symbol.asyncDispose]() {
      for (const part of parts) await part[Symbol.asyncDispose]();
    },
  };
}

/** The emulator reports the same number of running tasks for all services. ECS runs no more than are desired, and those that it does not stop. */
function withTasks(body: string, kept: number): string {
  const { data: document } = describedServices.safeParse(JSON.parse(body));
  if (document === undefined) return body;
  for (const service of document.services) {
    for (const part of [service, ...service.deployments]) {
      part.runningCount = Math.max(kept, Math.min(part.runningCount, part.desiredCount));
    }
  }
  return JSON.stringify(document);
}

function operationOf({ headers, method = "", url = "" }: IncomingMessage): string {
  const operation = headers["x-amz-target"];
  return typeof operation === "string" ? operation : `${method} ${url}`;
}
