/** The whole of a sync command: resolve, look at both sides, plan, ask, run. Takes and returns data; printing is in render.ts. */
import type { CommandContext, CommandOutcome } from "@pilot-light/core/command";
import { OpsError } from "@pilot-light/core/errors";
import { listDataTables } from "@pilot-light/core/inventory/tables";
import { chooseClientPrograms, findClientPrograms } from "@pilot-light/core/postgres/programs";
import type { Session } from "@pilot-light/core/postgres/session";
import { canAsk, confirmByName, confirmationNeeded } from "./confirm.ts";
import { enter, sessionOptions } from "./connect.ts";
import { companionName } from "./database-names.ts";
import { directions, dumpKey, timestamp, type Direction, type DirectionName } from "./direction.ts";
import type { DumpStore } from "./dump-store.ts";
import { isSameDatabase, readFacts } from "./facts.ts";
import { countRows, readObjects } from "./inventory.ts";
import type { SyncJob } from "./job.ts";
import { dropDatabase, listCompanions, lock, openMaintenance } from "./maintenance.ts";
import type { SyncOptions } from "./options.ts";
import { makePlan, type Plan } from "./plan.ts";
import { judge, judgeRows } from "./preflight.ts";
import { printPlan, printResult } from "./render.ts";
import { resolve, type Resolved } from "./resolve.ts";
import { runSync } from "./run.ts";
import { combine, settleAll } from "./settle.ts";
import { openSessions, type Sessions } from "./snapshot.ts";
import { repair } from "./swap.ts";
import { openWorkDirectory } from "./work-directory.ts";

/** Runs `pnpm sync <direction>`. */
export async function sync(
  name: DirectionName,
  options: SyncOptions,
  context: CommandContext,
): Promise<CommandOutcome> {
  const start = performance.now();
  const { console, signal } = context;
  const direction = directions[name];
  const resolved = await resolve(direction, options.outputsFile, context);
  if (!options.dryRun && !options.yes && !canAsk()) throw confirmationNeeded(`pnpm sync ${name}`);
  await using locks = options.dryRun ? undefined : await takeLocks(resolved, context);
  const { plan, refusal, job } = await prepare(direction, options, resolved, locks?.maintenance, context);
  printPlan(plan, console, options);
  if (refusal !== undefined) throw refusal;
  if (job === undefined) {
    console.line(`  To run it:  pnpm sync ${name}`);
    return { outcome: "planned", document: { plan } };
  }
  if (!options.yes) {
    await confirmByName(
      `This replaces the database ${plan.target.database} on ${plan.target.system}.`,
      plan.target.database,
      signal,
    );
  }
  await removeLeftovers(job, context);
  await using work = await openWorkDirectory();
  const result = await runSync({ ...job, workDirectory: work.path }, context);
  printResult(plan, result, performance.now() - start, console);
  return { outcome: "synced", document: { plan, result } };
}

/** Locks, held by sessions beside both databases until they are disposed of. */
class Locks implements AsyncDisposable {
  readonly maintenance: Session;
  readonly #source: Session;

  constructor(maintenance: Session, source: Session) {
    this.maintenance = maintenance;
    this.#source = source;
  }

  async [Symbol.asyncDispose](): Promise<void> {
    await Promise.all([this.maintenance[Symbol.asyncDispose](), this.#source[Symbol.asyncDispose]()]);
  }
}

/** Locks the target alone and the source shared: the opposite direction must not replace what is being read. */
async function takeLocks({ source, target }: Resolved, { console }: CommandContext): Promise<Locks> {
  const [maintenance, reading] = await settleAll([
    openMaintenance(target, "target"),
    openMaintenance(source, "source"),
  ]);
  const locks = new Locks(maintenance, reading);
  try {
    await lock(maintenance, target.database, "target");
    await lock(reading, source.database, "source");
    const repaired = await repair(maintenance, target.database);
    if (repaired !== undefined) console.warn(repaired);
    return locks;
  } catch (error) {
    await locks[Symbol.asyncDispose]();
    throw error;
  }
}

interface Prepared {
  plan: Plan;
  /** Why the plan must not be run, though it can be shown. */
  refusal: OpsError | undefined;
  /** Undefined in a dry run. */
  job: Omit<SyncJob, "workDirectory"> | undefined;
}

/** Looks at both sides and plans. Writes nothing. */
async function prepare(
  direction: Direction,
  options: SyncOptions,
  resolved: Resolved,
  maintenance: Session | undefined,
  context: CommandContext,
): Promise<Prepared> {
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
    throw new OpsError(
      "precondition",
      "SAME_DATABASE",
      `Source and target are the same database: ${source.database} @ ${source.host}.`,
      {
        hint: "Check NEON_DATABASE_URL, the output database_endpoint and RDS_HOSTADDR: one of them leads to the other's server.",
      },
    );
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
    notes: findings.notes,
  });
  const refusal = judgeRows(direction, sourceRows, targetRows, options);
  if (maintenance === undefined) return { plan, refusal, job: undefined };
  const versions = {
    source: sourceFacts.facts.version,
    target: targetFacts.facts.version,
    sameMajor: sourceFacts.facts.major === targetFacts.facts.major,
  };
  const names = {
    staging: companionName(target.database, "staging", keys.stamp),
    old: companionName(target.database, "old", keys.stamp),
  };
  const { archiveKey, backupKey } = keys;
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
    names,
    versions,
    skippedExtensions,
  };
  return { plan, refusal, job };
}

/** Enters both databases once, to find out whether the passwords hold. */
async function enterBoth(
  { source, target, rereadSecret }: Resolved,
  options: Record<"source" | "target", ReturnType<typeof sessionOptions>>,
) {
  const entering = [
    enter(source, options.source, rereadSecret),
    enter(target, options.target, rereadSecret),
  ] as const;
  try {
    const [first, second] = await settleAll(entering);
    return [first.endpoint, second.endpoint] as const;
  } finally {
    for (const result of await Promise.allSettled(entering)) {
      if (result.status === "fulfilled") await result.value.session[Symbol.asyncDispose]();
    }
  }
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

/** Removes what a killed run left: staging databases and unfinished uploads. Needs the lock. */
async function removeLeftovers(
  { maintenance, store, target }: Omit<SyncJob, "workDirectory">,
  { console }: CommandContext,
): Promise<void> {
  for (const name of await listCompanions(maintenance, target.database, "staging")) {
    await dropDatabase(maintenance, name);
    console.warn(`removed ${name}, left by an interrupted sync`);
  }
  await store.abortStaleUploads(new Date());
}
