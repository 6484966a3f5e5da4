/**
 * Runs situations that people reported in public. Each is a folder of `cases/` with the SQL of the source, and of the target if it needs more
 * than a small table. The superuser runs the statements after a line `--@ admin`; the owner of the database runs those after a line
 * `--@ owner`. `DATABASE` stands for the name of the database.
 */
import { copyFile, readFile, readdir, rm } from "node:fs/promises";
import { join } from "node:path";
import { fileURLToPath } from "node:url";
import { adminLogin } from "@pilot-light/sandbox/postgres/cluster";
import { asAdmin, connect } from "@pilot-light/sandbox/postgres/connect";
import { createPair, sides, type Pair, type Side, type startSandbox } from "@pilot-light/sandbox/testing";
import { documentOf, errorOf, sync, type Transcript } from "./support.ts";

type Sandbox = Awaited<ReturnType<typeof startSandbox>>;

const folder = fileURLToPath(new URL("cases", import.meta.url));

/** The expected result of a run. */
export type Expected =
  /** The run succeeds; each of these is in the notes of the plan. */
  | { notes: readonly (string | RegExp)[] }
  /** The run is refused with this code; each of these is in the message, the details or the hint. */
  | { refused: string; names: readonly string[] };

/** The parts of a case that are not in the files of its folder. */
export interface Case {
  /** Name of the folder. */
  name: string;
  /** Default: neon-to-rds. */
  direction?: "neon-to-rds" | "rds-to-neon";
  /** The expected result of the dry run and of the run. */
  expected: Expected;
  /** Queries on the target after the sync, with their only column's values. */
  then?: readonly { query: string; gives: readonly unknown[] }[];
  /** Names of the extensions in `cases/extensions` that both servers offer. */
  extensions?: readonly string[];
  /** Those of these extensions that the target no longer offers when the sync runs. */
  withdrawn?: readonly string[];
  /** Options of the commands. */
  options?: readonly string[];
  /** Whether the role of the RDS database is a superuser, in place of the privileges of rds_superuser that the case needs. */
  superuser?: boolean;
  /** Statements that another session of the source's administrator repeats meanwhile. */
  meanwhile?: readonly string[];
  /** Statements of an administrator on both servers that revert changes of roles. Roles that the case created are dropped. */
  restore?: readonly string[];
}

type Check = (what: "dry run" | "run", transcript: Transcript, pair: Pair) => Promise<void> | void;

/**
 * Runs a case: the dry run first, then the sync.
 * @param check called with each run
 */
export async function runCase(sandbox: Sandbox, each: Case, check: Check): Promise<void> {
  const roles = await rolesOf(sandbox);
  try {
    await runPair(sandbox, each, check);
  } finally {
    await restoreRoles(sandbox, roles, each.restore ?? []);
  }
}

async function runPair(sandbox: Sandbox, each: Case, check: Check): Promise<void> {
  const {
    name,
    direction = "neon-to-rds",
    extensions = [],
    withdrawn = [],
    superuser = false,
    options = [],
  } = each;
  await using pair = await createPair(sandbox, { neon: "empty", rds: "empty" });
  const [source, target]: [Side, Side] = direction === "neon-to-rds" ? ["neon", "rds"] : ["rds", "neon"];
  const shared = Object.fromEntries(
    await Promise.all(sides.map(async (side) => [side, await extensionDirectory(pair, side)] as const)),
  );
  const places = new Set(Object.values(shared));
  try {
    for (const place of places) await install(place, extensions);
    if (superuser) await pair.query("rds", `alter role "${pair.rds.role}" superuser`);
    await load(pair, source, join(folder, name, "source.sql"));
    await load(
      pair,
      target,
      join(folder, name, "target.sql"),
      "create table t (id int primary key); insert into t values (1)",
    );
    for (const place of places) await remove(place, withdrawn);
    const args = [direction, "--json", ...options];
    await doing(pair, source, each.meanwhile ?? [], async () => {
      await check("dry run", await sync(pair, [...args, "--dry-run"]), pair);
      await check("run", await sync(pair, [...args, "--yes"]), pair);
    });
  } finally {
    for (const place of places) await remove(place, extensions);
    if (superuser) await pair.query("rds", `alter role "${pair.rds.role}" nosuperuser`);
  }
}

