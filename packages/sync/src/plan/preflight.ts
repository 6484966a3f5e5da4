/** Judges the facts of both sides: what makes a sync impossible or unsafe, and what a person should know. Pure. */
import { OpsError } from "@pilot-light/core/ops-error";
import { plural } from "@pilot-light/core/output/format";
import type { DataTable } from "@pilot-light/core/inventory/tables";
import type { Direction } from "../direction.ts";
import type { DatabaseFacts } from "../read/database-facts.ts";
import type { SyncOptions } from "../options.ts";

/** A side as preflight sees it. */
export interface SideFacts {
  facts: DatabaseFacts;
  tables: readonly DataTable[];
}

export interface Findings {
  /** Reasons not to go on. */
  refusals: OpsError[];
  /** Sentences for the plan. */
  notes: string[];
  /** Extensions of the source that the target cannot have and nothing needs. */
  skippedExtensions: string[];
}

/** Everything that speaks against a sync, or about it. */
export function judge(
  direction: Direction,
  source: SideFacts,
  target: SideFacts,
  options: SyncOptions,
): Findings {
  const findings: Findings = { refusals: [], notes: [], skippedExtensions: [] };
  judgeVersions(direction, source.facts, target.facts, findings);
  judgeEncoding(direction, source.facts, target.facts, findings);
  judgeStaging(direction, target.facts, findings);
  judgeRowSecurity(direction, source, target, options, findings);
  judgeRoles(direction, source.facts, target.facts, findings);
  judgeExtensions(direction, source.facts, target.facts, findings);
  noteObjectsLeftOut(direction, source.facts, target.facts, findings);
  return findings;
}

function refuse(
  findings: Findings,
  code: string,
  message: string,
  hint: string,
  details: readonly string[] = [],
): void {
  findings.refusals.push(new OpsError("precondition", code, message, { hint, details }));
}

/** `pg_terminate_backend` waits for the end of a session from this version on; Neon has no older one. */
const oldestMajor = 14;

function judgeVersions(
  { source: from, target: to }: Direction,
  source: DatabaseFacts,
  target: DatabaseFacts,
  findings: Findings,
): void {
  for (const [system, facts] of [
    [from, source],
    [to, target],
  ] as const) {
    if (facts.major >= oldestMajor) continue;
    refuse(
      findings,
      "VERSION_UNSUPPORTED",
      `${system} runs PostgreSQL ${facts.version}; ${oldestMajor} or newer is needed.`,
      `Upgrade ${system} first.`,
    );
  }
  if (source.major >= 17 && target.major <= 16) {
    refuse(
      findings,
      "VERSION_DOWNGRADE",
      `${from} runs PostgreSQL ${source.version} and ${to} ${target.version}: what pg_dump ${source.major} writes, ${target.major} does not understand.`,
      `Upgrade ${to} to ${source.major} first.`,
    );
  } else if (source.major > target.major) {
    findings.notes.push(
      `${from} is newer (${source.version}) than ${to} (${target.version}): the restore stops at anything ${to} does not know`,
    );
  }
  if (source.major !== target.major) {
    findings.notes.push(
      `the majors differ: definitions of views, functions, constraints and the like are compared by name, tables by content`,
    );
  }
}

/** Values are compared byte by byte, so both sides must write them alike. */
function judgeEncoding(
  { source: from, target: to }: Direction,
  source: DatabaseFacts,
  target: DatabaseFacts,
  findings: Findings,
): void {
  if (source.encoding === target.encoding) return;
  refuse(
    findings,
    "ENCODING_DIFFERS",
    `${from} is encoded in ${source.encoding}, ${to} in ${target.encoding}.`,
    `Create the database on ${to} anew:  create database ... encoding '${source.encoding}' template template0;`,
  );
}

/** What restoring beside the target and exchanging names needs. */
function judgeStaging({ target: to }: Direction, target: DatabaseFacts, findings: Findings): void {
  if (!target.createdb) {
    refuse(
      findings,
      "NO_CREATEDB",
      `${to}: the role ${target.role} may not create databases, so nothing can be restored beside the target.`,
      `As an administrator:  alter role ${target.role} createdb;`,
    );
  }
  if (!target.owns) {
    refuse(
      findings,
      "NOT_OWNER",
      `${to}: the role ${target.role} does not own the database ${target.database}; only its owner ${target.owner} can rename it.`,
      `As an administrator:  alter database ${target.database} owner to ${target.role};`,
    );
  }
  const blockers = [
    ...target.subscriptions.map((name) => `subscription ${name}`),
    ...target.logicalSlots.map((name) => `logical replication slot ${name}`),
    ...(target.preparedTransactions > 0 ? [plural(target.preparedTransactions, "prepared transaction")] : []),
  ];
  if (blockers.length > 0) {
    refuse(
      findings,
      "TARGET_PINNED",
      `${to}: the target is held by what does not survive a change of database.`,
      "Drop or finish these first.",
      blockers,
    );
  }
  if (target.foreignSessions > 0 && !target.maySignal) {
    refuse(
      findings,
      "CANNOT_END_SESSIONS",
      `${to}: ${plural(target.foreignSessions, "session")} of other roles are connected to the target and ${target.role} may not end them.`,
      `As an administrator:  grant pg_signal_backend to ${target.role};    or stop the applications.`,
    );
  }
  if (target.sessions > 0) {
    findings.notes.push(
      `${plural(target.sessions, "session is", "sessions are")} connected to the target and will be ended at the swap; what they write until then stays in the former database`,
    );
  }
}

