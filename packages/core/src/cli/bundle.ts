/**
 * Starts a program from its bundle. Node spends most of the start of a command on finding, reading and compiling a thousand small files;
 * the bundle is one file, with the code that V8 compiled when it was built. `scripts/bundle.mjs` builds the bundles.
 */
import { readdirSync, readFileSync, statSync } from "node:fs";
import { createRequire } from "node:module";
import { dirname, join } from "node:path";
import { constants, Script } from "node:vm";

/** What a bundle exports. */
export interface Program {
  run: () => Promise<void>;
}

/** @param dist directory of a package's build, such as `packages/sync/dist` */
export function bundleIn(dist: string): { file: string; code: string } {
  return { file: join(dist, "bundle.cjs"), code: join(dist, "bundle.code") };
}

/**
 * Loads the program of a package.
 * @param dist directory of the package's build
 * @param modules loads its modules, if there is no bundle, or the bundle is older than the modules
 */
export async function loadProgram(dist: string, modules: () => Promise<Program>): Promise<Program> {
  if (!isCurrent(dist)) return await modules();
  const { file, code } = bundleIn(dist);
  return evaluate(compileBundle(file, readIfExists(code)), file);
}

/**
 * Whether there is a bundle, and is newer than the builds of all packages and than the list of their dependencies: a developer may have changed
 * either since.
 */
export function isCurrent(dist: string): boolean {
  const packages = join(dist, "../..");
  const built = modified(bundleIn(dist).file);
  if (built === 0) return false;
  const builds = readdirSync(packages).map((name) => join(packages, name, "dist/.tsbuildinfo"));
  return [join(packages, "../pnpm-lock.yaml"), ...builds].every((file) => modified(file) <= built);
}

/** @param cachedData what V8 compiled before; another version of V8 ignores it */
export function compileBundle(file: string, cachedData?: Buffer): Script {
  const source = readFileSync(file, "latin1");
  return new Script(`(function (exports, require, module, __filename, __dirname) {${source}\n})`, {
    filename: file,
    importModuleDynamically: constants.USE_MAIN_CONTEXT_DEFAULT_LOADER,
    ...(cachedData === undefined ? {} : { cachedData }),
  });
}

/** Runs a compiled bundle, and returns its exports. */
export function evaluate(bundle: Script, file: string): Program {
  const module = { exports: {} };
  const run = bundle.runInThisContext() as (...parameters: readonly unknown[]) => void;
  run(module.exports, createRequire(file), module, file, dirname(file));
  return module.exports as Program;
}

/** Milliseconds; 0 if the file does not exist. */
function modified(file: string): number {
  return statSync(file, { throwIfNoEntry: false })?.mtimeMs ?? 0;
}

function readIfExists(file: string): Buffer | undefined {
  try {
    return readFileSync(file);
  } catch {
    return undefined;
  }
}
