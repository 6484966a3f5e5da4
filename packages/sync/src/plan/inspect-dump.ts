/** Reads the facts that the plan of a restore needs: from the target, and from the dump in place of a source. Writes nothing. */
import type { CommandContext } from "@pilot-light/core/cli/command";
import { combine, settleAll } from "@pilot-light/core/async/settle";
import { readState } from "@pilot-light/core/inventory/state";
import { chooseClientPrograms, findClientPrograms } from "@pilot-light/core/postgres/programs";
import { openSession, type Session } from "@pilot-light/core/postgres/session";
import { rowsUnknown } from "../archive/errors.ts";
import type { OpenedDump } from "../archive/opened-dump.ts";
import type { Direction } from "../direction.ts";
import type { RestoreOptions } from "../options.ts";
import { sessionOptions, withFreshPassword } from "../read/connect.ts";
import { filtersOf, hasFilters } from "../read/copy-mark.ts";
import type { DatabaseFacts } from "../read/database-facts.ts";
import { installedVersions } from "../read/extensions.ts";
import { measureLine } from "../read/line.ts";
import { whileObjectsVanish } from "../read/vanishing.ts";
import type { ResolvedTarget } from "../resolve.ts";
import { readPrivileges, readRoles } from "../target/read-privileges.ts";
import type { TargetState } from "../target/target-state.ts";
import { factsOfDump, unverifiedParts } from "./dump-facts.ts";
import { extensionNotes } from "./extension-notes.ts";
import { countAll, readSide, type InspectedSource, type Inspection } from "./inspect.ts";
import { readInPlaceFacts } from "./in-place-facts.ts";
import { readRoom } from "./read-room.ts";
import { checkDatabases, checkRows, type Findings } from "./rules/index.ts";
import { checkScript } from "./script.ts";
import type { IncompleteSource } from "./rules/rule.ts";

/** A dump and the target of a restore, as they were inspected. */
export interface DumpInspection extends Inspection<InspectedSource> {
  /** Sentences about what nothing verifies. */
  unverified: readonly string[];
}

/**
 * Inspects the target and checks the rules of a sync, with the dump in place of the source.
 * @throws OpsError the refusals of the rules about databases, DUMP_TOO_NEW (precondition); PG_DUMP_* (configuration); why the target
 *   cannot be connected to
 */
export async function inspectDump(
  direction: Direction,
  options: RestoreOptions,
  { target: endpoint, rereadSecret, ...resolved }: ResolvedTarget,
  dump: OpenedDump,
  targetState: TargetState,
  context: CommandContext,
): Promise<DumpInspection> {
  const { environment, signal } = context;
  const finding = findClientPrograms(environment);
  await using session = await withFreshPassword(endpoint, rereadSecret, (candidate) =>
    openSession(candidate, sessionOptions("target", environment, signal)),
  );
  const { target, privileges } = await readTarget(session, context);
  const source = factsOfDump(dump, target.facts);
  const { targetBackup, jobs, script } = options;
  if (script !== undefined) await checkScript(session, script);
  const found = checkDatabases(
    {
      direction,
      source,
      target,
      targetBackup,
      jobs,
      targetState,
      ...(await readInPlaceFacts(session, source.facts, target.facts, options)),
      ...(await readRoom(session, resolved, targetState, options, context)),
      privileges: { ...privileges, source: source.privileges },
      dump: { uri: dump.uri, clientVersion: dump.manifest.clientVersion },
    },
    options,
  );
  if (found.refusals.length > 0) throw combine(found.refusals);
  const { major } = target.facts;
  const clientMajor = Number.parseInt(dump.manifest.clientVersion, 10);
  // pg_restore must be able to read the dump. pg_dump dumps the schema of the restored database for the verification.
  const programs = chooseClientPrograms(await finding, [clientMajor, major], major);
  const measuring = measureLine(session, "to-server", source.facts.bytes);
  const [targetRows, line] = await settleAll([
    countAll(session, "target", { tables: target.tables, jobs: found.jobs ?? jobs }, measuring, context),
    measuring,
  ]);
  const incomplete = incompleteDump(dump, direction, target.facts);
  const rows = findingsOnRows(dump, { direction, sourceRows: source.rows, targetRows, incomplete }, options);
  return {
    source,
    target: { endpoint: session.endpoint, ...target, rows: targetRows, line },
    programs,
    // Another major version of pg_dump may write the same definition differently.
    sameMajor: source.facts.major === major && programs.major === clientMajor,
    unverified: unverifiedParts(dump),
    // A filter of the dump is in its mark.
    filter: undefined,
    incomplete,
    findings: {
      ...found,
      refusals: rows.refusals,
      notes: [...found.notes, ...(await notesOnExtensions(direction, dump, session)), ...rows.notes],
    },
  };
}

/** The target, and the privileges on its objects. */
async function readTarget(session: Session, context: CommandContext) {
  const [target, privileges] = await settleAll([
    readSide(session, "target", context),
    whileObjectsVanish(async () => ({
      target: await readPrivileges(session),
      roles: await readRoles(session),
    })),
  ]);
  return { target, privileges };
}

/** The findings on the rows. If the manifest of the dump does not state the rows, only `--allow-unverified` allows the restore. */
function findingsOnRows(
  { contents, uri }: OpenedDump,
  facts: Parameters<typeof checkRows>[0],
  options: RestoreOptions,
): Pick<Findings, "refusals" | "notes"> {
  if (contents !== undefined) return checkRows(facts, options);
  const { allowUnverified, command } = options;
  return allowUnverified
    ? {
        refusals: [],
        notes: ["allowed by --allow-unverified: the manifest of the dump does not state the rows"],
      }
    : { refusals: [rowsUnknown({ uri, command })], notes: [] };
}

/** What a filter left out of a dump. For Neon, the rule about changed copies asks for a flag already, so this returns undefined. */
function incompleteDump(
  { contents, manifest: { database } }: OpenedDump,
  { target: system }: Direction,
  target: DatabaseFacts,
): IncompleteSource | undefined {
  if (system === "neon" || !hasFilters(database.mark)) return undefined;
  const isEmpty = (identity: string) => contents?.tables[identity]?.rows === 0;
  return {
    filters: filtersOf(database.mark ?? {}),
    emptiedGroups: new Set((contents?.withoutRows ?? []).filter(isEmpty)),
    target,
  };
}

/** Notes on the extensions that the manifest states and the versions that the target installs. */
async function notesOnExtensions(
  direction: Direction,
  { details }: OpenedDump,
  session: Session,
): Promise<string[]> {
  if (details === undefined) return [];
  const none = new Map<string, never>();
  return extensionNotes(direction, {
    source: details.state,
    target: await readState(session),
    installed: await installedVersions(session),
    additions: [],
    relations: [],
    leftOut: { source: none, target: none },
  });
}
