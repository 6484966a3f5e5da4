/** Who may sync what: the target is locked alone, the source shared. */
import type { CommandContext } from "@pilot-light/core/command";
import type { Session } from "@pilot-light/core/postgres/session";
import { lock, openMaintenance } from "./maintenance.ts";
import type { Resolved } from "./resolve.ts";
import { settleAll } from "./settle.ts";
import { repair } from "./swap.ts";

/** Locks, held by sessions beside both databases until they are disposed of. */
export class Locks implements AsyncDisposable {
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

/** Locks the target alone and the source shared: the opposite direction must not replace what is being read. */
export async function takeLocks({ source, target }: Resolved, { console }: CommandContext): Promise<Locks> {
  const [maintenance, reading] = await settleAll([
    openMaintenance(target, "target"),
    openMaintenance(source, "source"),
  ]);
  const locks = new Locks(maintenance, reading);
  try {
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
