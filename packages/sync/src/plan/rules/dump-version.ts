/** Rule of a restore: the target accepts the statements of a pg_restore that is new enough to read the dump. */
import { defineError } from "@pilot-light/core/ops-error";
import { newestPgDumpFor } from "@pilot-light/core/postgres/programs";
import type { DatabasesRule } from "./rule.ts";

const dumpTooNew = defineError<{ uri: string; client: string; system: string; version: string }>({
  code: "DUMP_TOO_NEW",
  failure: "precondition",
  meaning:
    "A pg_dump of version 17 or newer wrote the dump, and the target runs PostgreSQL 16 or older, which rejects what pg_restore sends.",
  remedy: "Upgrade the target to version 17 or newer, or restore another dump.",
  message: ({ uri, client, system, version }) =>
    `pg_dump ${client} wrote ${uri}, and ${system} runs PostgreSQL ${version}, which rejects what pg_restore ${majorOf(client)} sends.`,
  hint: () => "Upgrade the target, or restore another dump. To list the dumps:  pnpm dumps list",
});

const majorOf = (version: string) => Number.parseInt(version, 10);

export const dumpVersion: DatabasesRule = {
  id: "dump-version",
  needs: "databases",
  errors: { dumpTooNew },
  check: ({ direction, dump, target: { facts } }) => {
    if (dump === undefined || majorOf(dump.clientVersion) <= newestPgDumpFor(facts.major)) return [];
    const { uri, clientVersion: client } = dump;
    return [{ refusal: dumpTooNew({ uri, client, system: direction.target, version: facts.version }) }];
  },
};
