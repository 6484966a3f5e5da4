/** Check: both databases accept a connection, and their versions match each other and the installed client programs. */
import { OpsError, messageOf } from "@pilot-light/core/ops-error";
import {
  chooseClientPrograms,
  findClientPrograms,
  newestPgDumpFor,
} from "@pilot-light/core/postgres/programs";
import type { DatabaseSystem } from "@pilot-light/core/postgres/endpoint";
import type { Session } from "@pilot-light/core/postgres/session";
import type { Check, CheckContext, Problem } from "../check.ts";
import { failure, warning } from "../check.ts";
import { openNeon, openRds } from "../databases.ts";
import { problemOf } from "../result.ts";

interface Version {
  text: string;
  major: number;
}

/** One database: its version, or why the connection failed. */
type Side = Version | Problem;

export const databases: Check = {
  id: "databases",
  title: "Both databases accept a connection, and their versions match each other and pg_dump",
  needs: ["aws-credentials", "terraform-outputs", "rds-instance"],
  actions: ["secretsmanager:GetSecretValue"],
  usesRoute: true,
  async run(context) {
    const { environment, reads } = context;
    const { values } = await reads.outputs();
    const hasRds = values.database_endpoint !== "";
    const [neon, rds, programs] = await Promise.all([
      connect("neon", () => openNeon(context)),
      hasRds ? connect("rds", () => openRds(context), unreachableWithoutRoute(context)) : undefined,
      findClientPrograms(environment),
    ]);
    const sides = [neon, ...(rds === undefined ? [] : [rds])];
    const problems = sides.filter((side) => "message" in side);
    if (!("message" in neon) && rds !== undefined && !("message" in rds)) {
      problems.push(...compareVersions(neon, rds), ...checkPrograms(programs, neon, rds));
    }
    const summary = [`neon ${describe(neon)}`, `rds ${rds === undefined ? "none" : describe(rds)}`].join(
      ", ",
    );
    const details = programs.map(({ version, directory }) => `pg_dump ${version} in ${directory}`);
    return { summary, details, problems };
  },
};

function describe(side: Side): string {
  return "message" in side ? "not connected" : `PostgreSQL ${side.text}`;
}

async function connect(
  system: DatabaseSystem,
  open: () => Promise<Session>,
  expected: (error: OpsError) => Promise<Problem | undefined> = () => Promise.resolve(undefined),
): Promise<Side> {
  try {
    await using session = await open();
    const { number, text } = await session.one<{ number: string; text: string }>(
      `select pg_catalog.current_setting('server_version_num') as number,
              pg_catalog.split_part(pg_catalog.current_setting('server_version'), ' ', 1) as text`,
    );
    return { text, major: Math.floor(Number(number) / 10_000) };
  } catch (error) {
    if (!(error instanceof OpsError)) throw error;
    if (error.code === "NEON_URL_MISSING") {
      return warning("cannot check Neon: NEON_DATABASE_URL is not set", {
        text: error.hint ?? "Set NEON_DATABASE_URL.",
      });
    }
    return (await expected(error)) ?? interruptedSwap(error, system) ?? problemOf(error);
  }
}

/** The problem for a database that is closed or missing: a sync or an undo may have been killed during its swap. */
function interruptedSwap(error: OpsError, system: DatabaseSystem): Problem | undefined {
  if (error.code !== "NOT_ACCEPTING" && error.code !== "DATABASE_MISSING") return undefined;
  return failure(error.message, {
    text: "If a sync or an undo was interrupted, the next sync repairs the database. To see what it left",
    command: `pnpm sync undo ${system} --dry-run`,
  });
}

/** RDS is private. If this machine has no route to RDS, a failed connection is only a warning. */
function unreachableWithoutRoute({ reads }: CheckContext) {
  return async (error: OpsError): Promise<Problem | undefined> => {
    if (!(error.code === "UNREACHABLE" || error.code === "HOST_UNKNOWN")) return undefined;
    const { via } = await reads.rdsRoute();
    if (via !== "direct") return undefined;
    return warning(`cannot check RDS from this machine: ${error.message}`, {
      text: "Connect through Systems Manager, which starts a task in AWS. With your own tunnel, set RDS_HOSTADDR=127.0.0.1:<local port> instead",
      command: "pnpm validate --only databases --via ssm",
    });
  };
}

/** An older server may not restore the dump of a newer one. */
function compareVersions(neon: Version, rds: Version): Problem[] {
  if (neon.major === rds.major) return [];
  const isNeonOlder = neon.major < rds.major;
  const [older, newer] = isNeonOlder ? (["neon", "rds"] as const) : (["rds", "neon"] as const);
  const fix = {
    text: isNeonOlder
      ? `Move to a Neon project with PostgreSQL ${rds.major}.`
      : `Set the Terraform variable db_engine_version to ${neon.major}, then deploy.`,
  };
  const found = `the major versions differ (neon ${neon.text}, rds ${rds.text})`;
  const sync = `a sync from ${newer} to ${older}`;
  const isRefused = Math.max(neon.major, rds.major) > newestPgDumpFor(Math.min(neon.major, rds.major));
  return [
    isRefused ? failure(`${found}: ${sync} is refused`, fix) : warning(`${found}: ${sync} may fail`, fix),
  ];
}

function checkPrograms(
  programs: Awaited<ReturnType<typeof findClientPrograms>>,
  neon: Version,
  rds: Version,
): Problem[] {
  const majors = [neon.major, rds.major];
  try {
    // A sync may run in both directions, so each database must accept the dump of the other one.
    for (const target of majors) chooseClientPrograms(programs, majors, target);
    return [];
  } catch (error) {
    if (!(error instanceof OpsError)) throw error;
    // A warning: validation itself does not need pg_dump.
    return [warning(`a sync cannot run on this machine: ${messageOf(error)}`, { text: error.hint ?? "" })];
  }
}
