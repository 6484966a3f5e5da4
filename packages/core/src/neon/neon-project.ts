/**
 * The project of the Neon database, through Neon's API: its branches, one of which can be the restore point of a sync. NEON_API_KEY and
 * NEON_PROJECT_ID give access to it. The official client repeats a request that Neon asks to repeat (423, 429, 503). It is loaded with the
 * first request.
 *
 * The API: https://neon.com/docs/reference/api/branches and https://neon.com/docs/guides/branch-expiration
 */
import type { Branch, NeonClient, NeonErrorUnion } from "@neon/sdk";
import { readVariable, type Environment, type VariableName } from "../config/env.ts";
import { readStallLimit } from "../config/stall-limit.ts";
import {
  neonApiFailed,
  neonApiUnreachable,
  neonBranchLimit,
  neonKeyRejected,
  neonNotFound,
  neonOperationFailed,
} from "../errors.ts";
import { OpsError } from "../ops-error.ts";
import { isRestorePoint } from "./restore-point.ts";

/** A branch of the project. */
export interface NeonBranch {
  id: string;
  name: string;
}

/** A branch that an earlier sync created as its restore point. */
export interface StoredRestorePoint extends NeonBranch {
  /** UTC, in ISO 8601. */
  createdAt: string;
}

/** What the requests to the API need. */
export interface NeonUse {
  environment: Environment;
  /** Hides the key from everything that is printed. */
  hide: (secret: string) => void;
  /** Gets a line for each request. */
  log: (line: string) => void;
}

/** Milliseconds of one request, with its repetitions. */
const requestTime = 30_000;

/** Milliseconds between two requests that ask whether Neon has finished. */
const pollTime = 500;

/** The variables that give access to the API. */
const accessVariables = ["NEON_API_KEY", "NEON_PROJECT_ID"] as const satisfies VariableName[];

/** The project, or undefined where a variable is not set. */
export function openNeonProject(use: NeonUse): NeonProject | undefined {
  const [key, id] = accessVariables.map((name) => readVariable(use.environment, name));
  if (key !== undefined) use.hide(key);
  return key === undefined || id === undefined ? undefined : new NeonProject(key, id, use);
}

/** Whether Neon refused a request, so that it changed nothing. After any other error, Neon may have done what was requested. */
export function isRefusal(error: unknown): boolean {
  return error instanceof OpsError && refusals.includes(error.code);
}

const refusals: readonly string[] = [neonKeyRejected, neonNotFound, neonBranchLimit].map(
  ({ entry }) => entry.code,
);

/** The id of the compute in a host name, which the API calls an endpoint: `ep-cool-lab-123456`. */
function endpointId(host: string): string {
  return (host.split(".")[0] ?? "").replace(/-pooler$/, "");
}

type Result<T> = { data: T; error: undefined } | { data: undefined; error: NeonErrorUnion };

/** Every method throws NEON_API_UNREACHABLE, NEON_API_FAILED, NEON_NOT_FOUND, NEON_KEY_REJECTED, or the reason of its signal. */
export class NeonProject {
  readonly id: string;
  readonly #key: string;
  readonly #use: NeonUse;
  #client: NeonClient | undefined;

  constructor(key: string, id: string, use: NeonUse) {
    this.#key = key;
    this.id = id;
    this.#use = use;
  }

