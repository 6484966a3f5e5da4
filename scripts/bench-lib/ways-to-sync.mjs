/** The ways to copy a database that `pnpm bench sync` compares. */
import { rmSync } from "node:fs";
import { join } from "node:path";
import { ScriptError, mustRun, root, run } from "../run.mjs";

/** @typedef {"checksums" | "counts" | "backup" | "scripts" | "pipe" | "parallel" | "pgcopydb"} Name */

/**
 * The input of a way. The databases are services of libpq: `source`, `target`, and `copy`, an empty database on the target's server.
 * @typedef {object} Place
 * @property {NodeJS.ProcessEnv} env variables of the sandbox, behind the slow line if there is one
 * @property {Readonly<Record<"source" | "copy", string>>} urls
 * @property {string} directory for files
 * @property {string} terraform folder of a deployed stack with the outputs of the environment
 * @property {string} secret ARN of the database secret
 * @property {string} bucket
 */

/**
 * @typedef {object} Way
 * @property {string} title
 * @property {"copy"} [needs] the empty database
 * @property {(place: Place, onStart: (pid: number) => void) => Promise<unknown>} copy
 */

const syncBin = join(root, "packages/sync/dist/bin.js");

/** Rows of every table, as `name|rows`. */
const countAll = `select format('select %L, count(*) from only %I.%I', c.oid::regclass, n.nspname, c.relname)
  from pg_class c join pg_namespace n on n.oid = c.relnamespace
 where c.relkind = 'r' and n.nspname !~ '^pg_' and n.nspname <> 'information_schema' order by 1 \\gexec`;

/** @type {Record<Name, Way>} */
export const waysToSync = {
  checksums: { title: "sync --no-target-backup", copy: sync(["--no-target-backup"]) },
  counts: {
    title: "sync --no-target-backup --verify counts",
    copy: sync(["--no-target-backup", "--verify", "counts"]),
  },
  backup: { title: "sync", copy: sync([]) },
  scripts: { title: "the scripts that sync replaces", copy: scripts },
  pipe: {
    title: "pg_dump -Fc -Z0 | pg_restore",
    needs: "copy",
    copy: ({ env }) =>
      mustRun(
        "bash",
        ["-c", "set -o pipefail; pg_dump -Fc -Z0 -d service=source | pg_restore -O -x -d service=copy"],
        { env },
      ),
  },
  parallel: {
    title: "pg_dump -Fd -j2, pg_restore -j2",
    needs: "copy",
    copy: async ({ env, directory }) => {
      const folder = join(directory, "bench.dir");
      rmSync(folder, { recursive: true, force: true });
      await mustRun("pg_dump", ["-Fd", "-j2", "-f", folder, "-d", "service=source"], { env });
      await mustRun("pg_restore", ["-j2", "-O", "-x", "-d", "service=copy", folder], { env });
    },
  },
  pgcopydb: {
    title: "pgcopydb clone, 2 + 2 jobs",
    needs: "copy",
    copy: async ({ env, urls, directory }) => {
      const folder = join(directory, "pgcopydb");
      rmSync(folder, { recursive: true, force: true });
      const jobs = ["--table-jobs", "2", "--index-jobs", "2"];
      await mustRun("pgcopydb", ["clone", "--no-owner", "--no-acl", ...jobs, "--dir", folder], {
        env: { ...env, PGCOPYDB_SOURCE_PGURI: urls.source, PGCOPYDB_TARGET_PGURI: urls.copy },
      });
    },
  },
};

/**
 * @param {readonly string[]} options
 * @returns {Way["copy"]}
 */
function sync(options) {
  return ({ env }, onStart) =>
    mustRun(process.execPath, [syncBin, "neon-to-rds", "--yes", ...options], {
      env,
      onStart,
      hint: "Build the workspace first:  pnpm build",
    });
}

/**
 * The steps of the scripts, one after the other: look up the account, the outputs and the password; dump; upload; restore over the target;
 * count rows. The scripts counted the rows of one table; this function counts those of all.
 * @param {Place} place
 */
async function scripts({ env, directory, terraform, secret, bucket }) {
  const file = join(directory, "bench.dump");
  await mustRun("aws", ["sts", "get-caller-identity"], { env });
  for (const name of ["database_endpoint", "database_port", "database_name", "database_secret_arn"]) {
    await mustRun("terraform", [`-chdir=${terraform}`, "output", "-raw", name], { env });
  }
  await mustRun("aws", ["secretsmanager", "get-secret-value", "--secret-id", secret], { env });
  await mustRun("pg_dump", ["-Fc", "--no-owner", "--no-acl", "-f", file, "-d", "service=source"], { env });
  await mustRun("aws", ["s3", "cp", "--no-progress", file, `s3://${bucket}/bench/bench.dump`], { env });
  // As in the scripts, an error does not end the restore. What counts is that the rows are equal at its end.
  const restore = ["--clean", "--if-exists", "--no-owner", "--no-acl", "-d", "service=target", file];
  const { output } = await run("pg_restore", restore, { env });
  const count = async (/** @type {string} */ service) =>
    (await mustRun("psql", ["-qXAt", "-d", `service=${service}`], { env, input: countAll })).stdout;
  if ((await count("source")) !== (await count("target"))) {
    throw new ScriptError(`The scripts did not copy all rows.\n${output.slice(-2000)}`);
  }
}
