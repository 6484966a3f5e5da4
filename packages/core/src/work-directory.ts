/** The run's private directory for dumps and password files. The run removes it at the end. The next run removes that of a killed run. */
import { mkdtemp, readdir, rm, stat } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { isProcessAlive } from "./process.ts";

const prefix = "pilot-light-sync-";

export class WorkDirectory implements AsyncDisposable {
  readonly path: string;

  constructor(path: string) {
    this.path = path;
  }

  async [Symbol.asyncDispose](): Promise<void> {
    await rm(this.path, { recursive: true, force: true });
  }
}

/** Creates the directory (mode 0700, as mkdtemp does), and removes directories whose process has ended. */
export async function openWorkDirectory(): Promise<WorkDirectory> {
  await removeAbandoned();
  return new WorkDirectory(await mkdtemp(join(tmpdir(), `${prefix}${process.pid}-`)));
}

async function removeAbandoned(): Promise<void> {
  for (const name of await readdir(tmpdir())) {
    const pid = Number(new RegExp(`^${prefix}(\\d+)-`).exec(name)?.[1]);
    if (!(pid > 0) || isProcessAlive(pid)) continue;
    const path = join(tmpdir(), name);
    const owner = await stat(path).catch(() => undefined);
    if (owner?.uid === process.getuid?.()) await rm(path, { recursive: true, force: true });
  }
}
