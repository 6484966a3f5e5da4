/**
 * Finds the Neon project of a database by the host name of its compute. The API cannot search by host name, so each project that the key
 * can list is asked for a compute with that id. A key for one project cannot list projects: it needs NEON_PROJECT_ID.
 *
 * Keys: https://neon.com/docs/manage/api-keys
 */
import type { NeonErrorUnion, ProjectListItem } from "@neon/sdk";
import { drain } from "../async/settle.ts";
import { neonNotFound, neonProjectUnknown } from "../errors.ts";
import { OpsError } from "../ops-error.ts";
import { endpointId, failureOf, type NeonApi } from "./neon-api.ts";

/** Projects in one answer: the most that the API allows. */
const pageSize = 400;

/** Requests at the same time. */
const parallel = Array.from({ length: 8 }, () => undefined);

/**
 * The id of the project whose compute has this host name.
 * @throws OpsError NEON_PROJECT_UNKNOWN (configuration) if none or more than one has it, and if the key cannot list projects
 */
export async function findProject(api: NeonApi, host: string, signal: AbortSignal): Promise<string> {
  const projects = await listProjects(api, host, signal);
  const found: string[] = [];
  await drain(projects, parallel, async (project) => {
    if (await hasCompute(api, project, host, signal)) found.push(project);
  });
  const [id, ...others] = found.sort();
  if (id === undefined) {
    const problem = `none of the projects that the key can list has a compute with this host name (${projects.length} listed)`;
    throw neonProjectUnknown({ host, problem });
  }
  if (others.length > 0) {
    const problem = `the projects ${found.join(" and ")} have a compute with this host name`;
    throw neonProjectUnknown({ host, problem });
  }
  return id;
}

/**
 * Ids of all projects that the key can list. The key of an organization lists its projects. The key of a person lists the person's own
 * projects, or Neon refuses with 400 because it expects an organization: then, and in addition, those of the person's organizations.
 */
async function listProjects(api: NeonApi, host: string, signal: AbortSignal): Promise<string[]> {
  const tried = { attempt: `Cannot list the Neon projects, to find the project of ${host}` };
  const list = async (query: { org_id?: string }) =>
    await api.call<ProjectListItem[]>(signal, (neon) =>
      neon.projects.list({ limit: pageSize, ...query }, { signal }).all(),
    );
  const own = await list({});
  // The key of an organization belongs to no person: Neon refuses this, then.
  const organizations = await api.call(signal, (neon) => neon.user.organizations({ signal }));
  const [refusal, other] = [own.error, organizations.error];
  if (refusal !== undefined && !isNotForThisKey(refusal)) throw failureOf(tried, refusal);
  if (other !== undefined && !isNotForThisKey(other)) throw failureOf(tried, other);
  if (refusal !== undefined && other !== undefined) {
    const problem = `the key cannot list projects (${refusal.message}), as a key for one project cannot`;
    throw neonProjectUnknown({ host, problem }, { cause: refusal });
  }
  const projects = new Set((own.data ?? []).map(({ id }) => id));
  for (const { id } of organizations.data ?? []) {
    const { data, error } = await list({ org_id: id });
    if (error !== undefined && !isNotForThisKey(error)) throw failureOf(tried, error);
    for (const project of data ?? []) projects.add(project.id);
  }
  return [...projects];
}

/** Whether Neon accepts the key, but not this request with it. */
function isNotForThisKey(error: NeonErrorUnion): boolean {
  if (error.kind === "auth") return error.status === 403;
  return error.kind === "not_found" || (error.kind === "api" && error.status === 400);
}

async function hasCompute(
  api: NeonApi,
  project: string,
  host: string,
  signal: AbortSignal,
): Promise<boolean> {
  const attempt = `Cannot find the compute ${endpointId(host)} in the Neon project ${project}`;
  try {
    const compute = await api.request({ attempt, project }, signal, (neon) =>
      neon.postgres.endpoints.get({ projectId: project, endpointId: endpointId(host) }, { signal }),
    );
    return compute.host.toLowerCase() === host.toLowerCase();
  } catch (error) {
    if (error instanceof OpsError && error.code === neonNotFound.entry.code) return false;
    throw error;
  }
}