/** With row-level security forced, a role without BYPASSRLS reads less than everything: pg_dump refuses, a count lies. */
function judgeRowSecurity(
  direction: Direction,
  source: SideFacts,
  target: SideFacts,
  options: SyncOptions,
  findings: Findings,
): void {
  const sides = [
    { system: direction.source, side: source, dumped: true, way: "" },
    {
      system: direction.target,
      side: target,
      dumped: options.targetBackup,
      way: "    or leave the backup out:  --no-target-backup",
    },
  ];
  for (const { system, side, dumped, way } of sides) {
    const forced = side.tables.filter((table) => table.forcedRowSecurity).map((table) => table.identity);
    if (forced.length === 0 || !dumped || side.facts.bypassesRowSecurity) continue;
    refuse(
      findings,
      "ROW_SECURITY_FORCED",
      `${system}: row-level security is forced on ${plural(forced.length, "table")}, so ${side.facts.role} cannot dump ${forced.length === 1 ? "it" : "them"} whole.`,
      `As an administrator:  alter role ${side.facts.role} bypassrls;${way}`,
      forced,
    );
  }
}

/** Roles are never copied; policies name some. */
function judgeRoles(
  { source: from, target: to }: Direction,
  source: DatabaseFacts,
  target: DatabaseFacts,
  findings: Findings,
): void {
  const missing = source.policyRoles.filter((role) => !target.roles.includes(role));
  if (missing.length === 0) return;
  refuse(
    findings,
    "ROLES_MISSING",
    `${to}: roles that policies on ${from} name do not exist: ${missing.join(", ")}.`,
    `Create them on ${to}:  ${missing.map((role) => `create role "${role.replaceAll('"', '""')}" nologin;`).join(" ")}`,
  );
}

function judgeExtensions(
  { source: from, target: to }: Direction,
  source: DatabaseFacts,
  target: DatabaseFacts,
  findings: Findings,
): void {
  for (const { name, version, dependents } of source.extensions) {
    const there = target.extensions.find((extension) => extension.name === name);
    if (there !== undefined && there.version !== version) {
      findings.notes.push(`extension ${name} is ${version} on ${from} and ${there.version} on ${to}`);
    }
    if (target.available.includes(name)) continue;
    if (dependents.length > 0) {
      refuse(
        findings,
        "EXTENSION_MISSING",
        `${to} does not offer the extension ${name}, which objects of ${from} need.`,
        `See what ${to} offers:  select name from pg_available_extensions;`,
        dependents,
      );
    } else {
      findings.skippedExtensions.push(name);
      findings.notes.push(`extension ${name} is not available on ${to}; nothing uses it: left out`);
    }
  }
}

function noteObjectsLeftOut(
  { source: from, target: to }: Direction,
  source: DatabaseFacts,
  target: DatabaseFacts,
  findings: Findings,
): void {
  const leftOut = [
    ...source.eventTriggers.map((name) => `event trigger ${name}`),
    ...source.publications.map((name) => `publication ${name}`),
    ...source.subscriptions.map((name) => `subscription ${name}`),
  ];
  if (leftOut.length > 0) {
    findings.notes.push(`not copied from ${from}, as they act beyond the database: ${leftOut.join(", ")}`);
  }
  if (source.notDumped.length > 0) {
    findings.notes.push(`not in a dump of ${from}, so not copied: ${source.notDumped.join(", ")}`);
  }
  if (target.specialLargeObjects > 0) {
    findings.notes.push(
      `owners and rights of ${plural(target.specialLargeObjects, "large object")} on ${to} are not carried over`,
    );
  }
  const lost = [
    ...target.eventTriggers.map((name) => `event trigger ${name}`),
    ...target.publications.map((name) => `publication ${name}`),
  ];
  if (lost.length > 0) findings.notes.push(`goes with the old target: ${lost.join(", ")}`);
}
