/**
 * A stand-in for Neon's API, for tests, because no emulator exists. It holds in memory one project with one branch, its computes, and the
 * branches that a test creates; other projects are empty. The types of Neon's client check the answers. The rules are those of
 * https://neon.com/docs/guides/branch-expiration and https://neon.com/docs/reference/api/branches. No real API was asked. A restore changes no
 * database: a test does that.
 */
import { createServer, type IncomingMessage, type ServerResponse } from "node:http";
import { text } from "node:stream/consumers";
import type {
  Branch,
  BranchOperations,
  Endpoint,
  GeneralError,
  Operation,
  OperationAction,
  OrganizationsResponse,
  ProjectListItem,
  ProjectResponse,
} from "@neon/sdk";
import { z } from "zod";
import { listen } from "./loopback-server.ts";

export interface NeonApi extends AsyncDisposable {
  /** NEON_API_HOST, NEON_API_KEY and NEON_PROJECT_ID. */
  variables: Record<"NEON_API_HOST" | "NEON_API_KEY" | "NEON_PROJECT_ID", string>;
  /** Every request so far, such as `POST branches`. */
  requests: readonly string[];
  /** All branches; a test may add and change some. The first one has the compute. */
  branches: Branch[];
  /** The number of branches that the plan allows. */
  limit: number;
  /** Whether operations never finish. */
  isStuck: boolean;
  /** Status of the answers to requests that fail, such as 503, or no answer; undefined for none. */
  fault: ((request: string) => number | "silence" | undefined) | undefined;
  /** Whose key it is, which decides what it can list. */
  keyOf: "organization" | "person" | "project";
  /** The projects of the key. The first one has the branches. */
  projects: StoredProject[];
  /** Called while a branch is restored. */
  onRestore: (() => Promise<void>) | undefined;
}

interface StoredProject {
  id: string;
  organization: string;
  /** Host name of its compute. */
  host: string;
}

const id = "sandbox-project-000001";
const now = "2026-11-22T09:30:00Z";

/** @param host of the database; the project has its compute */
export async function startNeonApi(host: string): Promise<NeonApi> {
  const stored = new StoredAccount(host);
  const server = createServer((request, response) => {
    stored.serve(request, response).catch(() => response.destroy());
  });
  const { address, [Symbol.asyncDispose]: dispose } = await listen(server);
  return Object.assign(stored, {
    variables: {
      NEON_API_HOST: `http://${address}/api/v2`,
      NEON_API_KEY: neonApiKey,
      NEON_PROJECT_ID: id,
    },
    [Symbol.asyncDispose]: dispose,
  });
}

/** The only key that the stand-in accepts. */
export const neonApiKey = "napi_marked-key-of-neon";

/** Projects in one answer. */
const pageSize = 2;

/** The answer to a request, with its status. */
type Answer = { status: number; body: unknown };

const createSchema = z.object({
  branch: z.object({ name: z.string(), parent_id: z.string(), expires_at: z.iso.datetime().optional() }),
});
const updateSchema = z.object({ branch: z.object({ expires_at: z.null() }) });
const restoreSchema = z.object({ source_branch_id: z.string(), preserve_under_name: z.string() });

class StoredAccount {
  readonly requests: string[] = [];
  readonly branches: Branch[] = [branch({ id: "br-main-000001", name: "production", default: true })];
  limit = 10;
  isStuck = false;
  fault: NeonApi["fault"];
  onRestore: NeonApi["onRestore"];
  keyOf: NeonApi["keyOf"] = "organization";
  readonly projects: StoredProject[];
  readonly #operations = new Map<string, Operation>();

  constructor(host: string) {
    this.projects = [{ id, organization: "org-sandbox-000001", host }];
  }

  async serve(incoming: IncomingMessage, response: ServerResponse): Promise<void> {
    const { method = "GET", url = "", headers } = incoming;
    const { pathname, searchParams } = new URL(url, "http://localhost");
    const path = pathname.replace(`/api/v2/projects/${id}`, "").replace(/^\/(api\/v2\/)?/, "");
    const request = `${method} ${path}`;
    this.requests.push(request);
    const content = await text(incoming);
    const answer = await this.#answer(request, headers, searchParams, content);
    if (answer === "silence") return;
    const { status, body } = answer;
    response.writeHead(status, { "content-type": "application/json" });
    response.end(JSON.stringify(body));
  }

