/** The list of the guards, and the one function that checks them. */
import type { OpsError } from "@pilot-light/core/ops-error";
import { accountGuard } from "./account.ts";
import { dataLossGuard } from "./data-loss.ts";
import { databaseChangeGuard, databaseCreatedGuard, databaseDeletedGuard } from "./database.ts";
import { isAllowed, type Guard, type GuardFacts } from "./guard.ts";
import { newerGuard } from "./newer.ts";
import { productionGuard } from "./production.ts";
import { resyncGuard } from "./resync.ts";
import { retentionGuard } from "./retention.ts";
import { syncGuards } from "./sync-flags.ts";
import { unknownResourcesGuard } from "./unknown-resources.ts";

/** In the order in which refusals are reported and flags are listed. */
export const guards: readonly Guard[] = [
  productionGuard,
  ...syncGuards,
  unknownResourcesGuard,
  dataLossGuard,
  databaseChangeGuard,
  retentionGuard,
  databaseCreatedGuard,
  databaseDeletedGuard,
  resyncGuard,
  newerGuard,
  accountGuard,
];

/** Checks every guard of the command: the refusals, and the lines of the plan for what the flags allow. */
export function checkGuards(facts: GuardFacts): { refusals: OpsError[]; notes: string[] } {
  const found = guards
    .filter(({ commands }) => commands.includes(facts.command))
    .map((guard) => ({ allowed: isAllowed(guard, facts.options), findings: guard.check(facts) }));
  const refusals = found
    .filter(({ allowed }) => !allowed)
    .flatMap(({ findings }) => findings.map(({ refusal }) => refusal));
  return {
    refusals: [...new Set(refusals)],
    notes: found.filter(({ allowed }) => allowed).flatMap(({ findings }) => findings.map(({ note }) => note)),
  };
}
