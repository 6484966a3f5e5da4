/** Check: both databases can be entered, and their versions fit each other and the client programs that are installed. */
import { readVariable } from "@pilot-light/core/config/env";
import { OpsError, messageOf } from "@pilot-light/core/ops-error";
import { chooseClientPrograms, findClientPrograms } from "@pilot-light/core/postgres/programs";
import type { Session } from "@pilot-light/core/postgres/session";
import type { Check, CheckContext, Problem } from "../check.ts";
import { failure, warning } from "../check.ts";
import { openNeon, openRds } from "../databases.ts";
import { problemOf } from "../result.ts";

interface Version {
  text: string;
  major: number;
}

/** What was found on one side: its version, or why it could not be entered. */
type Side = Version | Problem;

export const databases: Check = {
  id: "databases",
  title: "Both databases can be entered, and their versions fit each other and pg_dump",
  needs: ["aws-credentials", "terraform-outputs", "rds-instance"],
  actions: ["secretsmanager:GetSecretValue"],
  async run(context) {
    const { environment, reads } = context;
    const { values } = await reads.outputs();
    const hasRds = values.database_endpoint !== "";
    const [neon, rds, programs] = await Promise.all([
      enter(() => openNeon(context)),
      hasRds ? enter(() => openRds(context), unreachableWithoutTunnel(context)) : undefined,
      findClientPrograms(environment),
    ]);
    const sides = [neon, ...(rds === undefined ? [] : [rds])];
    const problems = sides.filter((side) => "message" in side);
    if (!("message" in neon) && rds !== undefined && !("message" in rds)) {
      problems.push(...judgeVersions(neon, rds), ...judgeClients(programs, neon, rds));
    }
    const summary = [`neon ${describe(neon)}`, `rds ${rds === undefined ? "none" : describe(rds)}`].join(
      ", ",
    );
    const details = programs.map(({ version, directory }) => `pg_dump ${version} in ${directory}`);
    return { summary, details, problems };
  },
};

function describe(side: Side): string {
  return "message" in side ? "not entered" : `PostgreSQL ${side.text}`;
}

async function enter(
  open: () => Promise<Session>,
  expected: (error: OpsError) => Problem | undefined = () => undefined,
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
      return warning("Neon cannot be looked at: NEON_DATABASE_URL is not set", error.hint ?? "Set it.");
    }
    return expected(error) ?? problemOf(error);
  }
}

/** RDS is private: that it does not answer to somebody without a tunnel is as it should be, and says nothing. */
function unreachableWithoutTunnel({ environment }: CheckContext) {
  return (error: OpsError): Problem | undefined => {
    const tunnel = readVariable(environment, "RDS_HOSTADDR") !== undefined;
    if (tunnel || !(error.code === "UNREACHABLE" || error.code === "HOST_UNKNOWN")) return undefined;
    const fix = "Open a tunnel, then:  RDS_HOSTADDR=127.0.0.1:<local port> pnpm validate --only databases";
    return warning(`RDS cannot be looked at from here: ${error.message}`, fix);
  };
}

/** A newer server's dump is not sure to be read by an older one; with 17 and later it is sure not to be. */
function judgeVersions(neon: Version, rds: Version): Problem[] {
  if (neon.major === rds.major) return [];
  const [older, newer] = neon.major < rds.major ? ["neon", "rds"] : ["rds", "neon"];
  const fix = `Bring ${older} to the same major version: variable db_engine_version for RDS, a new project for Neon.`;
  const message = `the majors differ (neon ${neon.text}, rds ${rds.text}): a sync from ${newer} to ${older} may fail`;
  const impossible = Math.max(neon.major, rds.major) >= 17 && Math.min(neon.major, rds.major) <= 16;
  return [impossible ? failure(message.replace("may fail", "is refused"), fix) : warning(message, fix)];
}

function judgeClients(
  programs: Awaited<ReturnType<typeof findClientPrograms>>,
  neon: Version,
  rds: Version,
): Problem[] {
  const majors = [neon.major, rds.major];
  try {
    // For both directions: whichever is the target has to understand what is written for it.
    for (const target of majors) chooseClientPrograms(programs, majors, target);
    return [];
  } catch (error) {
    if (!(error instanceof OpsError)) throw error;
    // A machine that only validates needs no pg_dump; one that syncs does.
    return [warning(`no sync can run on this machine: ${messageOf(error)}`, error.hint ?? "")];
  }
}
