/**
 * The arrows: which package may import which, and which folder of a package may import which. Functions that find imports against the
 * arrows. docs/architecture.md contains the table.
 */
import { dirname, join, relative } from "node:path";
import ts from "typescript";

/** What one package may import. */
interface Arrows {
  /** Packages, or single modules of one. */
  always: readonly string[];
  /** In addition, in its tests. */
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
        "core/ops-error",
        "core/config/env",
        "core/cli/bundle",
        "core/cli/command",
        "core/cli/version",
        "core/prices",
        "core/terraform/backend",
        "core/aws/command-actions",
        "core/aws/policy",
      ],
      tests: ["core", "sandbox"],
    },
  ],
  ["sync", { always: ["core"], tests: ["sandbox"] }],
  ["validate", { always: ["core"], tests: ["sandbox"] }],
  ["lifecycle", { always: ["core", "sync", "validate"], tests: ["sandbox"] }],
  ["sandbox", { always: ["core"], tests: [] }],
]);

/**
 * The folders of a package's `src`, each with the folders that its files may import. `top` is `src` itself, whose files may
 * import every folder. A folder that is not listed is an error: add it to test/arrows.ts first.
 */
export const folders = new Map<string, Readonly<Record<string, readonly string[]>>>([
  [
    "core",
    {
      config: ["top"],
      async: ["top", "output"],
      output: ["config"],
      terraform: ["top", "aws", "config"],
      aws: ["top", "config"],
      neon: ["top", "async", "config"],
      postgres: ["top", "async", "config", "terraform"],
      reach: ["top", "async", "aws", "config", "output", "postgres"],
      inventory: ["async", "postgres"],
      history: ["top", "aws", "cli", "config", "output"],
      report: ["top", "history", "output"],
      cli: ["top", "async", "config", "history", "output", "report"],
      testing: [],
    },
  ],
  [
    "sync",
    {
      archive: ["top", "copy", "read"],
      read: ["top"],
      copy: ["top", "read"],
      target: ["top", "read"],
      plan: ["top", "archive", "read", "target"],
      dumps: ["top", "archive", "copy", "plan"],
      compare: ["top", "archive", "copy", "dumps", "plan", "read"],
      steps: ["top", "archive", "copy", "plan", "read", "target"],
      restore: ["top", "archive", "dumps", "plan", "steps"],
      fargate: ["top"],
      commands: ["top", "archive", "compare", "dumps", "fargate", "plan", "read", "restore"],
    },
  ],
  [
    "lifecycle",
    {
      account: ["top", "terraform"],
      schedule: ["top", "journal"],
      aws: ["top"],
      terraform: ["top"],
      journal: ["top", "terraform"],
      preflight: ["top", "account", "aws", "journal", "terraform"],
      plan: ["top", "account", "aws", "journal", "preflight", "schedule", "terraform"],
      steps: ["top", "aws", "journal", "plan", "preflight", "terraform"],
      deployment: ["top", "journal", "plan", "preflight", "steps", "terraform"],
      adoption: ["top", "deployment", "plan", "preflight", "steps", "terraform"],
      configure: ["top"],
      doctor: ["top", "account", "preflight", "terraform"],
      status: ["top", "aws", "journal", "plan", "preflight", "schedule", "steps"],
      commands: [
        "top",
        "account",
        "adoption",
        "configure",
        "deployment",
        "doctor",
        "plan",
        "schedule",
        "status",
        "terraform",
      ],
    },
  ],
  [
    "validate",
    {
      aws: ["top"],
      checks: ["top", "aws"],
      reporters: ["top"],
      commands: ["top", "reporters"],
      testing: ["top"],
    },
  ],
  [
    "infra",
    {
      aspects: [],
      constructs: ["top", "policies", "services", "variables"],
      policies: ["top"],
      services: ["top"],
      variables: ["constructs", "services"],
      stacks: ["top", "aspects", "constructs", "services", "variables"],
      costs: ["top", "variables"],
      controls: [],
      testing: ["top", "policies"],
    },
  ],
  ["sandbox", { aws: ["top"], postgres: ["top"], commands: ["top"] }],
]);

