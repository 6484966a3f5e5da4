/** The table of the arrows between the packages, as docs/architecture.md draws them, and what goes against it. */
import { dirname, join, relative } from "node:path";
import ts from "typescript";

/** What one package may import. */
interface Arrows {
  /** Packages, or single modules of one. */
  always: readonly string[];
  /** Besides, in its tests. */
  tests: readonly string[];
}

export const scope = "@pilot-light/";
const packages = new Map<string, Arrows>([
  ["core", { always: [], tests: [] }],
  [
    "infra",
    {
      always: [
        "core/contract",
        "core/errors",
        "core/env",
        "core/command",
        "core/prices",
        "core/terraform/backend",
      ],
      tests: ["core", "sandbox"],
    },
  ],
  ["sync", { always: ["core"], tests: ["sandbox"] }],
  ["validate", { always: ["core"], tests: ["sandbox"] }],
  ["lifecycle", { always: ["core", "sync", "validate"], tests: ["sandbox"] }],
  ["sandbox", { always: ["core"], tests: [] }],
]);

const isTest = (file: string) => /^packages\/[^/]+\/test\/|\.test\.ts$/.test(file);
const allows = (allowed: readonly string[], wanted: string) =>
  allowed.some((name) => wanted === name || wanted.startsWith(`${name}/`));

function arrowsOf(file: string): { name: string; arrows: Arrows } {
  const name = file.split("/")[1] ?? "";
  const arrows = packages.get(name);
  if (arrows === undefined) throw new Error(`${name}: not a package of the table; draw its arrows first`);
  return { name, arrows };
}

/** What is wrong with one import; undefined when nothing is. `file` is relative to the root. */
export function wrongImport(file: string, specifier: string): string | undefined {
  const { name, arrows } = arrowsOf(file);
  if (specifier === "@cdktf/provider-aws") {
    return "the barrel takes 3 s and 500 MB: import lib/<resource>/index.js";
  }
  if (specifier.startsWith("@cdktf/provider-aws/")) {
    return name === "infra" ? undefined : "only infra uses the provider";
  }
  if (/^[./]/.test(specifier)) {
    const reached = relative(join("packages", name), join(dirname(file), specifier));
    return reached.startsWith("..") || specifier.startsWith("/") ? "leaves its package by a path" : undefined;
  }
  if (!specifier.startsWith(scope)) return undefined;
  const wanted = specifier.slice(scope.length);
  const allowed = isTest(file) ? [...arrows.always, ...arrows.tests, name] : [...arrows.always, name];
  return allows(allowed, wanted)
    ? undefined
    : `${name} may not import ${wanted}${isTest(file) ? "" : " outside of its tests"}`;
}

/** The specifiers of static, dynamic and type imports, re-exports and requires. */
export function importsOf(source: string): string[] {
  return ts.preProcessFile(source, true, true).importedFiles.map((imported) => imported.fileName);
}

/** Names and versions of one block of a package.json. */
type Dependencies = Partial<Record<string, string>>;
/** The part of a package.json that is held against the table. */
export interface Manifest {
  name?: string;
  dependencies?: Dependencies;
  devDependencies?: Dependencies;
  optionalDependencies?: Dependencies;
  peerDependencies?: Dependencies;
}

/** What is wrong with a package's manifest. */
export function wrongDependencies(file: string, manifest: Manifest): string[] {
  const { name, arrows } = arrowsOf(file);
  const { dependencies, devDependencies, optionalDependencies, peerDependencies } = manifest;
  const wrong =
    manifest.name === scope + name ? [] : [`is named ${String(manifest.name)}, not ${scope}${name}`];
  const judge = (declared: Dependencies, allowed: readonly string[]) => {
    for (const [dependency, version] of Object.entries(declared)) {
      if (dependency.startsWith("@cdktf/provider-") && name !== "infra") {
        wrong.push(`only infra uses ${dependency}`);
      }
      if (!dependency.startsWith(scope)) continue;
      const wanted = dependency.slice(scope.length);
      if (!allowed.some((entry) => entry.split("/")[0] === wanted)) wrong.push(`may not depend on ${wanted}`);
      if (version !== "workspace:*") wrong.push(`${wanted} is not from the workspace`);
    }
  };
  judge({ ...dependencies, ...optionalDependencies, ...peerDependencies }, arrows.always);
  judge(devDependencies ?? {}, [...arrows.always, ...arrows.tests]);
  return wrong;
}
