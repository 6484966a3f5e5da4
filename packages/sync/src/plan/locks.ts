/** Who may sync: the target is locked alone and the source shared, by sessions beside both databases. */
import type { CommandContext } from "@pilot-light/core/cli/command";
import { OpsError } from "@pilot-light/core/ops-error";
import type { Endpoint } from "@pilot-light/core/postgres/endpoint";
import type { Session } from "@pilot-light/core/postgres/session";
import { sessionOptions, withFreshPassword } from "../read/connect.ts";
import { isSameDatabase } from "../read/database-facts.ts";
import { lock, openMaintenance } from "../target/maintenance.ts";
import type { Resolved } from "../resolve.ts";
import { acquireAll } from "@pilot-light/core/async/settle";
import { needsRepair, readTargetState, repair, type TargetState } from "../target/target-state.ts";

/** Locks, held until they are disposed of. */
export class Locks implements AsyncDisposable {
  /** The session beside the target. */
  readonly maintenance: Session;
  /** What earlier syncs left of the target, after it was put right. */
  readonly state: TargetState;
  readonly #source: Session;

  constructor(maintenance: Session, state: TargetState, source: Session) {
    this.maintenance = maintenance;
    this.state = state;
    this.#source = source;
  }

  async [Symbol.asyncDispose](): Promise<void> {
    await Promise.all([this.maintenance[Symbol.asyncDispose](), this.#source[Symbol.asyncDispose]()]);
  }
}

/**
 * Locks the target alone and the source shared: the opposite direction must not replace what is being read. Puts right
 * what a killed run left of the target.
 * @throws OpsError SYNC_RUNNING, SAME_DATABASE, TARGET_UNCLEAR (precondition), or why a side cannot be entered
 */
export async function takeLocks(resolved: Resolved, context: CommandContext): Promise<Locks> {
  const { source, target } = resolved;
  const opened = await acquireAll([
    openBeside(resolved, "target", context),
    openBeside(resolved, "source", context),
  ]);
  const [maintenance, reading] = opened;
  try {
    if (source.database === target.database && (await isSameDatabase(reading, maintenance))) {
      throw sameDatabase(source);
    }
    await lock(maintenance, target.database, "target");
    await lock(reading, source.database, "source");
    const state = await readTargetState(maintenance, target.database);
    const repaired = await repair(maintenance, target.database, state);
    if (repaired === undefined) return new Locks(maintenance, state, reading);
    context.printer.warn(repaired);
    return new Locks(maintenance, await readTargetState(maintenance, target.database), reading);
  } catch (error) {
    await Promise.all(opened.map((session) => session[Symbol.asyncDispose]()));
    throw error;
  }
}

/**
 * What earlier syncs left of the target, for a dry run, which puts nothing right.
 * @throws OpsError SYNC_INTERRUPTED, TARGET_UNCLEAR (precondition)
 */
export async function inspectTarget(resolved: Resolved, context: CommandContext): Promise<TargetState> {
  await using maintenance = await openBeside(resolved, "target", context);
  const state = await readTargetState(maintenance, resolved.target.database);
  const refusal = needsRepair(resolved.target, state);
  if (refusal !== undefined) throw refusal;
  return state;
}

/** Opens a session beside one side's database. */
export async function openBeside(
  resolved: Pick<Resolved, "source" | "target" | "rereadSecret">,
  side: "source" | "target",
  { environment, signal }: Pick<CommandContext, "environment"> & { signal?: AbortSignal },
): Promise<Session> {
  return await withFreshPassword(resolved[side], resolved.rereadSecret, (known) =>
    openMaintenance(known, sessionOptions(side, environment, signal)),
  );
}

/** The refusal to copy a database onto itself. */
export function sameDatabase({ database, host }: Endpoint): OpsError {
  const message = `Source and target are the same database: ${database} @ ${host}.`;
  return new OpsError("precondition", "SAME_DATABASE", message, {
    hint: "Check NEON_DATABASE_URL, the output database_endpoint and RDS_HOSTADDR: one of them leads to the other's server.",
  });
}
