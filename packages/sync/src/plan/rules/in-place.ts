/** Rule: the contents of the target can be replaced in one transaction. Only with `--in-place`. */
import { plural } from "@pilot-light/core/output/format";
import { defineError } from "@pilot-light/core/ops-error";
import type { DatabaseSystem } from "@pilot-light/core/postgres/endpoint";
import { ident } from "@pilot-light/core/postgres/identifiers";
import { pinning } from "./pinned-target.ts";
import type { DatabasesFacts, DatabasesRule, Finding, InPlaceFacts } from "./rule.ts";

interface TargetRole {
  system: DatabaseSystem;
  role: string;
  database: string;
}

const cannotEmpty = defineError<TargetRole & Pick<InPlaceFacts, "undroppable">>({
  code: "CANNOT_EMPTY",
  failure: "precondition",
  meaning:
    "Objects of the target belong to other roles, so the in-place method may not drop them, or may not lock them before.",
  remedy:
    "Run the command of the hint as an administrator: it makes the role of the sync a member of the owning roles.",
  state: "nothing-written",
  message: ({ system, role, undroppable }) =>
    `${system}: the role ${role} may not lock and drop ${plural(undroppable.length, "object")} of the target, because other roles own ${undroppable.length === 1 ? "it" : "them"}.`,
  details: ({ undroppable }) =>
    undroppable.slice(0, 20).map(({ name, owner }) => `${name} belongs to ${owner}`),
  hint: ({ role, undroppable }) =>
    `As an administrator:  ${[...new Set(undroppable.map(({ owner }) => owner))].map((owner) => `grant ${ident(owner)} to ${ident(role)};`).join(" ")}`,
});

const cannotCreateInPlace = defineError<TargetRole & Pick<InPlaceFacts, "lacking">>({
  code: "CANNOT_CREATE_IN_PLACE",
  failure: "precondition",
  meaning: "The role on the target may not create schemas or temporary tables in the database.",
  remedy: "Run the command of the hint as an administrator: it grants the missing privilege.",
  state: "nothing-written",
  message: ({ system, role, database, lacking }) =>
    `${system}: the role ${role} lacks the privilege ${lacking.join(" and ").toUpperCase()} on the database ${database}.`,
  hint: ({ role, database, lacking }) =>
    `As an administrator:  grant ${lacking.join(", ")} on database ${ident(database)} to ${ident(role)};`,
});

const markNeedsOwner = defineError<TargetRole & { owner: string }>({
  code: "MARK_NEEDS_OWNER",
  failure: "precondition",
  meaning:
    "The target is a changed copy, or becomes one. The mark that records this is in the comment on the database, and only the owner of the database may change the comment.",
  remedy:
    "Run the command of the hint as an administrator: it makes the role of the sync a member of the owning role.",
  state: "nothing-written",
  message: ({ system, role, database }) =>
    `${system}: the role ${role} may not change the mark of the database ${database}, because it does not own the database.`,
  hint: ({ role, owner }) => `As an administrator:  grant ${ident(owner)} to ${ident(role)};`,
});

const publicationsNameTables = defineError<{ system: DatabaseSystem; publications: readonly string[] }>({
  code: "PUBLICATIONS_NAME_TABLES",
  failure: "precondition",
  meaning:
    "Publications of the target name tables or schemas. The in-place method drops these tables, and no dump holds what the publications name.",
  remedy: "Drop the publications, and create them again after the sync.",
  state: "nothing-written",
  message: ({ system, publications }) =>
    `${system}: ${plural(publications.length, "publication")} of the target ${publications.length === 1 ? "names" : "name"} tables that the sync drops: ${publications.join(", ")}.`,
  hint: ({ publications }) =>
    `Note the tables of these publications, and create the publications again after the sync. To drop them:  ${publications.map((name) => `drop publication ${ident(name)};`).join(" ")}`,
});

