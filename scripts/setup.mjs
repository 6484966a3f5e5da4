/** Set-up of a fresh machine: installs what is missing, says each step in a line, and does nothing when everything is there. */
import { createHash } from "node:crypto";
import { existsSync, readFileSync, readdirSync, writeFileSync } from "node:fs";
import { delimiter, dirname, join } from "node:path";
import { installEmulator, installPostgresClients, installTerraform } from "./programs.mjs";
import { ScriptError, mustRun, onPath, root } from "./run.mjs";

const pnpm = "pnpm@12.21.0";
const oldestNode = [20, 19];
/** Written when an installation has succeeded: the digest of what it was made from. */
const stamp = join(root, "node_modules", ".pilot-light-install");

/**
 * Everything that the demo needs, or the tests with `forTests`: those need Terraform, too, and build in a check of their own.
 * @param {{ forTests: boolean }} options
 * @throws {ScriptError} with the command that helps.
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
  if (forTests) await step("pnpm", putPnpmOnPath);
}

/** @typedef {import("./system-packages.mjs").Note} Note */

/**
 * @param {string} name
 * @param {(note: Note) => string | Promise<string>} action returns the state that it leaves.
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
    `Node.js ${oldestNode.join(".")} or later is needed, this is ${process.version}.`,
    "Install Node.js 22 from https://nodejs.org, then run the command again.",
  );
}

/**
 * No package needs a script at its installation, and the workspace's own `prepare` is the build, a step or check of its own.
 * @param {Note} note
 */
async function installPackages(note) {
  const digest = digestOfManifests();
  if (existsSync(stamp) && readFileSync(stamp, "utf8") === digest) return "up to date";
  note(`installing with ${pnpm}`);
  // No question before old node_modules are replaced: without a terminal pnpm would give up there.
  const args = ["install", "--frozen-lockfile", "--ignore-scripts", "--config.confirm-modules-purge=false"];
  await mustRun("npx", ["-y", pnpm, ...args], {
    hint: `Is the npm registry reachable, and are package.json and pnpm-lock.yaml of one commit?  npx -y ${pnpm} install`,
  });
  writeFileSync(stamp, digest);
  return "installed";
}

/** Tests call `pnpm` as people do. Where nobody has installed it, the one that npx keeps serves the programs of this run. */
async function putPnpmOnPath() {
  if (onPath("pnpm")) return "on the PATH";
  const { stdout } = await mustRun("npx", ["-y", "--package", pnpm, "-c", "command -v pnpm"]);
  process.env["PATH"] = [dirname(stdout.trim()), process.env["PATH"]].join(delimiter);
  return `${pnpm}, by npx`;
}

/** Digest of the files that decide what is installed, and of the platform: native packages differ. */
function digestOfManifests() {
  const packages = readdirSync(join(root, "packages")).sort();
  const manifests = packages.map((name) => join("packages", name, "package.json"));
  const hash = createHash("sha256").update(`${process.platform} ${process.arch} ${process.versions.modules}`);
  for (const file of ["pnpm-lock.yaml", "pnpm-workspace.yaml", "package.json", ...manifests]) {
    if (existsSync(join(root, file))) hash.update(`\n${file}\n`).update(readFileSync(join(root, file)));
  }
  return hash.digest("hex");
}

/** cdktf-cli has a native part that ships compiled for some versions of Node only, and nothing compiles it here. */
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
    `  ! cdktf-cli has no native part for Node ${process.version} on ${platform}-${arch}: use Node 20 or 22 for infra`,
  );
}

async function build() {
  await mustRun(process.execPath, [join(root, "node_modules/typescript/bin/tsc"), "-b"]);
  return "up to date";
}
