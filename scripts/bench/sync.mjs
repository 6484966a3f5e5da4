/**
 * `pnpm bench sync [small|medium] [runs]`: compares `pnpm sync neon-to-rds` with the minimum that it contains: `pg_dump -Fc` to a file
 * and `pg_restore` from it, without archive, verification, backup and swap. Both take turns, on servers without fsync.
 */
import { join } from "node:path";
import { libpqVariables } from "../compare.mjs";
import { requirePostgresBin } from "../programs.mjs";
import { ScriptError, mustRun, root } from "../run.mjs";
import { withSandbox } from "../sandbox.mjs";

const syncBin = join(root, "packages/sync/dist/bin.js");

/** Rows of the big table, and the number of additional tables of 20,000 rows. */
const sizes = { small: { rows: 1_000_000, tables: 0 }, medium: { rows: 5_000_000, tables: 30 } };

const [size = "small", runs = "3"] = process.argv.slice(3);
if (size !== "small" && size !== "medium") throw new ScriptError("The size must be small or medium.");
await withSandbox((env, directory) => measure(env, directory, size, Number(runs)));

/**
 * @param {NodeJS.ProcessEnv} env
 * @param {string} directory
 * @param {keyof typeof sizes} size
 * @param {number} runs
 */
async function measure(env, directory, size, runs) {
  const bin = await requirePostgresBin();
  const { neon, rds } = await libpqVariables(env);
  await mustRun(join(bin, "psql"), ["-qX", "-v", "ON_ERROR_STOP=1"], {
    env: { ...env, ...neon },
    input: data(sizes[size]),
  });
  const file = join(directory, "bare.dump");
  const bare = async () => {
    const psql = ["-qX", "-c", "drop database if exists bare with (force)", "-c", "create database bare"];
    await mustRun(join(bin, "psql"), psql, { env: { ...env, ...rds, PGDATABASE: "postgres" } });
    const start = performance.now();
    await mustRun(join(bin, "pg_dump"), ["-Fc", "--no-owner", "--no-acl", "-f", file], {
      env: { ...env, ...neon },
    });
    await mustRun(join(bin, "pg_restore"), ["--no-owner", "--no-acl", "-d", "bare", file], {
      env: { ...env, ...rds },
    });
    return (performance.now() - start) / 1000;
  };
  /** @param {readonly string[]} options */
  const product = async (options) => {
    const start = performance.now();
    await mustRun(process.execPath, [syncBin, "neon-to-rds", "--yes", ...options], { env });
    return (performance.now() - start) / 1000;
  };
  /** @type {Record<string, number[]>} */
  const seconds = {
    "pg_dump -Fc, pg_restore": [],
    sync: [],
    "sync --no-target-backup": [],
    "sync --no-target-backup --verify counts": [],
  };
  // Once without measuring: the first sync has a small target, the others one of full size.
  await product([]);
  for (let run = 0; run < runs; run += 1) {
    for (const [name, list] of Object.entries(seconds)) {
      const options = name.split(" ").slice(1);
      list.push(name.startsWith("sync") ? await product(options) : await bare());
    }
  }
  report(size, seconds);
}

/** @param {{ rows: number, tables: number }} size */
function data({ rows, tables }) {
  const small = Array.from(
    { length: tables },
    (_, i) =>
      `create table bench_${i} (id int primary key, a text, b timestamptz, c numeric);
     insert into bench_${i} select g, md5(g::text), now(), g * 1.5 from generate_series(1, 20000) g;
     create index on bench_${i} (a);`,
  );
  return `create table bench_big (aid int primary key, bid int, balance int, filler char(84));
    insert into bench_big select g, g % 100, g * 7 % 1000, '' from generate_series(1, ${rows}) g;
    ${small.join("\n")}`;
}

/**
 * @param {string} size
 * @param {Record<string, number[]>} seconds
 */
function report(size, seconds) {
  const median = (/** @type {number[]} */ list) =>
    [...list].sort((a, b) => a - b)[Math.floor(list.length / 2)] ?? NaN;
  const base = median(seconds["pg_dump -Fc, pg_restore"] ?? []);
  console.log(`\n${size}: medians in seconds, and as a ratio to the bare dump and restore\n`);
  for (const [name, list] of Object.entries(seconds)) {
    const all = list.map((second) => second.toFixed(1)).join(" ");
    console.log(
      `  ${name.padEnd(42)}${median(list).toFixed(1).padStart(6)}${(median(list) / base).toFixed(2).padStart(7)}   (${all})`,
    );
  }
}
