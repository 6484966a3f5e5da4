/** Installs packages of the operating system, with apt-get on Debian and Ubuntu, and with Homebrew on macOS. */
import { spawnSync } from "node:child_process";
import { existsSync, readFileSync } from "node:fs";
import { ScriptError, mustRun, onPath, run } from "./run.mjs";

const hashicorp = "https://apt.releases.hashicorp.com";
const terraformByHand =
  "Install Terraform by hand, then run the command again:  https://developer.hashicorp.com/terraform/install";

/** @typedef {(text: string) => void} Note Prints what is about to be installed. */

let aptUpdated = false;

/**
 * Adds HashiCorp's apt repository, as its installation page describes. apt verifies the packages with the key.
 * @param {Note} note
 */
export async function addHashicorpRepository(note) {
  const key = "/usr/share/keyrings/hashicorp-archive-keyring.asc";
  const list = "/etc/apt/sources.list.d/hashicorp.list";
  if (existsSync(list)) return;
  const release = existsSync("/etc/os-release") ? readFileSync("/etc/os-release", "utf8") : "";
  const codename = /^(?:UBUNTU_CODENAME|VERSION_CODENAME)=(\w+)$/m.exec(release)?.[1];
  if (codename === undefined || !onPath("apt-get")) {
    throw new ScriptError("terraform is not on the PATH.", terraformByHand);
  }
  // apt needs CA certificates for an https repository, and a minimal system has none.
  if (!existsSync("/etc/ssl/certs/ca-certificates.crt")) {
    await installSystemPackages(note, { apt: ["ca-certificates"], brew: [] });
  }
  note(`adding the apt repository ${hashicorp}`);
  const response = await fetch(`${hashicorp}/gpg`).catch((error) => error);
  if (!response.ok) {
    throw new ScriptError(
      `Cannot fetch HashiCorp's package key: ${response.cause?.message ?? response.statusText}.`,
      terraformByHand,
    );
  }
  await asRoot("tee", [key], await response.text());
  await asRoot("tee", [list], `deb [signed-by=${key}] ${hashicorp} ${codename} main\n`);
  aptUpdated = false;
}

/**
 * Installs packages with apt-get or Homebrew, which have different names for them.
 * @param {Note} note
 * @param {{ apt: string[], brew: string[] }} names
 */
export async function installSystemPackages(note, { apt, brew }) {
  const hint = systemHint(apt.join(" "), brew.join(" "));
  if (process.platform === "darwin" && onPath("brew")) {
    note(`installing ${brew.join(", ")} with Homebrew`);
    await mustRun("brew", ["install", ...brew], { hint, env: { ...process.env, NONINTERACTIVE: "1" } });
  } else if (onPath("apt-get")) {
    note(`installing ${apt.join(", ")} with apt-get`);
    // On a machine that has just started, another apt may be running.
    const aptGet = ["DEBIAN_FRONTEND=noninteractive", "apt-get", "-q", "-o", "DPkg::Lock::Timeout=120"];
    if (!aptUpdated) await asRoot("env", [...aptGet, "update"], "", hint);
    aptUpdated = true;
    await asRoot("env", [...aptGet, "install", "-y", "--no-install-recommends", ...apt], "", hint);
  } else {
    throw new ScriptError(
      `${apt.join(", ")} must be installed, but neither apt-get nor Homebrew is available.`,
      hint,
    );
  }
}

/**
 * Runs a program as root; with sudo for any other user. sudo asks for a password on a terminal only, so that CI never waits for one.
 * @param {string} program
 * @param {readonly string[]} args
 * @param {string} [input]
 * @param {string} [hint]
 */
async function asRoot(program, args, input = "", hint) {
  if (process.getuid?.() === 0) return mustRun(program, args, { input, hint });
  if (!onPath("sudo")) {
    throw new ScriptError(
      `This command needs root, and sudo is not installed: ${program} ${args.join(" ")}`,
      hint,
    );
  }
  if ((await run("sudo", ["-n", "true"])).code !== 0) {
    const canAsk = process.stdin.isTTY && (process.env["CI"] ?? "") === "";
    if (!canAsk || spawnSync("sudo", ["-v"], { stdio: "inherit" }).status !== 0) {
      throw new ScriptError(`sudo needs a password for this command: ${program} ${args.join(" ")}`, hint);
    }
  }
  return mustRun("sudo", ["-n", program, ...args], { input, hint });
}

/**
 * The command with which a person installs the packages.
 * @param {string} apt
 * @param {string} brew
 */
export function systemHint(apt, brew) {
  if (process.platform === "darwin") {
    const install = "Install Homebrew (https://brew.sh), then run the command again.";
    return onPath("brew") ? `brew install ${brew}` : install;
  }
  const byHand = `Install ${apt} with your system's package manager.`;
  return onPath("apt-get") ? `sudo apt-get update && sudo apt-get install ${apt}` : byHand;
}
