/**
 * Failures as tables: what a test sets up, and what the command reports. Each case runs in both directions, once with each of the two seed
 * databases as its source; the other one is its target. From one case to the next the seeds change sides, so that both directions meet both.
 */
import { chmod, mkdtemp, stat, writeFile } from "node:fs/promises";
import { join } from "node:path";
import { createPair, type Pair, type Side } from "@pilot-light/sandbox/testing";
import { testSandbox } from "@pilot-light/sandbox/vitest";
import { until } from "./processes.ts";
import { clientPrograms, type SyncCall } from "./support.ts";
import { expectRefusal, footprint, type Refusal } from "./untouched.ts";

/** One direction of a sync. */
export interface Way {
  direction: "neon-to-rds" | "rds-to-neon";
  source: Side;
  target: Side;
}

const ways: readonly Way[] = [
  { direction: "neon-to-rds", source: "neon", target: "rds" },
  { direction: "rds-to-neon", source: "rds", target: "neon" },
];

/** The seed database that is the source. The target is the other one. */
export interface Place extends Way {
  seed: "app" | "awkward";
}

export const places: readonly Place[] = ways.flatMap((way) =>
  (["app", "awkward"] as const).map((seed) => ({ ...way, seed })),
);

/** A pair with both seed databases. */
export interface Ground extends Place {
  pair: Pair;
  /** Major version of the servers and programs. */
  major: number;
}

/** How a case is run. */
export interface Setting {
  /** Default: a sync. */
  args?: readonly string[];
  env?: SyncCall["env"];
  /** Reverts what the case has changed while the command ran. Both databases are compared afterwards. */
  revert?: () => Promise<unknown>;
  /** Servers of the case. */
  server?: AsyncDisposable;
  /** Reverts what the case has changed before the command. Without it, the case has changed nothing. */
  undo?: () => Promise<unknown>;
}

export interface Case<G extends Ground = Ground> extends Refusal {
  /** The newest major version of a server that refuses it. */
  until?: number;
  /** What the same command reports if the target is Neon. */
  toNeon?: Pick<Refusal, "code" | "says">;
  set: (ground: G) => Setting | Promise<Setting>;
}

export async function groundOf(place: Place): Promise<Ground> {
  const other = place.seed === "app" ? "awkward" : "app";
  const seeds = { [place.source]: place.seed, [place.target]: other } as Record<Side, Place["seed"]>;
  const pair = await createPair(testSandbox(), { ...seeds, rdsBypassRls: true });
  return { ...place, pair, major: (await clientPrograms()).major };
}

/** Every other case. The place with the other direction and the other seed gets the same ones. */
function casesOf<C>({ direction, seed }: Place, cases: readonly C[]): C[] {
  const first = (direction === "neon-to-rds") === (seed === "app") ? 0 : 1;
  return cases.filter((_, index) => index % 2 === first);
}

export const run = ({ direction }: Way) => [direction, "--yes", "--allow-shrink"];
export const inPlace = (way: Way) => [...run(way), "--in-place"];

/** Provokes the failures of a place, one after the other. */
export async function provoke<G extends Ground>(ground: G, cases: readonly Case<G>[]): Promise<void> {
  const { pair, major } = ground;
  // To read everything takes longer than a command that is refused.
  let unchanged: unknown;
  for (const { until: newest, set, toNeon, ...given } of casesOf(ground, cases)) {
    if (major > (newest ?? major)) continue;
    const refusal = { ...given, ...(ground.target === "neon" ? toNeon : {}) };
    const { args = run(ground), env = {}, revert, server, undo } = await set(ground);
    if (unchanged === undefined || undo !== undefined) unchanged = await footprint(pair);
    try {
      await expectRefusal(pair, unchanged, args, { ...refusal, ...(revert && { revert }) }, { env });
    } catch (error) {
      throw new Error(`${refusal.code}: ${String(error)}`, { cause: error });
    } finally {
      await server?.[Symbol.asyncDispose]();
      await undo?.();
      if (undo !== undefined) unchanged = undefined;
    }
  }
}

/** Statements of the administrator of a side, before and after the command. `as owner;` begins those of the role of the tools. */
async function onSide({ pair }: Ground, side: Side, made: string, undone: string): Promise<Setting> {
  await pair.query(side, made.replace("as owner;", `set role ${pair[side].role};`));
  return { undo: () => pair.query(side, undone) };
}