  async #answer(
    request: string,
    headers: IncomingMessage["headers"],
    query: URLSearchParams,
    content: string,
  ): Promise<Answer | "silence"> {
    const fault = this.fault?.(request);
    if (fault === "silence") return fault;
    if (fault !== undefined) return refused(fault, "", "the service is in maintenance");
    if (headers.authorization !== `Bearer ${neonApiKey}`) {
      return refused(401, "", "authorization failed");
    }
    const [, wanted = "", action = ""] = / branches\/([^/]+)\/?(.*)$/.exec(request) ?? [];
    const found = this.branches.find((each) => each.id === wanted);
    if (request === "GET ") return ok({ project: projectOf(this.limit) } satisfies ProjectResponse);
    if (request === "GET projects") return this.#list(query);
    if (request === "GET users/me/organizations") return this.#organizations();
    if (/ (projects\/[^/]+\/)?endpoints\//.test(request)) return this.#compute(request);
    if (request === "GET branches") {
      const search = query.get("search") ?? "";
      return ok({ branches: this.branches.filter(({ name }) => name.includes(search)) });
    }
    if (request.startsWith("GET operations/")) return this.#operation(request.replace(/^.*\//, ""));
    if (request === "POST branches") return this.#create(content);
    if (found === undefined) return refused(404, "", "not found");
    if (request.startsWith("DELETE ")) {
      this.branches.splice(this.branches.indexOf(found), 1);
      return ok(this.#done(found, "delete_timeline"));
    }
    if (request.startsWith("PATCH ")) {
      updateSchema.parse(JSON.parse(content));
      delete found.expires_at;
      return ok(this.#done(found, "apply_config"));
    }
    return action === "restore" ? await this.#restore(found, content) : ok({ branch: found });
  }

  /** A page of the projects that the key can list. */
  #list(query: URLSearchParams): Answer {
    const organization = query.get("org_id");
    if (this.keyOf === "project") return refused(403, "", "this key cannot list projects");
    if (this.keyOf === "person" && organization === null) return refused(400, "", "org_id is required");
    const all = this.projects.filter((each) => organization === null || each.organization === organization);
    const start = Number(query.get("cursor") ?? "0");
    const page = all.slice(start, start + pageSize);
    const { owner, ...fields } = projectOf(this.limit);
    const projects: ProjectListItem[] = page.map((each) => ({
      ...fields,
      ...{ id: each.id, org_id: each.organization, owner_id: owner?.name ?? "", active_time: 0 },
    }));
    return ok({ projects, pagination: { cursor: String(start + page.length) } });
  }

  #organizations(): Answer {
    if (this.keyOf !== "person") return refused(403, "", "not a key of a person");
    const ids = new Set(this.projects.map(({ organization }) => organization));
    const organizations = [...ids].map((each) => ({
      ...{ id: each, name: each, handle: each, plan: "free" },
      ...{ created_at: now, managed_by: "console", updated_at: now },
      ...{ allow_hipaa_projects: false, require_mfa: false },
    }));
    return ok({ organizations } satisfies OrganizationsResponse);
  }

  #compute(request: string): Answer {
    const [, project = id, wanted] = / (?:projects\/([^/]+)\/)?endpoints\/(.*)$/.exec(request) ?? [];
    const host = this.projects.find((each) => each.id === project)?.host;
    const endpoint = (host?.split(".")[0] ?? "").replace(/-pooler$/, "");
    if (host === undefined || endpoint !== wanted) return refused(404, "", "endpoint not found");
    return ok({ endpoint: computeOf(endpoint, host, "br-main-000001") });
  }

  #create(content: string): Answer {
    const { name, parent_id, expires_at } = createSchema.parse(JSON.parse(content)).branch;
    const parent = this.branches.find((each) => each.id === parent_id);
    if (parent === undefined) return refused(404, "", "parent branch not found");
    if (parent.expires_at !== undefined) return refused(422, "", "the parent branch expires");
    if (this.branches.length >= this.limit) {
      return refused(422, "BRANCHES_LIMIT_EXCEEDED", `branches limit of ${this.limit} exceeded`);
    }
    if (this.branches.some((each) => each.name === name)) return refused(409, "", "branch exists");
    const days = (Date.parse(expires_at ?? "") - Date.now()) / (24 * 3_600_000);
    if (expires_at !== undefined && !(days > 0 && days <= 30)) {
      return refused(400, "", "expires_at is invalid");
    }
    const expiry = expires_at === undefined ? {} : { expires_at };
    const created = branch({
      id: `br-child-${String(this.requests.length).padStart(6, "0")}`,
      ...{ name, parent_id, default: false, created_at: new Date().toISOString() },
      ...expiry,
    });
    this.branches.push(created);
    return { ...ok(this.#done(created, "create_branch")), status: 201 };
  }

  async #restore(target: Branch, content: string): Promise<Answer> {
    const { source_branch_id, preserve_under_name } = restoreSchema.parse(JSON.parse(content));
    const source = this.branches.find((each) => each.id === source_branch_id);
    if (source === undefined) return refused(404, "", "source branch not found");
    if (source.expires_at !== undefined) return refused(422, "", "the source branch expires");
    await this.onRestore?.();
    this.branches.push(
      branch({ id: "br-kept-000001", name: preserve_under_name, default: false, created_at: now }),
    );
    return ok(this.#done(target, "create_timeline"));
  }

  #done(changed: Branch, action: OperationAction): BranchOperations {
    const operation: Operation = {
      ...{ id: `op-${this.requests.length}`, project_id: id, branch_id: changed.id, action },
      ...{ status: "running", failures_count: 0, created_at: now, updated_at: now, total_duration_ms: 1 },
    };
    this.#operations.set(operation.id, operation);
    return { branch: changed, operations: [operation] };
  }

  /** An operation. It is finished at the first request, unless `isStuck`. */
  #operation(wanted: string): Answer {
    const operation = this.#operations.get(wanted);
    if (operation === undefined) return refused(404, "", "not found");
    return ok({ operation: this.isStuck ? operation : { ...operation, status: "finished" } });
  }
}

