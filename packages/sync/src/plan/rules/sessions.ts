/** Rule: the role may end the sessions in the target. The swap ends them. */
import { plural } from "@pilot-light/core/output/format";
import { defineError } from "@pilot-light/core/ops-error";
import type { DatabaseSystem } from "@pilot-light/core/postgres/endpoint";
import { ident } from "@pilot-light/core/postgres/identifiers";
import type { DatabasesRule } from "./rule.ts";

const cannotEndSessions = defineError<{ system: DatabaseSystem; role: string; sessions: number }>({
  code: "CANNOT_END_SESSIONS",
  failure: "precondition",
  meaning: "Other roles are connected to the target, and the role of the sync may not end their sessions.",
  remedy: "As an administrator: `grant pg_signal_backend to <role>;`. Or stop the applications.",
  message: ({ system, role, sessions }) =>
    `${system}: ${plural(sessions, "session")} of other roles ${sessions === 1 ? "is" : "are"} connected to the target, and the role ${role} may not end sessions of other roles.`,
  hint: ({ role }) =>
    `Stop the applications. Or, as an administrator:  grant pg_signal_backend to ${ident(role)};`,
});

/** The note of the in-place method, which ends no session. */
function waiting({ sessions: number }: { sessions: number }) {
  if (number === 0) return [];
  const count = plural(number, "session is", "sessions are");
  return [
    {
      note: `${count} connected to the target: each waits when it uses a table, and sees the new contents afterwards`,
    },
  ];
}

export const sessions: DatabasesRule = {
  id: "sessions",
  needs: "databases",
  errors: { cannotEndSessions },
  check: ({ direction, inPlace, target: { facts } }) => {
    if (inPlace !== undefined) return waiting(facts);
    const { foreignSessions, maySignal, role } = facts;
    const refused = foreignSessions > 0 && !maySignal;
    const count = plural(facts.sessions, "session is", "sessions are");
    return [
      ...(refused
        ? [{ refusal: cannotEndSessions({ system: direction.target, role, sessions: foreignSessions }) }]
        : []),
      ...(facts.sessions > 0
        ? [
            {
              note: `${count} connected to the target. The swap ends them; rows that they write before the swap are only in the previous target`,
            },
          ]
        : []),
    ];
  },
};
