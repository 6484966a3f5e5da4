/** The conditions under which parts of the environment exist, made of the variables. */
import { Gate } from "./gate.ts";
import type { Variables } from "./variables/all.ts";

export interface Modes {
  /** Not pilot light. */
  active: Gate;
  hasDomain: Gate;
  activeWithDomain: Gate;
  /** Active, or the database stays on in pilot light as well. */
  database: Gate;
}

export function modes({ activated, database, edge }: Variables): Modes {
  const active = new Gate(activated);
  const hasDomain = new Gate(edge.hasDomain);
  return {
    active,
    hasDomain,
    activeWithDomain: active.and(hasDomain.condition),
    database: active.or(database.alwaysOn),
  };
}
