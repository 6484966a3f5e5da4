/**
 * A stand-in for Terraform Cloud, for tests, because no emulator exists: one workspace with the execution mode "local", and its state
 * in memory. It answers the requests of init, plan, apply, state pull and push, output and show. It runs nothing, so tests cannot use
 * the execution mode "remote". The API is described at developer.hashicorp.com/terraform/cloud-docs/api-docs: workspaces,
 * state-versions, state-version-outputs.
 */
import { createServer } from "node:https";
import type { IncomingMessage, ServerResponse } from "node:http";
import { text } from "node:stream/consumers";
import { writeFile } from "node:fs/promises";
import type { Environment } from "@pilot-light/core/config/env";
import { z } from "zod";
import { createAuthority, issueCertificate } from "./certificates.ts";
import { listen } from "./loopback-server.ts";

export interface TerraformCloud extends AsyncDisposable {
  /** Variables with which terraform uses the workspace, with the token. */
  variables: Environment;
  /** Name of the variable with the token. */
  tokenVariable: string;
  /** Every request so far, such as `POST workspaces/ws-1/actions/lock`. */
  requests: readonly string[];
  /** Whether the workspace is locked. A test may change it, as a person does in the browser. */
  locked: boolean;
}

const organization = "acme";
const id = "ws-1";
const token = "token-of-a-person";

const creationSchema = z.object({
  data: z.object({ attributes: z.object({ "json-state-outputs": z.string() }) }),
});
const outputsSchema = z.record(
  z.string(),
  z.object({ sensitive: z.boolean(), type: z.unknown(), value: z.unknown() }),
);
type Outputs = z.infer<typeof outputsSchema>;

/** A response. */
interface Answer {
  status: number;
  body?: unknown;
}

const notFound: Answer = { status: 404, body: { errors: [{ status: "404", title: "not found" }] } };

/**
 * Starts the stand-in. Disposing of it ends it.
 * @param caFile file to write: the certificate authority that terraform has to trust
 */
export async function startTerraformCloud(workspace: string, caFile: string): Promise<TerraformCloud> {
  const authority = await createAuthority();
  const certificate = await issueCertificate(authority, "localhost");
  await writeFile(caFile, authority.cert);
  const stored = new StoredWorkspace(workspace);
  const server = createServer(certificate, (request, response) => {
    void stored.serve(request, response);
  });
  const { address, [Symbol.asyncDispose]: dispose } = await listen(server);
  const host = `localhost:${address.split(":").at(-1) ?? ""}`;
  stored.url = `https://${host}`;
  // A shell does not accept such a name, terraform does. A real host has no port.
  const tokenVariable = `TF_TOKEN_${host}`;
  return Object.assign(stored, {
    variables: {
      TF_CLOUD_ORGANIZATION: organization,
      TF_WORKSPACE: workspace,
      TF_CLOUD_HOSTNAME: host,
      [tokenVariable]: token,
      SSL_CERT_FILE: caFile,
    },
    tokenVariable,
    [Symbol.asyncDispose]: dispose,
  });
}

class StoredWorkspace {
  readonly requests: string[] = [];
  url = "";
  locked = false;
  readonly #name: string;
  #state: string | undefined;
  #outputs: Outputs = {};

  constructor(name: string) {
    this.#name = name;
  }

