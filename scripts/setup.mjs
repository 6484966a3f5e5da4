/** Sets up a fresh machine: installs what is missing, one line for each step. Does nothing when nothing is missing. */
import { createHash } from "node:crypto";
import { existsSync, readFileSync, readdirSync, writeFileSync } from "node:fs";
import { delimiter, dirname, join, sep } from "node:path";
import {
  installBrowser,
  installEmulator,
  installPooler,
  installPostgresClients,
  installTerraform,
} from "./programs.mjs";
import { ScriptError, isExecutable, mustRun, onPath, pathDirectories, root } from "./run.mjs";

const pnpm = "pnpm@12.21.0";
const oldestNode = [20, 19];
/** File with the digest of the files that decide what is installed. Each installation writes it. */
const stamp = join(root, "node_modules", ".pilot-light-install");

/**
 * Installs what the demo needs. With `forTests` also Terraform and pnpm, but without a build, which is one of the checks.
 * @param {{ forTests: boolean }} options
 * @throws {ScriptError} with the command that helps
 */
export async function setup({ forTests }) {
  console.log("Set-up");
  await step("node", checkNode);
  await step("packages", installPackages);
  warnWithoutPty();
  if (!forTests) await step("build", build);
  await step("postgres", installPostgresClients);
  await step("emulator", installEmulator);
  if (forTests) await step("terraform", installTerraform);
  if (forTests) await step("browser", installBrowser);
  if (forTests) await step("pgbouncer", installPooler);
  if (forTests) await step("pnpm", putPnpmOnPath);
}

/** @typedef {import("./system-packages.mjs").Note} Note */

/**
 * @param {string} name
 * @param {(note: Note) => string | Promise<string>} action returns the state after the step
 */
async function step(name, action) {
  const start = Date.now();
  /** @param {string} text */
  const line = (text) => console.log(`  ${name.padEnd(10)} ${text}`);
  let worked = false;
  const state = await action((text) => {
    worked = true;
    line(`${text} ...`);
  });
  line(worked ? `${state}  (${((Date.now() - start) / 1000).toFixed(1)} s)` : state);
}

function checkNode() {
  const [major = 0, minor = 0] = process.versions.node.split(".").map(Number);
  const [oldestMajor = 0, oldestMinor = 0] = oldestNode;
  if (major > oldestMajor || (major === oldestMajor && minor >= oldestMinor)) return process.version;
  throw new ScriptError(
    `Node.js ${oldestNode.join(".")} or later is needed; this is ${process.version}.`,
    "Install Node.js 22 from https://nodejs.org, then run the command again.",
  );
}

/**
 * Without install scripts: no package needs one, and the workspace's own `prepare` is the build, which is a separate step.
 * @param {Note} note
 */
async function installPackages(note) {
  const digest = digestOfManifests();
  if (existsSync(stamp) && readFileSync(stamp, "utf8") === digest) return "up to date";
  note(`installing with ${pnpm}`);
  // pnpm asks before it replaces an older node_modules, and fails without a terminal.
  const args = ["install", "--frozen-lockfile", "--ignore-scripts", "--config.confirm-modules-purge=false"];
  await mustRun("npx", ["-y", pnpm, ...args], {
    hint: `Check that the npm registry is reachable, and that package.json and pnpm-lock.yaml are of the same commit. To try again:  npx -y ${pnpm} install`,
  });
  writeFileSync(stamp, digest);
  return "installed";
}

/** The words with which a person runs pnpm: `pnpm`, or npx with the same version if pnpm is not installed. npx then asks no question. */
export function pnpmCommand() {
  // npx puts its own copy on the PATH, for the programs that it starts only.
  const own = pathDirectories().filter((directory) => !directory.includes(`${sep}_npx${sep}`));
  return own.some((directory) => isExecutable(join(directory, "pnpm"))) ? "pnpm" : `npx -y ${pnpm}`;
}

/** Tests call `pnpm` as people do. If it is not installed, the tests use the copy that npx has downloaded. */
async function putPnpmOnPath() {
  if (onPath("pnpm")) return "on the PATH";
  const { stdout } = await mustRun("npx", ["-y", "--package", pnpm, "-c", "command -v pnpm"]);
  process.env["PATH"] = [dirname(stdout.trim()), process.env["PATH"]].join(delimiter);
  return `${pnpm}, from npx`;
}

/** Digest of the files that decide what is installed, and of the platform, because native packages differ. */
function digestOfManifests() {
  const packages = readdirSync(join(root, "packages")).sort();
  const manifests = packages.map((name) => join("packages", name, "package.json"));
  const hash = createHash("sha256").update(`${process.platform} ${process.arch} ${process.versions.modules}`);
  for (const file of ["pnpm-lock.yaml", "pnpm-workspace.yaml", "package.json", ...manifests]) {
    if (existsSync(join(root, file))) hash.update(`\n${file}\n`).update(readFileSync(join(root, file)));
  }
  return hash.digest("hex");
}

/** Warns if cdktf-cli has no compiled native module for this version of Node. The set-up does not compile one. */
function warnWithoutPty() {
  const store = join(root, "node_modules", ".pnpm");
  const folder = readdirSync(store).find((name) => name.startsWith("@cdktf+node-pty-prebuilt-multiarch@"));
  if (folder === undefined) return;
  const prebuilds = join(store, folder, "node_modules/@cdktf/node-pty-prebuilt-multiarch/prebuilds");
  const files = readdirSync(join(prebuilds), { recursive: true }).map(String);
  const { platform, arch, versions } = process;
  if (files.some((file) => file.startsWith(`${platform}-${arch}`) && file.includes(`abi${versions.modules}`)))
    return;
  console.log(
    `  ! cdktf-cli has no native module for Node ${process.version} on ${platform}-${arch}. Use Node 20 or 22 for infra.`,
  );
}

async function build() {
  await mustRun(process.execPath, [join(root, "node_modules/typescript/bin/tsc"), "-b"]);
  await mustRun(process.execPath, [join(root, "scripts/bundle.mjs"), "--if-older"]);
  return "up to date";
}
