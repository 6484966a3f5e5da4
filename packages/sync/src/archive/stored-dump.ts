/** Dumps as the keys of the bucket describe them, without their manifests. Pure. */
import { dumpKey, parseDumpKey, timeOfStamp } from "@pilot-light/core/dump-keys";
import type { DatabaseSystem } from "@pilot-light/core/postgres/endpoint";

/** An object of a listing. */
export interface ListedObject {
  key: string;
  bytes: number;
  modified: Date;
}

/** A dump, its manifest, or both. Their keys state the same time. */
export interface StoredDump {
  /** S3 key of the dump. */
  key: string;
  system: DatabaseSystem;
  /** As the key states it: UTC, to the second. */
  createdAt: Date;
  /** Undefined if only the manifest exists. */
  bytes: number | undefined;
  /** When S3 received the dump; without a dump, its manifest. */
  storedAt: Date;
  /** When S3 received the manifest; undefined for an incomplete dump. */
  manifestAt: Date | undefined;
}

/** A dump that exists with its manifest. */
export type CompleteDump = StoredDump & { bytes: number; manifestAt: Date };

export function isComplete(dump: StoredDump): dump is CompleteDump {
  return dump.bytes !== undefined && dump.manifestAt !== undefined;
}

/** The dumps of a listing, the newest first. Objects with other keys are left out. */
export function dumpsOf(objects: Iterable<ListedObject>): StoredDump[] {
  const dumps = new Map<string, StoredDump>();
  for (const { key, bytes, modified } of objects) {
    const name = parseDumpKey(key);
    if (name === undefined) continue;
    const own = dumpKey(name.system, name.stamp);
    const createdAt = new Date(timeOfStamp(name.stamp));
    const dump = dumps.get(own) ?? {
      key: own,
      system: name.system,
      createdAt: Number.isNaN(createdAt.getTime()) ? modified : createdAt,
      bytes: undefined,
      storedAt: modified,
      manifestAt: undefined,
    };
    dumps.set(
      own,
      name.isManifest ? { ...dump, manifestAt: modified } : { ...dump, bytes, storedAt: modified },
    );
  }
  return [...dumps.values()].sort(newestFirst);
}

/** A sync writes two dumps with the same time. It writes the manifest of the archive last, so the archive counts as the newer one. */
function newestFirst(a: StoredDump, b: StoredDump): number {
  const time = (date: Date | undefined) => date?.getTime() ?? 0;
  return (
    time(b.createdAt) - time(a.createdAt) ||
    time(b.manifestAt) - time(a.manifestAt) ||
    a.key.localeCompare(b.key)
  );
}
