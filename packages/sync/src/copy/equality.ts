/** Compares a restored database with the database that was dumped. Pure. */
import type { Archive, ArchiveEntry } from "@pilot-light/core/inventory/archive";
import { compareArchives } from "@pilot-light/core/inventory/archive-compare";
import { compareFingerprints, compareSequences, type Difference } from "@pilot-light/core/inventory/compare";
import {
  compareStates,
  missingMembers,
  refreshedViews,
  rowTypeKind,
  type DatabaseState,
} from "@pilot-light/core/inventory/state";
import type { SequencePosition } from "@pilot-light/core/inventory/tables";
import type { Configuration } from "../read/extensions.ts";
import type { Inventory } from "../read/inventory.ts";

/** Everything that is compared between two databases. */
export interface DatabaseContent {
  archive: Archive;
  state: DatabaseState;
  configuration: Configuration;
  inventory: Inventory;
  /** Positions of the sequences; those of the source were read before the dump. */
  sequences: readonly SequencePosition[];
}

export interface EqualityOptions {
  /** Positions of the source's sequences after the dump, those of extensions included. */
  sequencesAfter: readonly SequencePosition[];
  /** Whether both servers have the same major version. */
  sameMajor: boolean;
  skippedExtensions: readonly string[];
  /** Version that CREATE EXTENSION installs on the target, by extension. */
  installedVersions: ReadonlyMap<string, string>;
  /** Entries of the source's dump that the restore left out. */
  isLeftOut: (entry: ArchiveEntry) => boolean;
  /** Materialized views that hold rows, as `schema.name`. Default: those that a restore of the expected dump fills. */
  refreshed?: ReadonlySet<string>;
}

/** All differences. */
export function differencesBetween(
  expected: DatabaseContent,
  actual: DatabaseContent,
  { sequencesAfter, sameMajor, skippedExtensions, installedVersions, isLeftOut, ...given }: EqualityOptions,
): Difference[] {
  const refreshed = given.refreshed ?? refreshedViews(expected.archive.entries);
  const [wanted, found] = [expected.inventory, actual.inventory];
  return [
    ...compareArchives(expected.archive, actual.archive, { sameMajor, isLeftOut }),
    ...compareStates(expected.state, actual.state, { skippedExtensions, installedVersions, refreshed }),
    ...compareFingerprints("table", wanted.tables, found.tables),
    ...compareFingerprints(
      "rows of the extension's table",
      expected.configuration.rows,
      actual.configuration.rows,
    ),
    ...compareFingerprints(
      "large objects",
      new Map([["all", wanted.largeObjects]]),
      new Map([["all", found.largeObjects]]),
    ),
    ...compareSequences(expected.sequences, sequencesAfter, actual.sequences),
  ];
}

/** Objects and rows that the restored database lacks because no dump contains them, as sentences. */
export function lossesBetween(expected: DatabaseContent, actual: DatabaseContent): string[] {
  const members = missingMembers(expected.state, actual.state).map(
    ({ extension, member }) => `${member} of the extension ${extension}: a dump does not contain it`,
  );
  const rows = [...expected.configuration.leftOut].flatMap(([identity, { rows: count, hash }]) => {
    const found = actual.configuration.leftOut.get(identity);
    if (found === undefined || found.hash === hash) return [];
    return [
      `rows of ${identity} that the extension's filter leaves out of a dump: ${count} in the source, ${found.rows} in the copy`,
    ];
  });
  return [...members, ...rows].map((loss) => `not copied: ${loss}`);
}

/** Kinds whose differences come from rows. */
const rowKinds = new Set(["table", "rows of the extension's table", "large objects"]);

/** What to do about the differences: the advice for their cause if all of them have the same one. */
export function hintFor(differences: readonly Difference[]): string {
  const all = (fits: (difference: Difference) => boolean) => differences.every(fits);
  const hasRows = ({ kind, expected = "" }: Difference) =>
    rowKinds.has(kind) && /^(?:hash|\d+ rows)/.test(expected);
  if (all(hasRows)) {
    return "The restore may compute these values again: in a generated column whose function is not immutable, or a type whose text form depends on a setting. Fix the column or the type in the source, then sync again.";
  }
  if (all(({ kind }) => kind === "sequence position")) {
    return "Another session used these sequences during the dump. Run the same command again when fewer sessions write to the source.";
  }
  if (all(({ kind }) => kind === rowTypeKind)) {
    return "A restore creates inherited columns first, so that the values of this row type would be in the wrong columns. In the source, create the table again with its inherited columns first, or give the columns that use its row type another type, such as jsonb.";
  }
  if (all(({ kind }) => kind === "extension")) {
    return "Install the same version on both servers:  alter extension ... update to '...';";
  }
  if (all(({ kind }) => kind === "foreign key constraint" || kind === "index")) {
    return "pg_restore reported no error, but PostgreSQL has not validated these constraints or indexes. Run the same command again. If they still differ, report the bug with the output of --verbose.";
  }
  if (all(({ problem }) => problem === "unexpected")) {
    return "The target's server adds these objects to every new database. Remove them from its database template0, or report the bug with the output of --verbose.";
  }
  return "pg_restore reported no error, but the definitions differ. Compare the definitions above. If both mean the same, report the bug with the output of --verbose.";
}
