/**
 * `pnpm bench sync tiny|small|medium|large`: compares `pnpm sync neon-to-rds` with the scripts that it replaces, and with other ways to copy a
 * database. Each run measures all ways one after the other, on servers of a sandbox, which has no fsync.
 */
import { mkdirSync, readFileSync, rmSync, writeFileSync } from "node:fs";
import { delimiter, join } from "node:path";
import { dataStatements, targetStatements } from "../bench-lib/data.mjs";
import { startLine } from "../bench-lib/line.mjs";
import { describeMachine, usageTable, writeSection } from "../bench-lib/report.mjs";
import { help, parseSyncOptions } from "../bench-lib/sync-options.mjs";
import { deployOutputs } from "../bench-lib/terraform-outputs.mjs";
import { measure } from "../bench-lib/usage.mjs";
import { waysToSync } from "../bench-lib/ways-to-sync.mjs";
import { libpqVariables } from "../compare.mjs";
import { requirePostgresBin } from "../programs.mjs";
import { ScriptError, interruptedBy, isExecutable, mustRun, onPath } from "../run.mjs";
import { withSandbox } from "../sandbox.mjs";

/** @typedef {import("../bench-lib/sync-options.mjs").SyncOptions} SyncOptions */
/** @typedef {import("../bench-lib/ways-to-sync.mjs").Name} Name */
/** @typedef {import("../bench-lib/ways-to-sync.mjs").Place} Place */
/** @typedef {Record<"binDir" | "dataDir", string>} Cluster */
/** @typedef {{ neon: Cluster, rds: Cluster, adminPassword: string }} State */

const installPgcopydb = "sudo apt-get install pgcopydb";

const options = parseSyncOptions(process.argv.slice(3));
if (options === undefined) console.log(help);
else await compare(options);

/** @param {SyncOptions} options */
async function compare(options) {
  const names = options.only.filter((name) => name !== "pgcopydb" || onPath("pgcopydb"));
  const leftOut = names.length < options.only.length;
  if (leftOut) console.log(`pgcopydb is not installed and is left out. To install it:  ${installPgcopydb}`);
  if (names.includes("scripts")) {
    for (const program of ["aws", "terraform"]) {
      if (onPath(program)) continue;
      throw new ScriptError(
        `The scripts that sync replaces need ${program} on the PATH.`,
        `Install ${program}, or leave the scripts out with --only.`,
      );
    }
  }
  await withSandbox(async (env, directory) => {
    const line = options.line === undefined ? undefined : startLine(options.line);
    try {
      await compareOn(env, directory, { ...options, only: names }, line, leftOut);
    } finally {
      line?.close();
    }
  });
}

/**
 * @param {NodeJS.ProcessEnv} env
 * @param {string} directory
 * @param {SyncOptions} options
 * @param {ReturnType<typeof startLine> | undefined} line
 * @param {boolean} leftOut
 */
async function compareOn(env, directory, options, line, leftOut) {
  /** @type {State} */
  const state = JSON.parse(readFileSync(join(directory, "state.json"), "utf8"));
  const bin = await realPostgresBin();
  const direct = { ...env, PATH: `${bin}${delimiter}${env["PATH"] ?? ""}` };
  const { neon, rds } = await libpqVariables(env);
  await switchAutovacuumOff([neon, rds], state, direct);
  for (const [connection, input] of /** @type {const} */ ([
    [neon, dataStatements(options.size)],
    [rds, targetStatements(options.size)],
  ])) {
    await mustRun("psql", ["-qX", "-v", "ON_ERROR_STOP=1"], { env: { ...direct, ...connection }, input });
  }
  const { stdout: bytes } = await mustRun("psql", ["-qXAtc", "select pg_database_size(current_database())"], {
    env: { ...direct, ...neon },
  });
  const place = await createPlace(direct, directory, line);
  const servers = [state.neon, state.rds].map(({ dataDir }) =>
    Number.parseInt(readFileSync(join(dataDir, "postmaster.pid"), "utf8"), 10),
  );
  const emptyCopy = () =>
    mustRun("psql", ["-qX", "-c", "drop database if exists bench_copy", "-c", "create database bench_copy"], {
      env: { ...direct, ...rds, PGDATABASE: "postgres" },
    });
  // The first run is not measured: it replaces a small target, the others one of full size.
  await waysToSync.checksums.copy(place, () => undefined);
  /** @type {Map<Name, import("../bench-lib/usage.mjs").Usage[]>} */
  const usages = new Map(options.only.map((name) => [name, []]));
  for (let run = 1; run <= options.runs; run += 1) {
    for (const [name, list] of usages) {
      const { needs, copy, title } = waysToSync[name];
      if (needs === "copy") await emptyCopy();
      const usage = await measure(servers, (onStart) => copy(place, onStart));
      if (interruptedBy() !== undefined) return;
      list.push(usage);
      console.log(`  run ${run}  ${title.padEnd(42)}${usage.seconds.toFixed(1).padStart(6)} s`);
    }
  }
  const { stdout: version } = await mustRun(join(bin, "psql"), ["--version"], { env: direct });
  await report(options, usages, {
    bytes: Number(bytes),
    postgres: /\d+(\.\d+)?/.exec(version)?.[0] ?? "",
    leftOut,
  });
}

/** The programs themselves: Debian's wrappers on the PATH take longer to start. */
async function realPostgresBin() {
  const found = await requirePostgresBin();
  const { stdout } = await mustRun(join(found, "pg_dump"), ["--version"]);
  const debian = `/usr/lib/postgresql/${/(\d+)/.exec(stdout)?.[1] ?? ""}/bin`;
  return found === "/usr/bin" && isExecutable(join(debian, "pg_dump")) ? debian : found;
}