/** Runs statements of an administrator in a database, again and again while the work runs. */
async function doing(
  pair: Pair,
  side: Side,
  statements: readonly string[],
  work: () => Promise<void>,
): Promise<void> {
  if (statements.length === 0) {
    await work();
    return;
  }
  const over = new AbortController();
  await using session = await pair.connect(side, "admin");
  const { client } = session;
  const { rows } = await client.query<{ pid: number }>("select pg_backend_pid() as pid");
  const running = (async () => {
    while (!over.signal.aborted) for (const statement of statements) await client.query(statement);
  })();
  // A statement that sleeps ends with its session.
  running.catch(() => undefined);
  client.on("error", () => undefined);
  try {
    await work();
  } finally {
    over.abort();
    await pair.query(side, "select pg_terminate_backend($1)", [rows[0]?.pid]);
    await running.catch(() => undefined);
  }
}

/** The result of a run in the form of `Expected`, for `toEqual` and readable differences. */
export function matches(transcript: Transcript, expected: Expected): string[] {
  if (transcript.exitCode !== 0) {
    const { code, message, details, hint } = errorOf(transcript);
    if (!("refused" in expected)) return [`refused with ${code}: ${message} ${details.join("; ")}`];
    const text = [message, ...details, hint].join("\n");
    const missing = expected.names.filter((each) => !text.includes(each));
    return [
      ...(code === expected.refused ? [] : [`refused with ${code}`]),
      ...missing.map((each) => `does not name ${each}:\n${text}`),
    ];
  }
  if ("refused" in expected) return ["not refused"];
  const notes = documentOf(transcript).plan.notes;
  return expected.notes
    .filter(
      (wanted) =>
        !notes.some((note) => (typeof wanted === "string" ? note.includes(wanted) : wanted.test(note))),
    )
    .map((wanted) => `no note of ${String(wanted)} in:\n${notes.join("\n")}`);
}

type RoleNames = ReadonlyMap<Side, readonly string[]>;

const loginOf = ({ state }: Sandbox, side: Side) => adminLogin(state[side], state.adminPassword);

async function rolesOf(sandbox: Sandbox): Promise<RoleNames> {
  const list = async (side: Side) => {
    await using session = await connect(loginOf(sandbox, side));
    const { rows } = await session.client.query<{ name: string }>(
      "select quote_ident(rolname) as name from pg_roles",
    );
    return [side, rows.map(({ name }) => name)] as const;
  };
  return new Map(await Promise.all(sides.map(list)));
}

/** Drops the roles that a case created, and reverts its changes of other roles. Its databases are dropped already. */
async function restoreRoles(
  sandbox: Sandbox,
  known: RoleNames,
  statements: readonly string[],
): Promise<void> {
  for (const [side, names] of await rolesOf(sandbox)) {
    const created = names.filter((name) => known.get(side)?.includes(name) !== true);
    await asAdmin(loginOf(sandbox, side), ...created.map((name) => `drop role ${name}`));
    for (const statement of statements) {
      // Each server has roles that the other one does not have.
      await asAdmin(loginOf(sandbox, side), statement).catch((error: unknown) => {
        if (!(error instanceof Error && "code" in error && error.code === "42704")) throw error;
      });
    }
  }
}

async function load(pair: Pair, side: Side, file: string, otherwise = ""): Promise<void> {
  const text = await readFile(file, "utf8").catch(() => otherwise);
  let as: "admin" | "owner" = "owner";
  for (const part of text.replaceAll("DATABASE", pair[side].database).split(/^(?=--@ )/m)) {
    if (part.startsWith("--@ admin")) as = "admin";
    if (part.startsWith("--@ owner")) as = "owner";
    await using session = await pair.connect(side, as);
    // One statement at a time: some must not be in a transaction with others.
    for (const statement of statementsOf(part)) await session.client.query(statement);
  }
}

/** Statements end with a semicolon at the end of a line, or of the text. */
function statementsOf(part: string): string[] {
  return part
    .replaceAll(/^--@ .*$/gm, "")
    .split(/;\s*$/m)
    .map((statement) => statement.trim())
    .filter((statement) => statement !== "");
}

async function extensionDirectory(pair: Pair, side: Side): Promise<string> {
  const [row] = await pair.query(side, "select setting from pg_catalog.pg_config where name = 'SHAREDIR'");
  return join(String(row?.setting), "extension");
}

async function install(place: string, extensions: readonly string[]): Promise<void> {
  for (const file of await filesOf(extensions)) {
    await copyFile(join(folder, "extensions", file), join(place, file));
  }
}

async function remove(place: string, extensions: readonly string[]): Promise<void> {
  for (const file of await filesOf(extensions)) await rm(join(place, file), { force: true });
}

async function filesOf(extensions: readonly string[]): Promise<string[]> {
  const files = await readdir(join(folder, "extensions"));
  return files.filter((file) =>
    extensions.some((name) => file.startsWith(`${name}.`) || file.startsWith(`${name}--`)),
  );
}
