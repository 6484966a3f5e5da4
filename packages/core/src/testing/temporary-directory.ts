/** For tests: a directory for the files of one test. The end of the test removes it. */
import { mkdtemp, rm } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { onTestFinished } from "vitest";

/** Creates the directory (mode 0700). Call it in a test or in a `beforeEach`. */
export async function temporaryDirectory(): Promise<string> {
  const directory = await mkdtemp(join(tmpdir(), "pilot-light-unit-"));
  onTestFinished(() => rm(directory, { recursive: true, force: true }));
  return directory;
}
