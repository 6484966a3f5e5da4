/** What stops a switch. Pure: each takes what was found out and gives a refusal or nothing. */
import { deployCommand } from "@pilot-light/core/deploy-command";
import { OpsError } from "@pilot-light/core/errors";
import type { Database } from "./database.ts";
import { findDone, type Journal, type JournalEntry, type SwitchName } from "./journal.ts";
import type { SwitchOptions } from "./options.ts";
import type { ProductionAnswer } from "./production.ts";
import { unexpectedLosses } from "./switch-plan.ts";
import type { Change } from "./terraform/changes.ts";

const instanceType = "aws_db_instance";

/** Whether the plan removes the database. */
export function databaseGoes(changes: readonly Change[]): boolean {
  return changes.some(({ type, action }) => type === instanceType && action === "destroy");
}

/** Whether the plan makes the database. */
export function databaseComes(changes: readonly Change[]): boolean {
  return changes.some(({ type, action }) => type === instanceType && action === "create");
}

function refusal(code: string, message: string, hint: string, details: readonly string[] = []): OpsError {
  return new OpsError("precondition", code, message, { hint, details });
}

/** Production must not lose its servers. */
export function judgeProduction(
  { place, reason }: ProductionAnswer,
  { allow }: SwitchOptions,
): OpsError | undefined {
  if (place === "elsewhere" || allow.production) return undefined;
  const what =
    place === "here"
      ? "Production is served from this environment"
      : "Production may be served from this environment";
  const say =
    place === "here"
      ? "Lead the domain elsewhere first, and wait until its old records have expired."
      : "Say where production is:  export PILOT_LIGHT_PRODUCTION_DOMAIN=www.example.com    or that there is none:  =none";
  return refusal(
    "PRODUCTION_HERE",
    `${what}: ${reason}.`,
    `${say}    If it is meant:  pnpm deactivate --allow-production`,
  );
}

/** Nothing that holds data may go unseen. */
export function judgeLosses(
  command: SwitchName,
  changes: readonly Change[],
  { allow }: SwitchOptions,
): OpsError | undefined {
  const losses = unexpectedLosses(command, changes);
  if (losses.length === 0 || allow["data-loss"]) return undefined;
  return refusal(
    "DATA_LOSS_REFUSED",
    `Terraform would delete or replace what holds data: ${losses.map(({ name }) => name).join(", ")}.`,
    `A variable of the last deployment may be missing here: give it again (--var, --var-file, TF_VAR_...).    If it is meant:  pnpm ${command} --allow-data-loss`,
    losses.map(({ address, action }) => `${action} ${address}`),
  );
}

/** A database goes only after it was said what becomes of its rows. */
export function judgeDatabaseGoing(
  changes: readonly Change[],
  database: Database | undefined,
  syncData: boolean | undefined,
): OpsError | undefined {
  if (!databaseGoes(changes)) return undefined;
  if (syncData === undefined) {
    return refusal(
      "DATABASE_WOULD_GO",
      "This deactivation removes the RDS instance, and it was not said what becomes of its rows.",
      "Bring them to Neon first:  pnpm deactivate --sync-data    or keep them in a snapshot only:  pnpm deactivate --no-sync-data",
    );
  }
  if (database?.isProtected !== true) return undefined;
  return refusal(
    "DATABASE_PROTECTED",
    `The RDS instance ${database.identifier} has deletion protection, so it cannot go.`,
    `Take it off first, the environment staying as it is:  ${deployCommand(true)} --var database_always_on=false`,
  );
}

/** A target that may have been written to since it was synced must not be replaced again unasked. */
export function judgeResync(
  command: SwitchName,
  state: {
    activeNow: boolean;
    willSync: boolean;
    resume: JournalEntry | undefined;
    journal: Pick<Journal, "unfinished">;
  },
  { allow }: SwitchOptions,
): OpsError | undefined {
  const { activeNow, willSync, resume, journal } = state;
  if (!willSync || allow.resync) return undefined;
  if (command === "activate") {
    if (!activeNow || resume?.createsDatabase === true) return undefined;
    return refusal(
      "RESYNC_REFUSED",
      "The environment is partly active already, so its backend may have written to RDS: a sync would replace that.",
      "Finish without another sync:  pnpm activate --resume    or  pnpm activate    If it is meant:  --allow-resync",
    );
  }
  const { unfinished } = journal;
  const same = unfinished?.command === command ? unfinished : undefined;
  const copied = findDone(same, "sync") !== undefined && same?.begun.includes("deploy") === true;
  if (activeNow && !copied) return undefined;
  if (resume !== undefined) {
    return refusal(
      "RESYNC_REFUSED",
      "The backend was started again after the copy: RDS may have newer rows than Neon, and Neon newer ones than RDS.",
      "Finish without another sync, Neon as it is:  pnpm deactivate    or replace Neon again:  pnpm deactivate --resume --allow-resync",
    );
  }
  return refusal(
    "RESYNC_REFUSED",
    "The environment is no longer wholly active, so Neon may have newer rows than RDS: a sync would replace them.",
    "Finish without another sync:  pnpm deactivate --resume    or  pnpm deactivate    If it is meant:  --allow-resync",
  );
}
