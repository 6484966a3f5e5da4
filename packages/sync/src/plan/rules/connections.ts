/** Rule: both servers accept as many connections as the sync opens at the same time. With fewer, it uses fewer jobs. */
import { plural } from "@pilot-light/core/output/format";
import { defineError } from "@pilot-light/core/ops-error";
import type { DatabaseSystem } from "@pilot-light/core/postgres/endpoint";
import { ident } from "@pilot-light/core/postgres/identifiers";
import type { ConnectionLimit, DatabaseFacts } from "../../read/database-facts.ts";
import type { DatabasesRule, Finding } from "./rule.ts";

/** A limit of one side. */
interface Limit {
  system: DatabaseSystem;
  database: string;
  role: string;
  limit: ConnectionLimit;
  /** Connections that the server still accepts. */
  spare: number;
  /** Connections that the sync needs in addition to those of its jobs and to those that were open while the facts were read. */
  fixed: number;
}

const tooFewConnections = defineError<Limit>({
  code: "TOO_FEW_CONNECTIONS",
  failure: "precondition",
  meaning:
    "A limit of the database, of the role or of the server leaves fewer connections than a sync with one job needs.",
  remedy: "Raise the limit that the message names, or stop applications that are connected.",
  message: (facts) =>
    `${facts.system} accepts ${plural(Math.max(facts.spare, 0), "more connection")} (limit of the ${named(facts)}), but the sync needs ${facts.fixed + 1}.`,
  hint: ({ limit, database, role, spare, fixed }) => {
    if (limit === "server") return "Stop applications that are connected, or raise max_connections.";
    const object = `${limit} ${ident(limit === "database" ? database : role)}`;
    return `Stop applications that are connected, or raise the limit by ${fixed + 1 - spare}. To remove the limit:  alter ${object} connection limit -1;`;
  },
});

export const connections: DatabasesRule = {
  id: "connections",
  needs: "databases",
  errors: { tooFewConnections },
  check: ({ direction, inPlace, source, target, targetBackup, jobs }) => {
    // The connections of a sync at its peak. Source: the jobs, a session outside of the snapshot, pg_dump. Target: the jobs, pg_dump of the
    // staging database; for the backup, two sessions and another pg_dump. In place: the transaction and a session that watches locks, in
    // parallel with the backup, all in the target. The session that read `spare` has ended by then, which leaves one more connection. So
    // `fixed` is the peak without the jobs, minus one.
    const limits = [
      ...limitsOf(direction.source, source.facts, { database: 1, role: 1, server: 1 }),
      ...limitsOf(
        direction.target,
        target.facts,
        inPlace !== undefined
          ? { database: 3, role: 3, server: 3 }
          : targetBackup
            ? { database: 1, role: 3, server: 3 }
            : { database: 0, role: 0, server: 0 },
      ),
    ];
    const refused = limits.filter(({ spare, fixed }) => spare < fixed + 1);
    if (refused.length > 0) return refused.map((facts) => ({ refusal: tooFewConnections(facts) }));
    // Jobs work in the staging database, to which the limit of the target does not apply.
    const narrowing = limits.filter(
      ({ system, limit }) => system === direction.source || limit !== "database",
    );
    return narrowing
      .sort((a, b) => a.spare - a.fixed - (b.spare - b.fixed))
      .slice(0, 1)
      .flatMap((facts): Finding[] => {
        const possible = facts.spare - facts.fixed;
        if (possible >= jobs) return [];
        const note = `${facts.system} accepts ${plural(facts.spare, "more connection")} (limit of the ${named(facts)}), so the sync uses ${plural(possible, "job")} instead of ${jobs}`;
        return [{ jobs: possible }, { note }];
      });
  },
};

function limitsOf(
  system: DatabaseSystem,
  { database, role, spareConnections }: DatabaseFacts,
  fixed: Record<ConnectionLimit, number>,
): Limit[] {
  return (["database", "role", "server"] as const).flatMap((limit) => {
    const spare = spareConnections[limit];
    return spare === null ? [] : [{ system, database, role, limit, spare, fixed: fixed[limit] }];
  });
}

function named({ limit, database, role }: Pick<Limit, "limit" | "database" | "role">): string {
  return limit === "server" ? "server" : `${limit} ${limit === "database" ? database : role}`;
}
