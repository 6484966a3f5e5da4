/** The notes of a plan about extensions: which of their parts a dump leaves out, and which version the target installs. */
import { settleAll } from "@pilot-light/core/async/settle";
import { missingMembers, readState, type DatabaseState } from "@pilot-light/core/inventory/state";
import { formatCount } from "@pilot-light/core/output/format";
import type { Session } from "@pilot-light/core/postgres/session";
import type { Direction } from "../direction.ts";
import {
  installedVersions,
  listReadableConfiguration,
  readAdditions,
  readConfiguration,
  type Configuration,
  type ConfigurationRelation,
  type ExtensionAdditions,
} from "../read/extensions.ts";
import { stateWithin, type Scope } from "../read/scope.ts";

/** Facts about the extensions of both sides. */
export interface ExtensionFacts {
  source: DatabaseState;
  target: DatabaseState;
  /** Version that CREATE EXTENSION installs on the target, by extension. */
  installed: ReadonlyMap<string, string>;
  additions: readonly ExtensionAdditions[];
  relations: readonly ConfigurationRelation[];
  /** Rows that extensions' filters leave out, on both sides. */
  leftOut: Record<"source" | "target", Configuration["leftOut"]>;
}

/**
 * Reads both sides. Changes nothing.
 * @param scope of the source
 */
export async function readExtensionFacts(
  source: Session,
  target: Session,
  scope?: Scope,
): Promise<ExtensionFacts> {
  const ofSide = async (session: Session, chosen?: Scope) => {
    const relations = await listReadableConfiguration(session, chosen);
    const filtered = relations.filter(({ filter }) => filter !== "");
    const [{ leftOut }, additions] = await settleAll([
      readConfiguration(session, filtered, "checksums"),
      session === source ? readAdditions(session, relations) : Promise.resolve([]),
    ]);
    return { relations, leftOut, additions };
  };
  const [ofSource, ofTarget, sourceState, targetState, installed] = await settleAll([
    ofSide(source, scope),
    ofSide(target),
    readState(source),
    readState(target),
    installedVersions(target),
  ]);
  const { relations, additions } = ofSource;
  return {
    source: stateWithin(sourceState, scope),
    target: targetState,
    installed,
    additions,
    relations,
    leftOut: { source: ofSource.leftOut, target: ofTarget.leftOut },
  };
}

/** Sentences for the plan. */
export function extensionNotes(
  { source: from, target: to }: Direction,
  { source, target, installed, additions, relations, leftOut }: ExtensionFacts,
): string[] {
  const notes: string[] = [];
  for (const [name, { version }] of Object.entries(source.extensions)) {
    const becomes = installed.get(name);
    if (becomes === undefined) continue;
    if (becomes !== version) {
      notes.push(`extension ${name} is ${version} on ${from}; ${to} installs ${becomes}`);
    }
    const isKnown = target.extensions[name]?.version === version;
    const added = additions.find(({ extension }) => extension === name);
    const lacking = isKnown
      ? missingMembers(source, target)
          .filter(({ extension }) => extension === name)
          .map(({ member }) => member)
      : [];
    const objects = [...new Set([...lacking, ...(added?.objects ?? [])])].filter(
      (object) => !isKnown || target.extensions[name]?.members.includes(object) !== true,
    );
    if (objects.length > 0) {
      notes.push(
        `not copied, because a dump leaves out what belongs to the extension ${name}, and ${to} does not create it: ${objects.join(", ")}`,
      );
    }
    for (const { identity, extension } of relations) {
      const rows = leftOut.source.get(identity);
      if (extension !== name || rows === undefined) continue;
      const changed = added?.changedRows[identity] ?? 0;
      const other = leftOut.target.get(identity);
      const isSame = isKnown && other !== undefined ? other.hash === rows.hash : changed === 0;
      if (isSame) continue;
      const count = changed > 0 ? `, ${formatCount(changed)} of them added or changed on ${from}` : "";
      notes.push(
        `not copied: rows of ${identity} that the filter of the extension ${name} leaves out of every dump (${formatCount(rows.rows)} rows${count})`,
      );
    }
  }
  return notes;
}
