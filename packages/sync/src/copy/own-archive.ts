/** Reads dumps that this run has created. Every entry must be readable, because a comparison with the dump needs all of them. */
import { stat } from "node:fs/promises";
import type { GrowingFile } from "@pilot-light/core/async/growing-file";
import {
  ArchiveUnreadable,
  readArchive,
  readGrowingArchive,
  type Archive,
} from "@pilot-light/core/inventory/archive";
import { archiveUnreadable } from "../errors.ts";

/**
 * Reads a dump that this run has created.
 * @throws OpsError ARCHIVE_UNREADABLE (configuration)
 */
export async function readOwnArchive(file: string): Promise<Archive> {
  return await own(() => readArchive(file));
}

/**
 * Waits until pg_dump has written the table of contents, and reads it.
 * @throws OpsError ARCHIVE_UNREADABLE (configuration)
 */
export async function waitForArchive(file: GrowingFile, signal: AbortSignal): Promise<Archive> {
  const read = async (isComplete: boolean) => {
    if (isComplete) return await readArchive(file.path);
    const size = await stat(file.path).then(
      (found) => found.size,
      () => 0,
    );
    return size === 0 ? undefined : await readGrowingArchive(file.path);
  };
  return await own(() => file.wait(read, signal));
}

async function own<T>(read: () => Promise<T>): Promise<T> {
  try {
    return await read();
  } catch (cause) {
    if (!(cause instanceof ArchiveUnreadable)) throw cause;
    throw archiveUnreadable({ reason: cause.message }, { cause });
  }
}
