/** Stands in for CloudFront and the load balancer: an HTTPS server with the domain's certificate. */
import { createServer } from "node:https";
import { TLSSocket } from "node:tls";
import { listen } from "@pilot-light/sandbox/loopback-server";
import type { DomainCertificate } from "./certificates.ts";

export interface HttpsStub extends AsyncDisposable {
  /** `address:port`, for `--resolve`. */
  address: string;
  /** Sets the status of the next responses; `ofStaticFiles` is for paths below `/_next/static`, which do not exist. */
  answer(status: number, ofStaticFiles?: number): void;
  /** The requests so far: the name in the TLS handshake, the Host header, the path. */
  requests: { servername: string; host: string; path: string }[];
}

export async function startHttpsStub(certificate: DomainCertificate): Promise<HttpsStub> {
  let status = 200;
  let staticStatus = 404;
  const requests: HttpsStub["requests"] = [];
  const server = createServer(certificate, (request, response) => {
    const { socket } = request;
    const servername = socket instanceof TLSSocket ? socket.servername : false;
    requests.push({
      servername: typeof servername === "string" ? servername : "",
      host: request.headers.host ?? "",
      path: request.url ?? "",
    });
    const isStatic = request.url?.startsWith("/_next/static/") ?? false;
    response.writeHead(isStatic ? staticStatus : status).end("{}");
  });
  const { address, [Symbol.asyncDispose]: dispose } = await listen(server);
  return {
    address,
    requests,
    answer: (next, ofStaticFiles = 404) => {
      status = next;
      staticStatus = ofStaticFiles;
    },
    [Symbol.asyncDispose]: dispose,
  };
}
