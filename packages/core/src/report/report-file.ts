/** The file of `--report`. */
import { randomUUID } from "node:crypto";
import { open, rename, rm, stat } from "node:fs/promises";
import { basename, dirname, join, resolve } from "node:path";
import { reportFileUnwritable } from "../errors.ts";
import { messageOf } from "../ops-error.ts";

export interface ReportFile {
  /** As it was given. */
  path: string;
  /** Replaces the file in one step: a reader never sees half a report. */
  write(html: string): Promise<void>;
}

/**
 * Checks that the file can be written, before the command starts. An existing file keeps its content until the report replaces it.
 * @throws OpsError REPORT_FILE_UNWRITABLE (usage)
 */
export async function openReport(path: string): Promise<ReportFile> {
  const file = resolve(path);
  const partial = join(dirname(file), `.${basename(file)}.${randomUUID().slice(0, 8)}`);
  const create = async (html: string) => {
    const handle = await open(partial, "wx");
    await handle.writeFile(html).finally(() => handle.close());
  };
  const existing = await stat(file).catch(() => undefined);
  if (existing !== undefined && !existing.isFile()) {
    throw reportFileUnwritable({ path, reason: "it exists and is not a file" });
  }
  await create("").catch((cause: unknown) => {
    throw reportFileUnwritable({ path, reason: messageOf(cause) }, { cause });
  });
  await rm(partial, { force: true });
  return {
    path,
    write: async (html) => {
      await create(html);
      await rename(partial, file);
    },
  };
}
