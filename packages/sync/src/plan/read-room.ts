/** Reads how much room the target's server has for the new contents. */
import { settleAll } from "@pilot-light/core/async/settle";
import type { CommandContext } from "@pilot-light/core/cli/command";
import { messageOf } from "@pilot-light/core/ops-error";
import type { Session } from "@pilot-light/core/postgres/session";
import type { SyncOptions } from "../options.ts";
import type { ResolvedTarget } from "../resolve.ts";
import { replacedTargets, type TargetState } from "../target/target-state.ts";
import type { RoomFacts } from "./rules/rule.ts";

/** The storage limit of a Neon project, and the size of its databases that the role may connect to; both in bytes. */
const neonQuery = `
  select pg_catalog.pg_size_bytes(nullif(pg_catalog.current_setting('neon.max_cluster_size', true), '')) as limit,
         (select pg_catalog.sum(pg_catalog.pg_database_size(d.oid)) from pg_catalog.pg_database d
           where pg_catalog.has_database_privilege(d.oid, 'connect')) as used`;

const sizesQuery = `
  select coalesce(pg_catalog.sum(pg_catalog.pg_database_size(d.oid)), 0)::text as bytes
    from pg_catalog.pg_database d where d.datname = any ($1::text[])`;

/** Reads the free storage. If no service reports it, it is undefined, and no rule refuses the sync because of it. */
export async function readRoom(
  session: Session,
  resolved: Pick<ResolvedTarget, "freeStorage">,
  state: TargetState,
  { dropPreviousFirst = false }: SyncOptions,
  { signal }: Pick<CommandContext, "signal">,
): Promise<{ room: RoomFacts }> {
  const [{ bytes }, free] = await settleAll([
    session.one<{ bytes: string }>(sizesQuery, [replacedTargets(state)]),
    session.endpoint.system === "neon" ? freeOnNeon(session) : freeOnRds(resolved, signal),
  ]);
  return { room: { previousBytes: Number(bytes), dropPreviousFirst, ...free } };
}

type Free = Pick<RoomFacts, "free" | "reportedBy" | "unknown">;

async function freeOnNeon(session: Session): Promise<Free> {
  const { limit, used } = await session.one<{ limit: string | null; used: string | null }>(neonQuery);
  const free = Number(limit) > 0 ? Math.max(0, Number(limit) - Number(used)) : undefined;
  return { free, reportedBy: "the limit neon.max_cluster_size of the project" };
}

async function freeOnRds(
  { freeStorage }: Pick<ResolvedTarget, "freeStorage">,
  signal: AbortSignal,
): Promise<Free> {
  const reportedBy = "CloudWatch (FreeStorageSpace)";
  try {
    return { free: await freeStorage?.(), reportedBy };
  } catch (error) {
    signal.throwIfAborted();
    return { free: undefined, reportedBy, unknown: messageOf(error) };
  }
}