/**
 * Autovacuum would work on the copies of one run during the next one.
 * @param {readonly NodeJS.ProcessEnv[]} connections
 * @param {State} state
 * @param {NodeJS.ProcessEnv} env
 */
async function switchAutovacuumOff(connections, { adminPassword }, env) {
  for (const connection of connections) {
    const admin = { PGUSER: "sandbox_admin", PGPASSWORD: adminPassword, PGDATABASE: "postgres" };
    const statements = ["-c", "alter system set autovacuum = off", "-c", "select pg_reload_conf()"];
    await mustRun("psql", ["-qX", ...statements], { env: { ...env, ...connection, ...admin } });
  }
}

/**
 * Creates the input of the ways: variables that lead through the slow line, and files.
 * @param {NodeJS.ProcessEnv} env
 * @param {string} directory
 * @param {ReturnType<typeof startLine> | undefined} line
 * @returns {Promise<Place>}
 */
async function createPlace(env, directory, line) {
  const files = join(directory, "bench");
  mkdirSync(join(files, "tmp"), { recursive: true });
  const through = line === undefined ? env : await throughLine(env, line);
  const { neon, rds } = await libpqVariables(through);
  const copy = { ...rds, PGDATABASE: "bench_copy" };
  const services = { source: neon, target: rds, copy };
  const serviceFile = join(files, "services.conf");
  const text = Object.entries(services).map(([name, variables]) => service(name, variables));
  writeFileSync(serviceFile, text.join("\n"), { mode: 0o600 });
  /** @type {Record<string, Record<string, string>>} */
  const stacks = JSON.parse(readFileSync(env["PILOT_LIGHT_OUTPUTS_FILE"] ?? "", "utf8"));
  const outputs = Object.values(stacks)[0] ?? {};
  const terraform = join(files, "stack");
  rmSync(terraform, { recursive: true, force: true });
  if (onPath("terraform")) await deployOutputs(terraform, outputs, env);
  return {
    env: { ...through, PGSERVICEFILE: serviceFile, TMPDIR: join(files, "tmp"), AWS_PAGER: "" },
    urls: { source: url(neon), copy: url(copy) },
    directory: files,
    terraform,
    secret: outputs["database_secret_arn"] ?? "",
    bucket: outputs["db_backups_bucket_name"] ?? "",
  };
}

/**
 * The variables with the ports of the line instead of the servers' ports.
 * @param {NodeJS.ProcessEnv} env
 * @param {ReturnType<typeof startLine>} line
 */
async function throughLine(env, line) {
  const neon = new URL(env["NEON_DATABASE_URL"] ?? "");
  const aws = new URL(env["AWS_ENDPOINT_URL"] ?? "");
  const [address, rdsPort] = (env["RDS_HOSTADDR"] ?? "").split(":");
  neon.port = String(await line.proxy(Number(neon.port)));
  aws.port = String(await line.proxy(Number(aws.port)));
  return {
    ...env,
    NEON_DATABASE_URL: neon.href,
    AWS_ENDPOINT_URL: aws.origin,
    RDS_HOSTADDR: `${address}:${await line.proxy(Number(rdsPort))}`,
  };
}

/**
 * A service of libpq.
 * @param {string} name
 * @param {NodeJS.ProcessEnv} variables
 */
function service(name, variables) {
  const parameters = Object.entries(variables).map(
    ([variable, value]) =>
      `${variable === "PGDATABASE" ? "dbname" : variable.slice(2).toLowerCase()}=${value}`,
  );
  return [`[${name}]`, ...parameters, ""].join("\n");
}

/**
 * A URL for pgcopydb, which accepts no services. It loses the host name of a URL with an address, so nobody checks the name.
 * @param {NodeJS.ProcessEnv} variables
 */
function url({ PGHOSTADDR, PGPORT, PGUSER, PGPASSWORD, PGDATABASE, PGSSLROOTCERT }) {
  const [user, password, database, certificates] = [PGUSER, PGPASSWORD, PGDATABASE, PGSSLROOTCERT].map(
    (text) => encodeURIComponent(text ?? ""),
  );
  const parameters = `sslmode=verify-ca&sslrootcert=${certificates}`;
  return `postgresql://${user}:${password}@${PGHOSTADDR}:${PGPORT}/${database}?${parameters}`;
}

/**
 * @param {SyncOptions} options
 * @param {ReadonlyMap<Name, readonly import("../bench-lib/usage.mjs").Usage[]>} usages
 * @param {{ bytes: number, postgres: string, leftOut: boolean }} facts
 */
async function report({ size, line, runs, write, label }, usages, { bytes, postgres, leftOut }) {
  const rows = [...usages].map(([name, list]) => ({ title: waysToSync[name].title, usages: list }));
  const where = line === undefined ? "" : `, over a line of ${line.text}`;
  const heading = `sync, ${size}${where}${label === undefined ? "" : `: ${label}`}`;
  const date = new Date().toISOString().slice(0, 10);
  const note = leftOut ? "\n\npgcopydb was not installed." : "";
  const text = `Medians of ${runs}, source ${Math.round(bytes / 1_000_000)} MB, ${date}, ${describeMachine({ postgres })}.

${usageTable(rows, waysToSync.scripts.title)}${note}`;
  console.log(`\n${heading}\n\n${text}`);
  if (write) await writeSection(heading, text);
}
