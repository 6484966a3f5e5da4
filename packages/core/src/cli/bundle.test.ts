import { mkdtemp, mkdir, rm, utimes, writeFile } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { afterEach, beforeEach, expect, test } from "vitest";
import { bundleIn, compileBundle, isCurrent, loadProgram, type Program } from "./bundle.ts";

let root: string;
let dist: string;

beforeEach(async () => {
  root = await mkdtemp(join(tmpdir(), "pilot-light-bundle-"));
  dist = join(root, "packages/sync/dist");
  for (const name of ["core", "sync"]) {
    await mkdir(join(root, "packages", name, "dist"), { recursive: true });
    await build(name, 1000);
  }
  await write(join(root, "pnpm-lock.yaml"), "", 1000);
});
afterEach(() => rm(root, { recursive: true, force: true }));

async function write(file: string, text: string, seconds: number): Promise<void> {
  await writeFile(file, text);
  await utimes(file, seconds, seconds);
}

/** What tsc writes whenever it changes a file of the package. */
const build = (name: string, seconds: number) =>
  write(join(root, "packages", name, "dist/.tsbuildinfo"), "{}", seconds);
const bundle = (text: string, seconds: number) => write(bundleIn(dist).file, text, seconds);

const fromModules: Program = { run: () => Promise.resolve() };
const load = () => loadProgram(dist, () => Promise.resolve(fromModules));
const source = 'exports.run = async () => {}; exports.from = "the bundle: \\u2713";';
const fromBundle = { from: "the bundle: ✓" };

test("if there is a bundle, it runs instead of the modules", async () => {
  await bundle(source, 2000);
  expect(await load()).toMatchObject(fromBundle);
});

test("without a bundle the modules run", async () => {
  expect(await load()).toBe(fromModules);
});

test("a directory without a bundle, without packages and without a list of dependencies has no current bundle", async () => {
  const elsewhere = join(root, "elsewhere/copy/dist");
  await mkdir(elsewhere, { recursive: true });
  expect(isCurrent(elsewhere)).toBe(false);
});

test("a package that was built after the bundle makes the modules run", async () => {
  await bundle(source, 2000);
  await build("core", 3000);
  expect(isCurrent(dist)).toBe(false);
  expect(await load()).toBe(fromModules);
});

test("if dependencies were updated after the bundle, the modules run", async () => {
  await bundle(source, 2000);
  await write(join(root, "pnpm-lock.yaml"), "", 3000);
  expect(await load()).toBe(fromModules);
});

test("saved code is used, and code of another version of V8 is ignored", async () => {
  await bundle(source, 2000);
  const { file, code } = bundleIn(dist);
  const saved = compileBundle(file).createCachedData();
  expect(compileBundle(file, saved).cachedDataRejected).toBe(false);
  await writeFile(code, "of another version");
  expect(await load()).toMatchObject(fromBundle);
});
