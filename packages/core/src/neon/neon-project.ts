/**
 * The project of the Neon database, through Neon's API: its branches, one of which can be the restore point of a sync. NEON_API_KEY gives
 * access to it.
 *
 * The API: https://neon.com/docs/reference/api/branches and https://neon.com/docs/guides/branch-expiration
 */
import { setTimeout as sleep } from "node:timers/promises";
import type { Branch, NeonClient, NeonErrorUnion, Operation } from "@neon/sdk";
import { readVariable } from "../config/env.ts";
import { neonOperationFailed } from "../errors.ts";
import { messageOf } from "../ops-error.ts";
import { findProject } from "./find-project.ts";
import { endpointId, isRefusal, NeonApi, type Call, type NeonUse } from "./neon-api.ts";
import { isRestorePoint, restorePointName } from "./restore-point.ts";

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

/** The variable that decided which project it is. */
export type ProjectSource = "NEON_DATABASE_URL" | "NEON_PROJECT_ID";

/**
 * The project of NEON_PROJECT_ID, or else the project whose compute has this host name; undefined without NEON_API_KEY.
 * @throws OpsError NEON_PROJECT_UNKNOWN, NEON_KEY_REJECTED (configuration), NEON_API_* (target)
 */
export async function openNeonProject(
  use: NeonUse,
  host: string,
  signal: AbortSignal,
): Promise<NeonProject | undefined> {
  const key = readVariable(use.environment, "NEON_API_KEY");
  if (key === undefined) return undefined;
  use.hide(key);
  const api = new NeonApi(key, use);
  const id = readVariable(use.environment, "NEON_PROJECT_ID");
  return id === undefined
    ? new NeonProject(api, await findProject(api, host, signal), "NEON_DATABASE_URL")
    : new NeonProject(api, id, "NEON_PROJECT_ID");
}

/** Every method throws NEON_API_UNREACHABLE, NEON_API_FAILED, NEON_NOT_FOUND, NEON_KEY_REJECTED, or the reason of its signal. */
export class NeonProject {
  readonly #api: NeonApi;
  readonly id: string;
  readonly source: ProjectSource;

  constructor(api: NeonApi, id: string, source: ProjectSource) {
    this.#api = api;
    this.id = id;
    this.source = source;
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
    const attempt = `Cannot create the Neon branch ${name}`;
    const { raw } = await import("@neon/sdk");
    const { branch, operations } = await this.#change(attempt, signal, (client, stop) =>
      raw.createProjectBranch({
        client,
        path: { project_id: this.id },
        body: { branch: { name, parent_id: parent.id, expires_at: expiresAt } },
        signal: stop,
      }),
    );
    await this.#finish(attempt, operations, signal);
    return { id: branch.id, name };
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

  /**
   * The newest branch that a sync created from this one as its restore point.
   * @param stamp of the sync, if only its restore point counts
   */
  async newestRestorePoint(
    parent: NeonBranch,
    signal: AbortSignal,
    stamp?: string,
  ): Promise<StoredRestorePoint | undefined> {
    const attempt = `Cannot list the branches of the Neon project ${this.id}`;
    const listed = await this.#list("", attempt, signal);
    const found = listed.filter(({ name }) => stamp === undefined || name === restorePointName(stamp));
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
    const { operations } = await this.#change(attempt, signal, (client, stop) =>
      raw.restoreProjectBranch({
        client,
        path: { project_id: this.id, branch_id: branch.id },
        body: { source_branch_id: from.id, preserve_under_name: preserved },
        signal: stop,
      }),
    );
    await this.#finish(attempt, operations, signal);
  }

  /** A change whose operations this class waits for. Repeats it as the client does, which does not do that for its raw requests. */
  async #change<T>(
    attempt: string,
    signal: AbortSignal,
    call: (
      client: NeonClient["client"],
      stop: AbortSignal,
    ) => Promise<{ data: T | undefined; error: NeonErrorUnion | undefined }>,
  ): Promise<T> {
    const { request, pollIntervalMs } = this.#api.times;
    const stop = AbortSignal.any([signal, AbortSignal.timeout(request)]);
    return await this.#request(attempt, signal, async ({ client }) => {
      for (let repetitions = 2; ; repetitions -= 1) {
        const { data, error } = await call(client, stop);
        if (error === undefined) return { data: data as T, error };
        if (repetitions === 0 || !isBusy(error)) return { data: undefined, error };
        await sleep(pollIntervalMs, undefined, { signal: stop }).catch(() => undefined);
      }
    });
  }

  /**
   * Waits for the operations of a change. No error of this is a refusal: Neon has accepted the change.
   * @throws OpsError NEON_OPERATION_FAILED (target)
   */
  async #finish(attempt: string, operations: readonly Operation[], signal: AbortSignal): Promise<void> {
    const { pollIntervalMs, timeoutMs } = this.#api.times;
    try {
      await this.#request(attempt, signal, (neon) =>
        neon.operations.waitFor({ operations }, { pollIntervalMs, timeoutMs, signal }),
      );
    } catch (error) {
      if (!isRefusal(error)) throw error;
      const reason = `Neon accepted this, but does not tell whether it has finished (${messageOf(error)})`;
      throw neonOperationFailed({ attempt, reason, project: this.id }, { cause: error });
    }
  }

  async #list(search: string, attempt: string, signal: AbortSignal): Promise<Branch[]> {
    return await this.#request(attempt, signal, (neon) =>
      neon.branches.list({ projectId: this.id, ...(search === "" ? {} : { search }) }, { signal }).all(),
    );
  }

  /** @param attempt what is tried, as the start of a sentence */
  async #request<T>(attempt: string, signal: AbortSignal, call: Call<T>): Promise<T> {
    return await this.#api.request({ attempt, project: this.id }, signal, call);
  }
}

/** Whether Neon asks to repeat a request. */
function isBusy(error: NeonErrorUnion): boolean {
  return error.kind === "rate_limit" || (error.kind === "api" && [423, 503].includes(error.status));
}
