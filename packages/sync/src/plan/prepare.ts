/** Looking at both sides and planning. Writes nothing: it is all a dry run does. */
import type { CommandContext } from "@pilot-light/core/cli/command";
import type { OpsError } from "@pilot-light/core/ops-error";
import { listDataTables } from "@pilot-light/core/inventory/tables";
import { chooseClientPrograms, findClientPrograms } from "@pilot-light/core/postgres/programs";
import type { Endpoint } from "@pilot-light/core/postgres/endpoint";
import { openSession, type Session, type SessionOptions } from "@pilot-light/core/postgres/session";
import { sessionOptions, withFreshPassword } from "../read/connect.ts";
import { stagingName } from "../target/database-names.ts";
import { dumpKey, timestamp, type Direction } from "../direction.ts";
import type { DumpStore } from "../archive/dump-store.ts";
import { isSameDatabase, readFacts } from "../read/database-facts.ts";
import { countRows, readObjects } from "../read/inventory.ts";
import type { SyncJob } from "../job.ts";
import type { SyncOptions } from "../options.ts";
import { openBeside, sameDatabase } from "./locks.ts";
import { makePlan, type Plan } from "./plan.ts";
import { judge } from "./preflight.ts";
import { judgeRows } from "./row-loss.ts";
import type { Resolved } from "../resolve.ts";
import { combine, settleAll } from "@pilot-light/core/async/settle";
import { openSessions, type Sessions } from "../read/snapshot.ts";
import { noteFormers, replacedTargets, type TargetState } from "../target/target-state.ts";

export interface Prepared {
  plan: Plan;
  /** Why the plan must not be run, though it can be shown. */
  refusal: OpsError | undefined;
}

/** What a sync works with, but for its directory. */
type PreparedJob = Omit<SyncJob, "workDirectory">;

/** Looks at both sides and plans; with a session beside the target as a sync that can be run. */
export async function prepare(
  direction: Direction,
  options: SyncOptions,
  resolved: Resolved,
  beside: { maintenance: Session; state: TargetState },
  context: CommandContext,
): Promise<Prepared & { job: PreparedJob }>;
export async function prepare(
  direction: Direction,
  options: SyncOptions,
  resolved: Resolved,
  beside: { state: TargetState },
  context: CommandContext,
): Promise<Prepared>;
export async function prepare(
  direction: Direction,
  options: SyncOptions,
  resolved: Resolved,
  beside: { maintenance?: Session; state: TargetState },
  context: CommandContext,
): Promise<Prepared & { job?: PreparedJob }> {
  const { environment, signal } = context;
  const { store, identity } = resolved;
  const sides = {
    source: sessionOptions("source", environment, signal),
    target: sessionOptions("target", environment, signal),
  };
  const finding = findClientPrograms(environment);
  const [source, target] = await enterBoth(resolved, sides);
  await using sourceSessions = await openSessions(source, options.jobs, sides.source);
  await using targetSessions = await openSessions(target, options.jobs, sides.target);
  if (await isSameDatabase(sourceSessions.first, targetSessions.first)) {
    throw sameDatabase(source);
  }
  const [sourceFacts, targetFacts] = await settleAll([look(sourceSessions), look(targetSessions)]);
  const findings = judge(direction, sourceFacts, targetFacts, options);
  if (findings.refusals.length > 0) throw combine(findings.refusals);
  const majors = [sourceFacts.facts.major, ...(options.targetBackup ? [targetFacts.facts.major] : [])];
  const programs = chooseClientPrograms(await finding, majors, targetFacts.facts.major);
  const [sourceRows, targetRows] = await settleAll([
    countRows(sourceFacts.tables, sourceSessions.all, sourceFacts.facts),
    countRows(targetFacts.tables, targetSessions.all, targetFacts.facts),
  ]);
  const keys = await freeKeys(direction, store, options, signal);
  const plan = makePlan({
    direction,
    source: { endpoint: source, ...sourceFacts, rows: sourceRows },
    target: { endpoint: target, ...targetFacts, rows: targetRows },
    archive: store.uri(keys.archiveKey),
    backup: keys.backupKey === null ? null : store.uri(keys.backupKey),
    verify: options.verify,
    clientVersion: programs.version,
    notes: [...findings.notes, ...noteFormers(beside.state)],
  });
  const refusal = judgeRows(direction, sourceRows, targetRows, options);
  const { maintenance } = beside;
  if (maintenance === undefined) return { plan, refusal };
  const versions = {
    source: sourceFacts.facts.version,
    target: targetFacts.facts.version,
    sameMajor: sourceFacts.facts.major === targetFacts.facts.major,
  };
  const { archiveKey, backupKey, stamp } = keys;
  const { skippedExtensions } = findings;
  const job = {
    direction,
    options,
    source,
    target,
    maintenance,
    programs,
    store,
    who: identity.arn,
    archiveKey,
    backupKey,
    stamp,
    staging: stagingName(target.database, stamp),
    formers: replacedTargets(beside.state),
    targetRows,
    // Not with the context's signal: it is for putting things right.
    reopen: () => openBeside({ ...resolved, source, target }, "target", { environment }),
    versions,
    skippedExtensions,
  };
  return { plan, refusal, job };
}

/** Enters both databases once, to find out whether the passwords hold. */
async function enterBoth(
  { source, target, rereadSecret }: Resolved,
  options: Record<"source" | "target", SessionOptions>,
) {
  const enter = (endpoint: Endpoint, side: "source" | "target") =>
    withFreshPassword(endpoint, rereadSecret, async (known) => {
      await using session = await openSession(known, options[side]);
      return session.endpoint;
    });
  return await settleAll([enter(source, "source"), enter(target, "target")]);
}

async function look(sessions: Sessions) {
  const session = sessions.first;
  return {
    facts: await readFacts(session),
    tables: await listDataTables(session),
    objects: await readObjects(session),
  };
}

/** Keys of this second, or of the next one that nothing has yet. */
async function freeKeys(
  { source, target }: Direction,
  store: DumpStore,
  { targetBackup }: SyncOptions,
  signal: AbortSignal,
) {
  for (let time = Date.now(); ; time += 1000) {
    const stamp = timestamp(new Date(time));
    const archiveKey = dumpKey(source, stamp);
    const backupKey = dumpKey(target, stamp);
    const [archiveFree, backupFree] = await Promise.all([
      store.isFree(archiveKey, signal),
      store.isFree(backupKey, signal),
    ]);
    if (archiveFree && backupFree) return { stamp, archiveKey, backupKey: targetBackup ? backupKey : null };
  }
}