const isTest = (file: string) => /^packages\/[^/]+\/test\/|\.test\.ts$/.test(file);
const allows = (allowed: readonly string[], wanted: string) =>
  allowed.some((name) => wanted === name || wanted.startsWith(`${name}/`));

function arrowsOf(file: string): { name: string; arrows: Arrows } {
  const name = file.split("/")[1] ?? "";
  const arrows = packages.get(name);
  if (arrows === undefined) {
    throw new Error(`${name}: not a package of the table; add it to test/arrows.ts first`);
  }
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
    if (reached.startsWith("..") || specifier.startsWith("/")) return "leaves its package by a path";
    return isTest(file) ? undefined : wrongFolder(name, file, join("packages", name, reached));
  }
  if (!specifier.startsWith(scope)) return undefined;
  const wanted = specifier.slice(scope.length);
  const allowed = isTest(file) ? [...arrows.always, ...arrows.tests, name] : [...arrows.always, name];
  return allows(allowed, wanted)
    ? undefined
    : `${name} may not import ${wanted}${isTest(file) ? "" : " outside of its tests"}`;
}

/** What is wrong with an import between two files of one package. Both are relative to the root. */
function wrongFolder(name: string, file: string, target: string): string | undefined {
  const source = folderOf(name, file);
  const wanted = folderOf(name, target);
  if (source === undefined || wanted === undefined || source === wanted || source === "top") return undefined;
  const allowed = folders.get(name)?.[source];
  if (allowed === undefined) {
    return `${name}/src/${source} is not in the table; add it to test/arrows.ts first`;
  }
  return allowed.includes(wanted) ? undefined : `${name}/src/${source} may not import ${wanted}`;
}

/** The folder of a file below `src`: `top` for `src` itself, undefined for a file outside of it. */
function folderOf(name: string, file: string): string | undefined {
  const path = relative(join("packages", name, "src"), file);
  if (path.startsWith("..")) return undefined;
  const [first = "", ...rest] = path.split("/");
  return rest.length === 0 ? "top" : first;
}

/** The specifiers of static, dynamic and type imports, re-exports and requires. */
export function importsOf(source: string): string[] {
  return ts.preProcessFile(source, true, true).importedFiles.map((imported) => imported.fileName);
}

/**
 * The circles of imports between files: each a list of files that lead to each other (Tarjan's strongly connected components).
 * @param imports the files that each file imports
 */
export function circlesOf(imports: ReadonlyMap<string, readonly string[]>): string[][] {
  const circles: string[][] = [];
  const order = new Map<string, number>();
  const lowest = new Map<string, number>();
  const open: string[] = [];
  const visit = (file: string) => {
    order.set(file, order.size);
    lowest.set(file, order.size - 1);
    open.push(file);
    for (const next of imports.get(file) ?? []) {
      if (!order.has(next)) visit(next);
      if (open.includes(next)) lowest.set(file, Math.min(lowest.get(file) ?? 0, lowest.get(next) ?? 0));
    }
    if (lowest.get(file) !== order.get(file)) return;
    const circle = open.splice(open.indexOf(file));
    if (circle.length > 1) circles.push(circle.sort());
  };
  for (const file of imports.keys()) if (!order.has(file)) visit(file);
  return circles;
}

/** Names and versions of one block of a package.json. */
type Dependencies = Partial<Record<string, string>>;
/** The part of a package.json that is checked against the table. */
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
  const check = (declared: Dependencies, allowed: readonly string[]) => {
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
  check({ ...dependencies, ...optionalDependencies, ...peerDependencies }, arrows.always);
  check(devDependencies ?? {}, [...arrows.always, ...arrows.tests]);
  return wrong;
}
