/** Rule: both servers have supported versions, and the target accepts the dump of a pg_dump that is new enough for the source. */
import { defineError } from "@pilot-light/core/ops-error";
import type { DatabaseSystem } from "@pilot-light/core/postgres/endpoint";
import { newestPgDumpFor } from "@pilot-light/core/postgres/programs";
import type { DatabasesRule, Finding } from "./rule.ts";

/** `pg_terminate_backend` waits for the end of a session from this version on; Neon has no older one. */
const oldestMajor = 14;

const versionUnsupported = defineError<{ system: DatabaseSystem; version: string }>({
  code: "VERSION_UNSUPPORTED",
  failure: "precondition",
  meaning: `A server runs a PostgreSQL older than ${oldestMajor}.`,
  remedy: "Upgrade the server.",
  message: ({ system, version }) =>
    `${system} runs PostgreSQL ${version}, but a sync needs ${oldestMajor} or newer.`,
  hint: ({ system }) => `Upgrade ${system} first.`,
});

const versionDowngrade = defineError<{
  source: { system: DatabaseSystem; version: string; major: number };
  target: { system: DatabaseSystem; version: string };
}>({
  code: "VERSION_DOWNGRADE",
  failure: "precondition",
  meaning:
    "The source runs PostgreSQL 17 or newer, and the target runs 16 or older. The target rejects what the newer pg_dump writes.",
  remedy:
    "Upgrade the target to the major version of the source. For RDS: set the Terraform variable `db_engine_version`, then deploy.",
  message: ({ source, target }) =>
    `${source.system} runs PostgreSQL ${source.version}, and ${target.system} ${target.version} cannot restore what pg_dump ${source.major} writes.`,
  hint: ({ source, target }) =>
    target.system === "rds"
      ? `Set the Terraform variable db_engine_version to "${source.major}" and deploy, then run the command again.`
      : `Use a Neon project with PostgreSQL ${source.major}, and set NEON_DATABASE_URL to it.`,
});

export const versions: DatabasesRule = {
  id: "versions",
  needs: "databases",
  errors: { versionUnsupported, versionDowngrade },
  check: ({ direction, source: { facts: source }, target: { facts: target } }) => {
    const findings: Finding[] = [];
    const sides = [
      { system: direction.source, version: source.version, major: source.major },
      { system: direction.target, version: target.version, major: target.major },
    ] as const;
    for (const side of sides) {
      if (side.major < oldestMajor) findings.push({ refusal: versionUnsupported(side) });
    }
    const [from, to] = sides;
    if (from.major > newestPgDumpFor(to.major)) {
      findings.push({ refusal: versionDowngrade({ source: from, target: to }) });
    } else if (from.major > to.major) {
      findings.push({
        note: `${from.system} (${from.version}) is newer than ${to.system} (${to.version}): the restore fails at the first feature that ${to.system} does not know`,
      });
    }
    return findings;
  },
};