  async serve(request: IncomingMessage, response: ServerResponse): Promise<void> {
    const { method = "GET", url = "", headers } = request;
    const path = url.replace(/^\/api\/v2\//, "").replace(/\?.*$/, "");
    this.requests.push(`${method} ${path}`);
    const content = await text(request);
    const open = path === "/.well-known/terraform.json" || path === "ping" || path.startsWith("/files/");
    const { status, body } =
      open || headers.authorization === `Bearer ${token}`
        ? this.#answer(`${method} ${path}`, content)
        : { status: 401, body: { errors: [{ status: "401", title: "unauthorized" }] } };
    response.writeHead(status, {
      "content-type": path.includes("well-known") ? "application/json" : "application/vnd.api+json",
      "TFP-API-Version": "2.6",
      "TFP-AppName": "HCP Terraform",
      "X-RateLimit-Limit": "30",
    });
    response.end(body === undefined ? "" : typeof body === "string" ? body : JSON.stringify(body));
  }

  #answer(request: string, content: string): Answer {
    switch (request) {
      case "GET /.well-known/terraform.json":
        return { status: 200, body: { "tfe.v2": "/api/v2/" } };
      case "GET ping":
        return { status: 204 };
      case `GET organizations/${organization}/entitlement-set`:
        return found("entitlement-sets", organization, { operations: true, "state-storage": true });
      case `GET organizations/${organization}/projects`:
        return { status: 200, body: { data: [] } };
      case `GET organizations/${organization}/workspaces/${this.#name}`:
      case `GET workspaces/${id}`:
        return this.#workspace();
      case `POST workspaces/${id}/actions/lock`:
        return this.#lock(true);
      case `POST workspaces/${id}/actions/unlock`:
      case `POST workspaces/${id}/actions/force-unlock`:
        return this.#lock(false);
      case `POST workspaces/${id}/state-versions`:
        return this.#create(content);
      case "PUT /files/state":
        this.#state = content;
        return { status: 200 };
      case "PUT /files/json":
        return { status: 200 };
      case "GET /files/state":
        return this.#state === undefined ? notFound : { status: 200, body: this.#state };
      case `GET workspaces/${id}/current-state-version`:
        return this.#state === undefined ? notFound : this.#version(200);
      case "GET state-versions/sv-1":
        return this.#version(200);
      case `GET workspaces/${id}/current-state-version-outputs`:
        return this.#state === undefined
          ? notFound
          : {
              status: 200,
              body: { data: Object.keys(this.#outputs).map((name) => this.#output(name, true)) },
            };
      default:
        return this.#answerOutput(request);
    }
  }

  #workspace(): Answer {
    return found("workspaces", id, {
      name: this.#name,
      "execution-mode": "local",
      locked: this.locked,
      "terraform-version": "latest",
      permissions: { "can-update": true, "can-lock": true, "can-unlock": true, "can-queue-run": true },
    });
  }

  /** Terraform Cloud answers 409 as well, and does not report who holds the lock. */
  #lock(wanted: boolean): Answer {
    if (this.locked === wanted) {
      return { status: 409, body: { errors: [{ status: "409", title: "conflict" }] } };
    }
    this.locked = wanted;
    return this.#workspace();
  }

  /** Terraform then uploads the content to the URLs in the response. */
  #create(content: string): Answer {
    const { attributes } = creationSchema.parse(JSON.parse(content)).data;
    const outputs = Buffer.from(attributes["json-state-outputs"], "base64").toString("utf8");
    this.#outputs = outputsSchema.parse(JSON.parse(outputs));
    return this.#version(201);
  }

  #version(status: number): Answer {
    const file = `${this.url}/files/state`;
    const attributes = {
      status: "finalized",
      "hosted-state-download-url": file,
      "hosted-state-upload-url": file,
      "hosted-json-state-upload-url": `${this.url}/files/json`,
      "resources-processed": true,
    };
    return { ...found("state-versions", "sv-1", attributes), status };
  }

  #answerOutput(request: string): Answer {
    const name = /^GET state-version-outputs\/wsout-(\w+)$/.exec(request)?.[1] ?? "";
    return name in this.#outputs ? { status: 200, body: { data: this.#output(name, false) } } : notFound;
  }

  /** A list does not contain the values of sensitive outputs. */
  #output(name: string, isListed: boolean) {
    const { sensitive, type, value } = this.#outputs[name] ?? { sensitive: false };
    const shown = sensitive && isListed ? null : value;
    const attributes = { name, sensitive, "detailed-type": type, value: shown };
    return { id: `wsout-${name}`, type: "state-version-outputs", attributes };
  }
}

function found(type: string, resourceId: string, attributes: object): Answer {
  return { status: 200, body: { data: { id: resourceId, type, attributes } } };
}
