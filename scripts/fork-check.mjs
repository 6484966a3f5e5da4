/**
 * `node scripts/fork-check.mjs`: whether the infra package works with CDK Terrain (cdktn), the maintained successor of the archived CDKTF.
 * Installs cdktn into a temporary directory, maps the imports of a copy of the sources, compiles the copy with types, synthesizes both, and
 * compares the two documents. docs/runbooks/cdktn.md describes the move.
 */
import {
  cpSync,
  mkdirSync,
  mkdtempSync,
  readFileSync,
  readdirSync,
  rmSync,
  symlinkSync,
  writeFileSync,
} from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { ScriptError, mustRun, printError, root } from "./run.mjs";

const packages = { cdktn: "0.24.0", "@cdktn/provider-aws": "25.7.0", constructs: "10.6.0" };
const project = "davidshaevel";
const infra = join(root, "packages/infra");

process.exitCode = await main();

/** Returns the exit code. */
async function main() {
  const directory = mkdtempSync(join(tmpdir(), "fork-check-"));
  try {
    await install(directory);
    copySources(directory);
    await compile(directory);
    const ours = await synthesize(join(infra, "dist/main.js"), join(directory, "ours"));
    const fork = await synthesize(join(directory, "dist/main.js"), join(directory, "fork"));
    const differences = compare(ours, fork);
    for (const line of differences) console.error(`  ${line}`);
    if (differences.length > 0)
      throw new ScriptError("The document that cdktn synthesizes differs from that of CDKTF.");
    console.log(
      `cdktn ${packages.cdktn}: the types compile, and all lines of the JSON but the version are equal (${ours.length}).`,
    );
    return 0;
  } catch (error) {
    printError(error);
    return 1;
  } finally {
    rmSync(directory, { recursive: true, force: true });
  }
}

/** @param {string} directory */
async function install(directory) {
  writeFileSync(join(directory, "package.json"), JSON.stringify({ type: "module", private: true }));
  const wanted = Object.entries(packages).map(([name, version]) => `${name}@${version}`);
  const flags = ["--ignore-scripts", "--no-audit", "--no-fund", "--no-package-lock"];
  await mustRun("npm", ["install", "--prefix", directory, ...flags, ...wanted]);
  mkdirSync(join(directory, "node_modules/@pilot-light"), { recursive: true });
  symlinkSync(join(root, "packages/core"), join(directory, "node_modules/@pilot-light/core"));
  mkdirSync(join(directory, "node_modules/@types"), { recursive: true });
  symlinkSync(join(root, "node_modules/@types/node"), join(directory, "node_modules/@types/node"));
}

/**
 * The sources without tests, with the imports of the fork.
 * @param {string} directory
 */
function copySources(directory) {
  const target = join(directory, "src");
  cpSync(join(infra, "src"), target, {
    recursive: true,
    filter: (file) => !file.endsWith(".test.ts") && !file.endsWith("/testing"),
  });
  for (const name of readdirSync(target, { recursive: true, encoding: "utf8" })) {
    if (!name.endsWith(".ts")) continue;
    const file = join(target, name);
    const text = readFileSync(file, "utf8");
    writeFileSync(
      file,
      text
        .replaceAll('from "cdktf"', 'from "cdktn"')
        .replaceAll('"@cdktf/provider-aws/', '"@cdktn/provider-aws/'),
    );
  }
}

/** @param {string} directory */
async function compile(directory) {
  const compilerOptions = {
    rootDir: "src",
    outDir: "dist",
    composite: false,
    declaration: false,
    declarationMap: false,
  };
  const config = { extends: join(root, "tsconfig.base.json"), compilerOptions, include: ["src"] };
  writeFileSync(join(directory, "tsconfig.json"), JSON.stringify(config));
  await mustRun(join(root, "node_modules/.bin/tsc"), ["-p", directory]);
}

/**
 * The lines of the document that an app writes. They are formatted again: the libraries write an empty list differently.
 * @param {string} app
 * @param {string} outdir
 */
async function synthesize(app, outdir) {
  const env = {
    ...process.env,
    PROJECT_NAME: project,
    AWS_REGION: "us-east-1",
    CDKTF_OUTDIR: outdir,
    CDKTN_OUTDIR: outdir,
  };
  await mustRun(process.execPath, [app], { env });
  const text = readFileSync(join(outdir, `stacks/${project}-dev/cdk.tf.json`), "utf8");
  return JSON.stringify(JSON.parse(text), null, 2).split("\n");
}

/**
 * The lines that differ. One must differ: the version of the library in the metadata of the stack, which shows that the fork wrote its document.
 * @param {readonly string[]} ours
 * @param {readonly string[]} fork
 */
function compare(ours, fork) {
  const lines = Array.from({ length: Math.max(ours.length, fork.length) }, (_, index) => index);
  const differing = lines.filter((index) => ours[index] !== fork[index]);
  const versions = differing.filter((index) =>
    (fork[index] ?? "").includes(`"version": "${packages.cdktn}"`),
  );
  const others = differing.filter((index) => !versions.includes(index));
  return [
    ...(versions.length === 1 ? [] : [`${versions.length} lines with the version of cdktn instead of one`]),
    ...others
      .slice(0, 20)
      .map((index) => `line ${index + 1}\n    cdktf: ${ours[index] ?? ""}\n    cdktn: ${fork[index] ?? ""}`),
  ];
}