export const onSource = (ground: Ground, made: string, undone: string) =>
  onSide(ground, ground.source, made, undone);
export const onTarget = (ground: Ground, made: string, undone: string) =>
  onSide(ground, ground.target, made, undone);

/** Shell commands in place of a call of a program. `$real` is the program, and `"$@"` its arguments. */
export type Script = { program: "pg_dump" | "pg_restore"; call: string; commands: string };

/**
 * Variables with which the tool finds client programs that do something else for one call.
 * @param script.call pattern of the shell that the arguments of this call match: `*target.dump*`
 */
export async function withProgram(
  { pair }: Pick<Ground, "pair">,
  script: Script,
): Promise<Record<string, string>> {
  const { pgDump, pgRestore, directory } = await clientPrograms();
  const own = await mkdtemp(join(pair.env.HOME ?? "", "programs-"));
  for (const [name, real] of Object.entries({ pg_dump: pgDump, pg_restore: pgRestore })) {
    const special = name === script.program ? `  ${script.call})\n${script.commands}\n  ;;\n` : "";
    const text = `#!/bin/sh
real='${real}'
psql='${join(directory, "psql")}'
case "$*" in
${special}  *) exec "$real" "$@" ;;
esac
`;
    await writeFile(join(own, name), text);
    await chmod(join(own, name), 0o755);
  }
  return { PILOT_LIGHT_PG_BIN: own };
}

/** Variables with which the tool finds client programs that state a version. */
export async function withVersion(ground: Ground, version: string): Promise<SyncCall["env"]> {
  const given = { call: "--version", commands: `echo '(PostgreSQL) ${version}'` };
  const { PILOT_LIGHT_PG_BIN: own = "" } = await withProgram(ground, { program: "pg_dump", ...given });
  const { PILOT_LIGHT_PG_BIN: other = "" } = await withProgram(ground, { program: "pg_restore", ...given });
  await writeFile(join(own, "pg_restore"), `#!/bin/sh\nexec '${join(other, "pg_restore")}' "$@"\n`);
  return { PILOT_LIGHT_PG_BIN: own };
}

/**
 * Variables with which the command waits after its dump of the target, until `change` has ended. Its sessions still read the target, so
 * `change` must not wait for a lock on a table.
 */
export async function afterBackup(
  ground: Pick<Ground, "pair">,
  change: () => Promise<unknown>,
): Promise<Record<string, string>> {
  return await during(ground, change, (pause) => ({
    program: "pg_dump",
    call: "*target.dump*",
    commands: `    "$real" "$@" || exit\n${pause}`,
  }));
}

/** As `afterBackup`, between the rows and the indexes of the copy. `change` may wait for the backup, which runs at the same time. */
export async function beforeIndexes(
  ground: Ground,
  change: () => Promise<unknown>,
): Promise<SyncCall["env"]> {
  return await during(ground, change, (pause) => ({
    program: "pg_restore",
    call: "*post-data*",
    commands: `${pause}\n    exec "$real" "$@"`,
  }));
}

/** As `afterBackup`, between the snapshot of the source and the pg_dump that reads it. */
export async function beforeDump(
  ground: Pick<Ground, "pair">,
  change: () => Promise<unknown>,
): Promise<Record<string, string>> {
  return await during(ground, change, (pause) => ({
    program: "pg_dump",
    call: "*source.dump*",
    commands: `${pause}\n    exec "$real" "$@"`,
  }));
}

/** @param script gets the shell commands that wait until `change` has ended */
async function during(
  ground: Pick<Ground, "pair">,
  change: () => Promise<unknown>,
  script: (pause: string) => Script,
): Promise<Record<string, string>> {
  const mark = join(await mkdtemp(join(ground.pair.env.HOME ?? "", "pause-")), "mark");
  const exists = (file: string) =>
    stat(file).then(
      () => true,
      () => false,
    );
  const pause = `    : > '${mark}'\n    until [ -e '${mark}.over' ]; do sleep 0.05; done`;
  const env = await withProgram(ground, script(pause));
  void until(() => exists(mark))
    .then(change)
    .then(() => writeFile(`${mark}.over`, ""));
  return env;
}
