/** Who may sync: the target is locked alone and the source shared, by sessions beside both databases. */
import type { CommandContext } from "@pilot-light/core/command";
import { OpsError } from "@pilot-light/core/errors";
import type { Endpoint } from "@pilot-light/core/postgres/endpoint";
import type { Session } from "@pilot-light/core/postgres/session";
import { sessionOptions, withFreshPassword } from "./connect.ts";
import { isSameDatabase } from "./facts.ts";
import { lock, openMaintenance } from "./maintenance.ts";
import type { Resolved } from "./resolve.ts";
import { acquireAll } from "./settle.ts";
import { repair } from "./swap.ts";

/** Locks, held until they are disposed of. */
export class Locks implements AsyncDisposable {
  /** The session beside the target. */
  readonly maintenance: Session;
  readonly #source: Session;

  constructor(maintenance: Session, source: Session) {
    this.maintenance = maintenance;
    this.#source = source;
  }

  async [Symbol.asyncDispose](): Promise<void> {
    await Promise.all([this.maintenance[Symbol.asyncDispose](), this.#source[Symbol.asyncDispose]()]);
  }
}

/**
 * Locks the target alone and the source shared: the opposite direction must not replace what is being read. Puts right
 * what a killed run left of the target.
 * @throws OpsError SYNC_RUNNING, SAME_DATABASE (precondition), or why a side cannot be entered
 */
export async function takeLocks(
  { source, target, rereadSecret }: Resolved,
  { console, environment, signal }: CommandContext,
): Promise<Locks> {
  const open = (endpoint: Endpoint, failure: "source" | "target") =>
    withFreshPassword(endpoint, rereadSecret, (known) =>
      openMaintenance(known, sessionOptions(failure, environment, signal)),
    );
  const [maintenance, reading] = await acquireAll([open(target, "target"), open(source, "source")]);
  const locks = new Locks(maintenance, reading);
  try {
    if (source.database === target.database && (await isSameDatabase(reading, maintenance))) {
      throw sameDatabase(source);
    }
    await lock(maintenance, target.database, "target");
    await lock(reading, source.database, "source");
    const repaired = await repair(maintenance, target.database);
    if (repaired !== undefined) console.warn(repaired);
    return locks;
  } catch (error) {
    await locks[Symbol.asyncDispose]();
    throw error;
  }
}

/** The refusal to copy a database onto itself. */
export function sameDatabase({ database, host }: Endpoint): OpsError {
  const message = `Source and target are the same database: ${database} @ ${host}.`;
  return new OpsError("precondition", "SAME_DATABASE", message, {
    hint: "Check NEON_DATABASE_URL, the output database_endpoint and RDS_HOSTADDR: one of them leads to the other's server.",
  });
}
