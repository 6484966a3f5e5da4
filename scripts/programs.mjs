/** Finds the programs that do not come from npm, and installs those that are missing. */
import { existsSync, readdirSync, rmSync } from "node:fs";
import { homedir } from "node:os";
import { join } from "node:path";
import { ScriptError, isExecutable, mustRun, onPath, pathDirectories, run } from "./run.mjs";
import { addHashicorpRepository, installSystemPackages, systemHint } from "./system-packages.mjs";

const postgresClients = ["pg_dump", "pg_restore", "psql"];
const moto = "moto[server]==5.2.1";
const oldestPython = "3.10";
const oldestTerraform = "1.5";

/** @typedef {import("./system-packages.mjs").Note} Note */

/** @param {Note} note */
export async function installPostgresClients(note) {
  if ((await postgresBin()) === undefined) {
    await installSystemPackages(note, { apt: ["postgresql-client"], brew: ["postgresql@17"] });
  }
  const directory = await requirePostgresBin();
  return `${directory}/{${postgresClients.join(",")}}`;
}

/** Names of browsers that the test of the report can use; the same as in packages/sync/test/browser.ts. */
const browsers = ["chromium", "chromium-browser", "google-chrome", "google-chrome-stable"];
const macBrowsers = ["Google Chrome", "Chromium"].map(
  (name) => `/Applications/${name}.app/Contents/MacOS/${name}`,
);

/** @param {Note} note */
export async function installBrowser(note) {
  const found = () => browsers.find((name) => onPath(name)) ?? macBrowsers.find((file) => isExecutable(file));
  // Machines of GitHub Actions have Chrome.
  if (found() === undefined) await installSystemPackages(note, { apt: ["chromium"], brew: ["chromium"] });
  const browser = found();
  if (browser !== undefined) return browser;
  throw new ScriptError("Chromium is not on the PATH.", systemHint("chromium", "chromium"));
}

/** @param {Note} note */
export async function installPooler(note) {
  // Debian installs it in a directory that only root's PATH contains.
  const found = () =>
    [...pathDirectories(), "/usr/sbin"].find((each) => isExecutable(join(each, "pgbouncer")));
  if (found() === undefined) await installSystemPackages(note, { apt: ["pgbouncer"], brew: ["pgbouncer"] });
  const directory = found();
  if (directory !== undefined) return join(directory, "pgbouncer");
  throw new ScriptError("pgbouncer is not installed.", systemHint("pgbouncer", "pgbouncer"));
}

/**
 * The directory of pg_dump, pg_restore and psql.
 * @throws {ScriptError} when they are not installed
 */
export async function requirePostgresBin() {
  const found = await postgresBin();
  if (found !== undefined) return found;
  const hint = systemHint("postgresql-client", "postgresql@17");
  throw new ScriptError("pg_dump, pg_restore and psql are not installed.", hint);
}

async function postgresBin() {
  const explicit = process.env["PILOT_LIGHT_PG_BIN"] ?? "";
  const usual = [
    ...versions("/usr/lib/postgresql", /^\d+$/),
    ...versions("/opt/homebrew/opt", /^(postgresql@\d+|libpq)$/),
    ...versions("/usr/local/opt", /^(postgresql@\d+|libpq)$/),
  ];
  for (const directory of explicit === "" ? [...pathDirectories(), ...usual] : [explicit]) {
    if (!postgresClients.every((program) => isExecutable(join(directory, program)))) continue;
    // Debian's wrappers in /usr/bin remain when the programs themselves are removed.
    if ((await run(join(directory, "pg_dump"), ["--version"])).code === 0) return directory;
  }
  return undefined;
}

/**
 * The `bin` folders of the installations in a directory, the newest first.
 * @param {string} directory
 * @param {RegExp} names
 */
function versions(directory, names) {
  if (!existsSync(directory)) return [];
  const found = readdirSync(directory).filter((name) => names.test(name));
  const newestFirst = found.sort((a, b) => b.localeCompare(a, "en", { numeric: true }));
  return newestFirst.map((name) => join(directory, name, "bin"));
}

/**
 * Installs the AWS emulator into its own virtual environment, unless it is on the PATH. The sandbox searches the same places.
 * @param {Note} note
 */
export async function installEmulator(note) {
  if (onPath("moto_server")) return "moto_server on the PATH";
  const cache = process.env["XDG_CACHE_HOME"] || join(homedir(), ".cache");
  const venv = join(cache, "pilot-light", "moto");
  const program = join(venv, "bin", "moto_server");
  if (existsSync(program)) return program;
  if (!(await hasPython())) {
    await installSystemPackages(note, { apt: ["python3", "python3-venv"], brew: ["python@3.13"] });
    if (!(await hasPython())) {
      throw new ScriptError(
        `The AWS emulator needs Python ${oldestPython} or later with venv, as python3 on the PATH.`,
        systemHint("python3 python3-venv", "python@3.13"),
      );
    }
  }
  note(`installing ${moto} into ${venv}`);
  try {
    await mustRun("python3", ["-m", "venv", "--clear", venv]);
    const pip = ["-m", "pip", "install", "--quiet", "--disable-pip-version-check", "--no-input", moto];
    await mustRun(join(venv, "bin", "python"), pip, {
      hint: `Check that PyPI is reachable; PIP_INDEX_URL names a mirror. Instead, you can put moto_server 5 on the PATH:  pipx install '${moto}'`,
    });
  } catch (error) {
    // An incomplete environment is useless, and takes about 100 MB.
    rmSync(venv, { recursive: true, force: true });
    throw error;
  }
  return program;
}

/** Debian's python3 does not include ensurepip, which venv needs. The python3 of macOS may be too old for moto. */
async function hasPython() {
  if (!onPath("python3")) return false;
  const check = `import sys, venv, ensurepip; sys.exit(sys.version_info < (${oldestPython.replace(".", ", ")}))`;
  return (await run("python3", ["-c", check])).code === 0;
}

/** @param {Note} note */
export async function installTerraform(note) {
  if (!onPath("terraform")) {
    if (process.platform !== "darwin") await addHashicorpRepository(note);
    await installSystemPackages(note, { apt: ["terraform"], brew: ["hashicorp/tap/terraform"] });
  }
  const { stdout } = await mustRun("terraform", ["version", "-json"], {
    env: { ...process.env, CHECKPOINT_DISABLE: "1" },
  });
  const version = /"terraform_version":\s*"([^"]+)"/.exec(stdout)?.[1] ?? "0";
  if (version.localeCompare(oldestTerraform, "en", { numeric: true }) >= 0) return version;
  throw new ScriptError(
    `Terraform ${oldestTerraform} or later is needed; the version on the PATH is ${version}.`,
    "Update Terraform, or remove it from the PATH.",
  );
}