  /**
   * The branch that the compute with this host name serves.
   * @throws OpsError NEON_NOT_FOUND (configuration), also if the compute belongs to another project
   */
  async branchOf(host: string, signal: AbortSignal): Promise<NeonBranch> {
    const attempt = `Cannot find the compute ${endpointId(host)} in the Neon project ${this.id}`;
    const { branch_id: branchId } = await this.#request(attempt, signal, (neon) =>
      neon.postgres.endpoints.get({ projectId: this.id, endpointId: endpointId(host) }, { signal }),
    );
    const { id, name } = await this.#request(attempt, signal, (neon) =>
      neon.branches.get({ projectId: this.id, branchId }, { signal }),
    );
    return { id, name };
  }

  /** The number of branches, and how many the plan of the account allows. */
  async countBranches(signal: AbortSignal): Promise<{ branches: number; most: number | undefined }> {
    const attempt = `Cannot read the Neon project ${this.id}`;
    const [project, branches] = await Promise.all([
      this.#request(attempt, signal, (neon) => neon.projects.get({ projectId: this.id }, { signal })),
      this.#request(attempt, signal, (neon) => neon.branches.list({ projectId: this.id }, { signal }).all()),
    ]);
    return { branches: branches.length, most: project.owner?.branches_limit };
  }

  /**
   * Creates a branch without a compute from the present state of another branch, and waits until Neon has finished.
   * @param expiresAt when Neon deletes it: at most 30 days from now, in ISO 8601 with seconds
   * @throws OpsError NEON_BRANCH_LIMIT (precondition); NEON_OPERATION_FAILED (target) also if Neon does not finish in
   *   PILOT_LIGHT_STALL_SECONDS
   */
  async createBranch(
    { name, parent, expiresAt }: { name: string; parent: NeonBranch; expiresAt: string },
    signal: AbortSignal,
  ): Promise<NeonBranch> {
    const { id } = await this.#request(`Cannot create the Neon branch ${name}`, signal, (neon) =>
      neon.branches.create(
        { projectId: this.id, name, parent_id: parent.id, expires_at: expiresAt, noCompute: true },
        { signal },
      ),
    );
    return { id, name };
  }

  /** Deletes the branch with a name, if it exists. */
  async deleteBranch(name: string, signal: AbortSignal): Promise<void> {
    const attempt = `Cannot delete the Neon branch ${name}`;
    const found = await this.#list(name, attempt, signal);
    for (const branch of found.filter((each) => each.name === name)) {
      await this.#request(attempt, signal, (neon) =>
        neon.branches.delete({ projectId: this.id, branchId: branch.id }, { signal }),
      );
    }
  }

  /** The newest branch that a sync created from this one as its restore point. */
  async newestRestorePoint(parent: NeonBranch, signal: AbortSignal): Promise<StoredRestorePoint | undefined> {
    const attempt = `Cannot list the branches of the Neon project ${this.id}`;
    const found = await this.#list("", attempt, signal);
    const [newest] = found
      .filter(({ name, parent_id: parentId }) => parentId === parent.id && isRestorePoint(name))
      .sort((a, b) => (a.created_at < b.created_at ? 1 : -1));
    return newest && { id: newest.id, name: newest.name, createdAt: newest.created_at };
  }

  /**
   * Removes the expiration of a branch, so that Neon does not delete it by itself. Neon does not restore from a branch that expires.
   */
  async keepBranch({ id, name }: NeonBranch, signal: AbortSignal): Promise<void> {
    await this.#request(`Cannot keep the Neon branch ${name}`, signal, (neon) =>
      neon.branches.update({ projectId: this.id, branchId: id, expires_at: null }, { signal }),
    );
  }

  /**
   * Replaces the contents of a branch, with all of its databases, by those of another branch. Neon keeps the host name, ends the sessions, and
   * keeps the present contents as a new branch.
   * @param preserved name of the new branch
   * @throws OpsError NEON_OPERATION_FAILED (target)
   */
  async restoreBranch(
    branch: NeonBranch,
    from: NeonBranch,
    preserved: string,
    signal: AbortSignal,
  ): Promise<void> {
    const attempt = `Cannot restore the Neon branch ${branch.name} from ${from.name}`;
    const { raw } = await import("@neon/sdk");
    const operations = await this.#request(attempt, signal, async (neon) => {
      const { data, error } = await raw.restoreProjectBranch({
        client: neon.client,
        path: { project_id: this.id, branch_id: branch.id },
        body: { source_branch_id: from.id, preserve_under_name: preserved },
        signal: AbortSignal.any([signal, AbortSignal.timeout(requestTime)]),
      });
      return error === undefined ? { data: data.operations, error } : { data: undefined, error };
    });
    await this.#request(attempt, signal, (neon) =>
      neon.operations.waitFor({ operations }, { ...this.#wait, signal }),
    );
  }

  async #list(search: string, attempt: string, signal: AbortSignal): Promise<Branch[]> {
    return await this.#request(attempt, signal, (neon) =>
      neon.branches.list({ projectId: this.id, ...(search === "" ? {} : { search }) }, { signal }).all(),
    );
  }

  get #wait(): { pollIntervalMs: number; timeoutMs: number } {
    return { pollIntervalMs: pollTime, timeoutMs: readStallLimit(this.#use.environment) };
  }

  async #open(): Promise<NeonClient> {
    const { createNeonClient } = await import("@neon/sdk");
    const { environment, log } = this.#use;
    const host = readVariable(environment, "NEON_API_HOST");
    this.#client ??= createNeonClient({
      apiKey: this.#key,
      ...(host === undefined ? {} : { baseUrl: host.replace(/\/+$/, "") }),
      requestTimeoutMs: requestTime,
      wait: this.#wait,
      fetch: async (input, init) => {
        const request = new Request(input, init);
        const { pathname } = new URL(request.url);
        const reply = await fetch(request);
        log(`Neon ${request.method} ${pathname}: ${reply.status}`);
        return reply;
      },
    });
    return this.#client;
  }

  /** @param attempt what is tried, as the start of a sentence */
  async #request<T>(
    attempt: string,
    signal: AbortSignal,
    call: (neon: NeonClient) => Promise<Result<T>>,
  ): Promise<T> {
    const { data, error } = await call(await this.#open());
    if (error === undefined) return data;
    signal.throwIfAborted();
    throw this.#failure(attempt, error);
  }

  #failure(attempt: string, error: NeonErrorUnion): OpsError {
    const facts = { attempt, reason: error.message.replace(/\.$/, ""), project: this.id };
    const options = { cause: error };
    switch (error.kind) {
      case "auth":
        return neonKeyRejected({ ...facts, status: error.status }, options);
      case "not_found":
        return neonNotFound(facts, options);
      case "operation":
        return neonOperationFailed(facts, options);
      case "timeout":
        return error.source === "wait"
          ? neonOperationFailed(facts, options)
          : neonApiUnreachable(facts, options);
      case "network":
        return neonApiUnreachable({ ...facts, reason: error.reason }, options);
      case "api":
      case "rate_limit": {
        const { code = "", status, requestId } = error;
        // The codes are BRANCHES_LIMIT_EXCEEDED and ROOT_BRANCHES_LIMIT_EXCEEDED.
        if (code.endsWith("BRANCHES_LIMIT_EXCEEDED")) return neonBranchLimit(facts, options);
        return neonApiFailed({ ...facts, status, code, requestId }, options);
      }
      default:
        return neonApiFailed(
          { ...facts, status: undefined, code: error.kind, requestId: undefined },
          options,
        );
    }
  }
}
