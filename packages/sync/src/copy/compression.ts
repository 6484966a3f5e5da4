/** How pg_dump compresses the rows of a dump. */
import type { Environment } from "@pilot-light/core/config/env";
import type { ClientPrograms } from "@pilot-light/core/postgres/programs";
import { run } from "@pilot-light/core/process";

/** On two cores, as fast as no compression, for a seventh of the size. Higher levels cost more time than they save. */
const gzip = "1";

/** Compresses in a third of the time of gzip 1, decompresses in an eighth, and is smaller. */
const zstd = "zstd:1";

/** The first major version of pg_dump that knows zstd. */
const zstdSince = 16;

/** The value of `--compress`: zstd, or gzip if pg_dump is too old or was built without zstd. */
export async function chooseCompression(
  { pgDump, major }: Pick<ClientPrograms, "pgDump" | "major">,
  environment: Environment,
  signal: AbortSignal,
): Promise<string> {
  if (major < zstdSince) return gzip;
  // pg_dump checks the compression before it connects. No server listens at this address, so pg_dump dumps nothing.
  const args = [`--compress=${zstd}`, "--format=custom", "--schema-only", "--host=/nonexistent"];
  const { PATH, LD_LIBRARY_PATH } = environment;
  const { stderr } = await run(pgDump, args, { environment: { PATH, LD_LIBRARY_PATH, LC_ALL: "C" }, signal });
  return stderr.some((line) => line.includes("connection to server")) ? zstd : gzip;
}