const ok = (body: unknown): Answer => ({ status: 200, body });

function refused(status: number, code: string, message: string): Answer {
  return { status, body: { code, message, request_id: "request-of-the-stand-in" } satisfies GeneralError };
}

/** A branch with the fields that every branch has. */
function branch(own: Pick<Branch, "default" | "id" | "name"> & Partial<Branch>): Branch {
  return {
    ...{ project_id: id, current_state: "ready", state_changed_at: now, creation_source: "console" },
    // eslint-disable-next-line @typescript-eslint/no-deprecated -- the type requires the field
    ...{ protected: false, cpu_used_sec: 0, compute_time_seconds: 0, active_time_seconds: 0 },
    ...{ written_data_bytes: 0, data_transfer_bytes: 0, created_at: now, updated_at: now },
    ...own,
  };
}

function computeOf(endpoint: string, host: string, branchId: string): Endpoint {
  return {
    ...{ host, id: endpoint, project_id: id, branch_id: branchId, type: "read_write" },
    ...{ autoscaling_limit_min_cu: 0.25, autoscaling_limit_max_cu: 2, region_id: "aws-us-east-2" },
    // eslint-disable-next-line @typescript-eslint/no-deprecated -- the type requires the field
    ...{ current_state: "active", settings: {}, pooler_enabled: false, pooler_mode: "transaction" },
    ...{ disabled: false, passwordless_access: true, creation_source: "console", created_at: now },
    ...{ updated_at: now, proxy_host: "us-east-2.aws.neon.tech", suspend_timeout_seconds: 0 },
    provisioner: "k8s-neonvm",
  };
}

function projectOf(limit: number): ProjectResponse["project"] {
  return {
    ...{ id, name: "sandbox", platform_id: "aws", region_id: "aws-us-east-2", provisioner: "k8s-neonvm" },
    ...{ pg_version: 16, proxy_host: "us-east-2.aws.neon.tech", branch_logical_size_limit: 10 },
    // eslint-disable-next-line @typescript-eslint/no-deprecated -- the type requires the field
    ...{ branch_logical_size_limit_bytes: 1, store_passwords: true, active_time: 0, cpu_used_sec: 0 },
    ...{ creation_source: "console", created_at: now, updated_at: now, synthetic_storage_size: 0 },
    ...{ data_storage_bytes_hour: 0, data_transfer_bytes: 0, written_data_bytes: 0 },
    ...{ compute_time_seconds: 0, active_time_seconds: 0, consumption_period_start: now },
    ...{ consumption_period_end: now, history_retention_seconds: 86_400, owner_id: "owner" },
    owner: { email: "", name: "", branches_limit: limit, subscription_type: "free_v3" },
  };
}
