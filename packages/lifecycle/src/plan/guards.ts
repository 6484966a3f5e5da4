/** What stops a switch. Pure: each takes what was found out and gives a refusal or nothing. */
import { deployCommand } from "@pilot-light/core/terraform/deploy-command";
import { OpsError } from "@pilot-light/core/ops-error";
import { formatMinute } from "@pilot-light/core/output/format";
import type { Divergence } from "@pilot-light/sync/divergence";
import { againLine } from "../journal/command-hints.ts";
import type { Database } from "../aws/database.ts";
import type { SwitchName } from "../journal/journal.ts";
import type { Guard, SwitchOptions } from "../options.ts";
import type { ProductionAnswer } from "../preflight/production.ts";
import { unexpectedLosses } from "./mode-change-plan.ts";
import type { Change } from "../terraform/changes.ts";

const instanceType = "aws_db_instance";

/** Whether the plan removes the database with what it holds; one that is replaced goes and comes. */
export function databaseGoes(changes: readonly Change[]): boolean {
  return hasInstance(changes, ["destroy", "replace"]);
}

/** Whether the plan makes a database that holds nothing yet. */
export function databaseComes(changes: readonly Change[]): boolean {
  return hasInstance(changes, ["create", "replace"]);
}

function hasInstance(changes: readonly Change[], actions: readonly Change["action"][]): boolean {
  return changes.some(({ type, action }) => type === instanceType && actions.includes(action));
}

function refusal(code: string, message: string, hint: string, details: readonly string[] = []): OpsError {
  return new OpsError("precondition", code, message, { hint, details });
}

/** Production must not lose its servers. */
export function judgeProduction(answer: ProductionAnswer, options: SwitchOptions): OpsError | undefined {
  const { place, reason } = answer;
  if (place === "elsewhere" || options.allow.production) return undefined;
  const what =
    place === "here"
      ? "Production is served from this environment"
      : "Production may be served from this environment";
  const first = {
    here: "Lead the domain elsewhere first, and wait until its old records have expired.",
    unknown: "Find out where it leads.",
    unsaid:
      "Say where production is:  export PILOT_LIGHT_PRODUCTION_DOMAIN=www.example.com\n  or that there is none:  export PILOT_LIGHT_PRODUCTION_DOMAIN=none",
  }[place === "here" ? "here" : answer.isUnsaid === true ? "unsaid" : "unknown"];
  return refusal(
    "PRODUCTION_HERE",
    `${what}: ${reason}.`,
    `${first}\n  If it is meant:  ${againLine("deactivate", allowing(options, "production"))}`,
  );
}

/** The options with one more guard opened, for a hint. */
function allowing(options: SwitchOptions, guard: Guard): SwitchOptions {
  return { ...options, allow: { ...options.allow, [guard]: true } };
}

/** Nothing that holds data may go unseen. */
export function judgeLosses(
  command: SwitchName,
  changes: readonly Change[],
  options: SwitchOptions,
): OpsError | undefined {
  const losses = unexpectedLosses(command, changes);
  if (losses.length === 0 || options.allow["data-loss"]) return undefined;
  return refusal(
    "DATA_LOSS_REFUSED",
    `Terraform would delete or replace what holds data: ${losses.map(({ name }) => name).join(", ")}.`,
    `A variable of the last deployment may be missing here: give it again (--var, --var-file, TF_VAR_...).\n  If it is meant:  ${againLine(command, allowing(options, "data-loss"))}`,
    losses.map(({ address, action }) => `${action} ${address}`),
  );
}

/** A database goes only after it was said what becomes of its rows. */
export function judgeDatabaseGoing(
  changes: readonly Change[],
  { database, activeNow }: { database: Database | undefined; activeNow: boolean },
  options: SwitchOptions,
): OpsError | undefined {
  if (!databaseGoes(changes)) return undefined;
  if (options.syncData === undefined) {
    const line = (syncData: boolean) => againLine("deactivate", { ...options, syncData });
    return refusal(
      "DATABASE_WOULD_GO",
      "This deactivation removes the RDS instance, and it was not said what becomes of its rows.",
      `Bring them to Neon first:  ${line(true)}\n  or keep them in a snapshot only:  ${line(false)}`,
    );
  }
  if (database?.isProtected !== true) return undefined;
  const takeOff = activeNow
    ? `${deployCommand(true)} --var database_always_on=false`
    : `${deployCommand(false)} --var db_deletion_protection=false`;
  return refusal(
    "DATABASE_PROTECTED",
    `The RDS instance ${database.identifier} has deletion protection, so it cannot go.`,
    `Take it off first, the environment staying as it is:  ${takeOff}`,
  );
}

/** Switching off makes no database: that one would be empty, and paid for. */
export function judgeDatabaseComing(
  changes: readonly Change[],
  options: SwitchOptions,
): OpsError | undefined {
  if (!hasInstance(changes, ["create"])) return undefined;
  const variables = [...options.variables, "-var=database_always_on=false"];
  return refusal(
    "DATABASE_WOULD_COME",
    "This deactivation would make a new, empty RDS instance.",
    `A variable of the last deployment is missing here, such as:  ${againLine("deactivate", { ...options, variables })}\n  If a database is wanted in pilot light, deploy it:  ${deployCommand(false)}`,
  );
}

/** RDS must not be replaced while its application runs. */
export function judgeRunning(
  {
    activeNow,
    backendMayWrite,
    willSync,
    createsDatabase,
  }: {
    activeNow: boolean;
    backendMayWrite: boolean;
    willSync: boolean;
    /** The database has come with this activation: nothing was written to it. */
    createsDatabase: boolean;
  },
  options: SwitchOptions,
): OpsError | undefined {
  if (!willSync || options.allow.resync || createsDatabase) return undefined;
  if (!activeNow && !backendMayWrite) return undefined;
  return refusal(
    "RESYNC_REFUSED",
    "The environment is partly active already, so its backend may write to RDS: a sync would replace that.",
    `Finish without another sync:  ${againLine("activate", { ...options, syncData: undefined })}\n  If it is meant:  ${againLine("activate", allowing(options, "resync"))}`,
  );
}

/**
 * A target must not lose rows that only it has. What production reads is held to more: where nobody knows whether it has such rows,
 * it counts as having them.
 */
export function judgeNewer(
  command: SwitchName,
  divergence: Divergence | null,
  options: SwitchOptions,
): OpsError | undefined {
  if (divergence === null || options.allow.newer) return undefined;
  const { last } = divergence;
  const target = command === "activate" ? "RDS" : "Neon";
  const { changed } = command === "activate" ? divergence.rds : divergence.neon;
  const hint = `Look at both first. To replace it all the same (its dump stays in S3 for 30 days):  ${againLine(command, allowing(options, "newer"))}`;
  if (last === null || changed === null) {
    if (command === "activate") return undefined;
    return refusal(
      "TARGET_NEWER",
      "Nothing was ever copied from this Neon database to RDS, as far as the dumps in S3 tell: Neon may have rows that RDS does not have.",
      hint,
    );
  }
  if (changed.length === 0) return undefined;
  return refusal(
    "TARGET_NEWER",
    `${target} was written to since both databases were last equal, ${formatMinute(last.at)} UTC: a sync would replace what is new.`,
    hint,
    changed,
  );
}
