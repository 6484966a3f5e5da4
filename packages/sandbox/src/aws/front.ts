/** Starts the front of the emulator for a deployed environment: a proxy that corrects the emulator, and stand-ins for what it lacks. */
import { resourceNames } from "@pilot-light/core/contract";
import type { IncomingMessage } from "node:http";
import { startProxy, type Fate } from "./proxy.ts";
import { createBucket } from "./resources.ts";
import { startApplication, startTasks, type Where } from "./stand-ins.ts";

/** Decides what happens to a request. `target` is its operation, such as `...CreateService`, or its method and path. */
export type Decide = (service: string, target: string) => Fate;

export interface FrontOptions extends Where {
  /** Default: forwards every request. */
  decide?: Decide;
  /** Default: free ports. */
  ports?: { proxy: number; application: number };
}

export interface Front extends AsyncDisposable {
  /** Address for all AWS services. */
  url: string;
  /** `address:port` of the application behind the load balancer. */
  application: string;
}

export async function startFront(options: FrontOptions): Promise<Front> {
  const { endpoint, project, decide = () => "forward", ports } = options;
  const bucket = resourceNames(project).backupsBucket;
  const policies = `${bucket}-policy`;
  await createBucket(endpoint, policies);
  // The emulator ignores the condition of a "deny" in a bucket policy, and would refuse every request. The policy is therefore stored
  // for another bucket.
  const policyPath = new RegExp(`^/${bucket}/?(?=\\?policy(?:=|$))`);
  const proxy = await startProxy(
    endpoint,
    (service, _before, request) => decide(service, operationOf(request)),
    (url) => url.replace(policyPath, `/${policies}`),
    ports?.proxy,
  );
  const application = await startApplication(ports?.application);
  const parts = [startTasks(options), application, proxy];
  return {
    url: proxy.url,
    application: application.address,
    async [Symbol.asyncDispose]() {
      for (const part of parts) await part[Symbol.asyncDispose]();
    },
  };
}

function operationOf({ headers, method = "", url = "" }: IncomingMessage): string {
  const operation = headers["x-amz-target"];
  return typeof operation === "string" ? operation : `${method} ${url}`;
}
