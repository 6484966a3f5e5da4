import { execFileSync } from "node:child_process";
import { mkdir, mkdtemp, rm, writeFile } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { afterEach, beforeEach, expect, test } from "vitest";
import { versionText } from "./version.ts";

let root: string;
let program: string;
beforeEach(async () => {
  root = await mkdtemp(join(tmpdir(), "pilot-light-version-"));
  const dist = join(root, "packages/sync/dist");
  await mkdir(dist, { recursive: true });
  program = join(dist, "bin.js");
  await writeFile(
    join(root, "packages/sync/package.json"),
    '{ "name": "@pilot-light/sync", "version": "9.9.9" }',
  );
});
afterEach(() => rm(root, { recursive: true, force: true }));

test("the version is that of the repository, with the commit if git knows it", async () => {
  await writeFile(join(root, "package.json"), '{ "name": "pilot-light", "version": "1.2.3" }');
  expect(versionText(program)).toBe("pilot-light 1.2.3");
  const git = (...args: readonly string[]) =>
    execFileSync("git", ["-c", "user.name=a", "-c", "user.email=a@example.com", ...args], { cwd: root });
  git("init", "--quiet");
  git("commit", "--quiet", "--allow-empty", "-m", "first");
  expect(versionText(program)).toMatch(/^pilot-light 1\.2\.3 \([0-9a-f]{12}\)$/);
});

test("a copy without its package.json has no version", () => {
  expect(versionText(program)).toBe("pilot-light, version unknown");
});
