/** One request to an address with another host name, as `curl --connect-to` sends it. The certificate is verified. */
import { request as requestHttp, type RequestOptions } from "node:http";
import { request as requestHttps } from "node:https";

export interface ProbeTarget {
  protocol: "http" | "https";
  /** The address to connect to. */
  address: { host: string; port: number };
  /** The host name of the request; the certificate must be valid for it. */
  name: string;
  path: string;
}

/**
 * Sends a request and returns the status of the response. The body is not read.
 * @throws Node's errors of sockets and TLS, with their `code`; AbortError
 */
export async function probe(target: ProbeTarget, signal: AbortSignal): Promise<number> {
  const { protocol, address, name, path } = target;
  const options: RequestOptions = {
    host: address.host,
    port: address.port,
    path,
    headers: { host: name, "user-agent": "pilot-light-validate" },
    agent: false,
    signal,
  };
  return await new Promise((resolve, reject) => {
    const sent = protocol === "https" ? requestHttps({ ...options, servername: name }) : requestHttp(options);
    sent.once("response", (response) => {
      response.destroy();
      resolve(response.statusCode ?? 0);
    });
    sent.once("error", reject).end();
  });
}