const preparedTransactionOpen = defineError<{ system: DatabaseSystem; count: number }>({
  code: "PREPARED_TRANSACTIONS",
  failure: "precondition",
  meaning: "Prepared transactions of the target hold locks that no session releases.",
  remedy: "Finish them with COMMIT PREPARED or ROLLBACK PREPARED.",
  state: "nothing-written",
  message: ({ system, count }) =>
    `${system}: ${plural(count, "prepared transaction")} of the target ${count === 1 ? "holds" : "hold"} locks that the in-place method needs.`,
  hint: () => "To list them:  select gid, prepared, owner from pg_prepared_xacts;",
});

/** Reasons why the contents cannot be replaced in place. */
function refusals({ direction, inPlace, target: { facts } }: DatabasesFacts): Finding[] {
  if (inPlace === undefined) return [];
  const { role, database, owner, owns, preparedTransactions } = facts;
  const { undroppable, lacking, publications, changesMark } = inPlace;
  const target = { system: direction.target, role, database };
  return [
    ...(undroppable.length === 0 ? [] : [cannotEmpty({ ...target, undroppable })]),
    ...(lacking.length === 0 ? [] : [cannotCreateInPlace({ ...target, lacking })]),
    ...(changesMark && !owns ? [markNeedsOwner({ ...target, owner })] : []),
    ...(publications.length === 0
      ? []
      : [publicationsNameTables({ system: direction.target, publications })]),
    ...(preparedTransactions === 0
      ? []
      : [preparedTransactionOpen({ system: direction.target, count: preparedTransactions })]),
  ].map((refusal) => ({ refusal }));
}

/** What a person should know about a replacement in place. */
function notes({ direction, inPlace, source, target: { facts } }: DatabasesFacts): Finding[] {
  if (inPlace === undefined) return [];
  const { createdb, owns, logicalSlots, subscriptions } = facts;
  const { locks, staying } = inPlace;
  const kept = staying.filter(
    (name) => !source.facts.extensions.some((extension) => extension.name === name),
  );
  const pinned = pinning(facts);
  const reasons = [
    ...(createdb ? [] : [`the role ${facts.role} may not create databases`]),
    ...(owns ? [] : [`the role ${facts.role} does not own ${facts.database}`]),
    ...(pinned.length === 0 ? [] : [`the target has ${pinned.join(", ")}`]),
  ];
  const texts = [
    reasons.length > 0
      ? `in place, because a staging database is not possible: ${reasons.join("; ")}`
      : "a staging database is possible: without --in-place, readers wait for less than 1 s, and `sync undo` can revert the sync",
    ...(owns
      ? []
      : [
          `the comment on ${facts.database} cannot record this run, because only the owner of the database may change the comment. A later \`sync undo\` does not know of this run`,
        ]),
    ...(logicalSlots.length > 0
      ? [`the server sends all restored rows as new rows to the consumers of ${logicalSlots.join(", ")}`]
      : []),
    ...(subscriptions.length > 0
      ? [
          `the new tables do not belong to ${subscriptions.join(", ")}. After the sync:  alter subscription ... refresh publication;`,
        ]
      : []),
    ...(locks.needed > locks.room
      ? [
          `the transaction takes about ${locks.needed} locks, but ${direction.target} guarantees room for only ${locks.room}. The sync may fail with "out of shared memory", and leave the target unchanged. To make room, raise max_locks_per_transaction`,
        ]
      : []),
    ...(kept.length > 0 ? [`the target keeps the extensions of the platform: ${kept.join(", ")}`] : []),
  ];
  return [
    ...texts.map((note) => ({ note })),
    // Nothing that is copied needs them.
    ...kept.map((skippedExtension) => ({ skippedExtension })),
  ];
}

export const inPlace: DatabasesRule = {
  id: "in-place",
  needs: "databases",
  errors: {
    cannotEmpty,
    cannotCreateInPlace,
    markNeedsOwner,
    publicationsNameTables,
    preparedTransactionOpen,
  },
  check: (facts) => [...refusals(facts), ...notes(facts)],
};
