/** The details of a manifest, from what a snapshot contains. */
import { encodeDetails, factsOf } from "../archive/details.ts";
import type { DatabaseContent } from "../copy/equality.ts";
import type { SyncJob } from "../job.ts";
import type { ConfigurationRelation } from "../read/extensions.ts";
import type { Grant, Privileges } from "../target/privileges.ts";

/** What a snapshot contains. */
export interface SnapshotContent extends Omit<DatabaseContent, "archive" | "sequences"> {
  privileges: Privileges;
  relations: readonly ConfigurationRelation[];
}

/**
 * The details of a snapshot as the text for the manifest. They contain no names of roles.
 */
export function detailsOf(
  { configuration, inventory, privileges, relations, state }: SnapshotContent,
  { encoding, notDumped }: Pick<SyncJob["facts"]["source"], "encoding" | "notDumped">,
): string {
  const ofPublic = (grants: readonly Grant[]) =>
    grants.flatMap(({ grantee, ...rest }) => (grantee === null ? [{ grantee, ...rest }] : []));
  return encodeDetails({
    encoding,
    state: {
      ...state,
      extensions: Object.fromEntries(
        Object.entries(state.extensions).map(([name, extension]) => [
          name,
          { ...extension, members: [...extension.members] },
        ]),
      ),
      unenforced: [...state.unenforced],
      populated: [...state.populated],
    },
    relations: relations.map((relation) => ({ ...relation, columns: [...relation.columns] })),
    configuration: {
      rows: Object.fromEntries(configuration.rows),
      leftOut: Object.fromEntries(configuration.leftOut),
    },
    objects: inventory.objects.map((object) => [object.kind, object.identity, factsOf(object)]),
    privileges: privileges.objects.map(({ grants, initial, ...object }) => ({
      ...object,
      grants: ofPublic(grants),
      initial: initial === null ? null : ofPublic(initial),
    })),
    // Names of roles are left out.
    notDumped: notDumped.filter((part) => !part.startsWith("password of ")),
  });
}
