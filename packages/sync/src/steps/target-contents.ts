/** What the manifest of a backup states of the target, read in one snapshot. */
import { readState } from "@pilot-light/core/inventory/state";
import {
  readPositions,
  type FingerprintReading,
  type SequencePosition,
} from "@pilot-light/core/inventory/tables";
import { listReadableConfiguration, listDumpedSequences, readConfiguration } from "../read/extensions.ts";
import { readInventory } from "../read/inventory.ts";
import type { Snapshot } from "../read/snapshot.ts";
import { readPrivileges } from "../target/read-privileges.ts";
import type { SnapshotContent } from "./manifest-details.ts";

/** The contents of a target that a dump in S3 holds. */
export interface BackedUp extends SnapshotContent {
  /** Identifier of the snapshot. */
  snapshot: string;
  sequences: readonly SequencePosition[];
}

/** Reads what the snapshot contains, with one session: the target also serves applications and the steps that run in parallel. */
export async function readContents(
  { first, outside }: Snapshot,
  depth: FingerprintReading,
): Promise<Omit<BackedUp, "snapshot">> {
  const relations = await listReadableConfiguration(first);
  const { inventory, other } = await readInventory([first], { depth }, async () => ({
    configuration: await readConfiguration(first, relations, depth),
    state: await readState(first),
    privileges: await readPrivileges(first),
  }));
  const sequences = await readPositions(outside, await listDumpedSequences(first, relations));
  return { ...other, inventory, relations, sequences };
}
