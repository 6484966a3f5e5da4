/** The conditions under which parts of the environment exist, derived from the variables. */
import { Gate } from "./gate.ts";
import type { Variables } from "./variables/all.ts";

export interface Modes {
  /** In active mode. */
  active: Gate;
  hasDomain: Gate;
  activeWithDomain: Gate;
  /** In active mode, and with an always-on database in pilot light as well. */
  database: Gate;
  /** With a GitHub repository, whose workflows have roles. */
  hasRepository: Gate;
}

export function modes({ activated, database, edge, github }: Variables): Modes {
  const active = new Gate(activated);
  const hasDomain = new Gate(edge.hasDomain);
  return {
    active,
    hasDomain,
    activeWithDomain: active.and(hasDomain.condition),
    database: active.or(database.alwaysOn),
    hasRepository: new Gate(github.hasRepository),
  };
}
