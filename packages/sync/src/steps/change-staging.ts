/** Step: the script of `--after-restore` changes the verified staging database, in one transaction. */
import { compareFingerprints } from "@pilot-light/core/inventory/compare";
import { readingOf } from "@pilot-light/core/inventory/tables";
import { plural, shortList } from "@pilot-light/core/output/format";
import type { Report } from "@pilot-light/core/output/printer";
import { literal, ident } from "@pilot-light/core/postgres/identifiers";
import { withDatabase } from "@pilot-light/core/postgres/endpoint";
import { openSession, type Session } from "@pilot-light/core/postgres/session";
import { joinComment } from "../read/copy-mark.ts";
import { analyzeParents, readingStaging } from "../copy/verify.ts";
import type { StepContext } from "../job.ts";
import { scriptEndsTransaction } from "../plan/script-errors.ts";
import { scriptError, type Script } from "../plan/script.ts";
import { sessionOptions } from "../read/connect.ts";
import { readInventory, type Inventory } from "../read/inventory.ts";
import { openSessions, type Sessions } from "../read/snapshot.ts";
import { checkDeferred, resetSettings } from "../target/transaction.ts";
import type { DatabaseContent } from "../copy/equality.ts";

/** The effects of a script. */
export interface Changed {
  script: Script;
  statements: number;
  /** Tables whose rows it changed, by name. */
  tables: readonly string[];
  /** What the staging database contains afterwards. */
  inventory: Inventory;
}

/** Runs the script. */
export async function changeStaging(
  script: Script,
  { inventory: before }: Pick<DatabaseContent, "inventory">,
  context: StepContext,
): Promise<Changed> {
  const { printer, environment, job, signal } = context;
  const { maintenance, mark, readers, staging, target } = job;
  return await printer.step("script", async (progress) => {
    // The mark is set before the script runs, so that no changed row exists in a database without the mark.
    const comment = joinComment(null, mark) ?? "";
    await maintenance.query(`comment on database ${ident(staging)} is ${literal(comment)}`);
    const endpoint = withDatabase(target, staging);
    const sessionOpts = sessionOptions("target", environment, signal);
    const run = async () => {
      await using session = await openSession(endpoint, sessionOpts);
      await session.query("begin");
      const done = await runScript(session, script, (number) => progress(plural(number, "statement")));
      // Constraints that are deferred are checked here.
      await session.query("commit").catch((error: unknown) => {
        throw scriptError(error, script, {});
      });
      return done;
    };
    const statements = await run();
    await using sessions = await openSessions(endpoint, readers, sessionOpts);
    return await readChanges({ script, statements }, before, sessions, context, progress);
  });
}

/** As `changeStaging`, for the copy in the open transaction of the in-place method. Another step sets the mark together with the settings. */
export async function changeInPlace(
  script: Script,
  { inventory: before }: Pick<DatabaseContent, "inventory">,
  session: Session,
  context: StepContext,
): Promise<Changed> {
  return await context.printer.step("script", async (progress) => {
    const statements = await runScript(session, script, (done) => progress(plural(done, "statement")));
    // COMMIT would report them without the name of the script.
    await checkDeferred(session).catch((error: unknown) => {
      throw scriptError(error, script, {});
    });
    await resetSettings(session);
    const sessions = { all: [session], first: session };
    return await readChanges({ script, statements }, before, sessions, context, progress);
  });
}

/** Reads what a script has done. */
async function readChanges(
  { script, statements }: Pick<Changed, "script" | "statements">,
  before: Inventory,
  sessions: Pick<Sessions, "all" | "first">,
  { job: { options } }: StepContext,
  progress: Report,
): Promise<{ value: Changed; summary: string }> {
  await refreshViews(sessions.first);
  const reading = {
    depth: readingOf(options.verify, Object.fromEntries(before.tables)),
    onTable: (done: number, all: number) => progress({ done, all, noun: "tables" }),
    ...readingStaging,
  };
  const { inventory } = await readInventory(sessions.all, reading, () => Promise.resolve());
  await analyzeParents(sessions.first);
  const differences = compareFingerprints("table", before.tables, inventory.tables);
  const tables = differences.map(({ identity }) => identity).sort();
  const changed = tables.length === 0 ? [] : [`changed ${shortList(tables).join(", ")}`];
  const summary = [`${script.file}: ${plural(statements, "statement")}`, ...changed].join(", ");
  return { value: { script, statements, tables, inventory }, summary };
}

/** Refreshes the materialized views: they hold the rows from before the script. One may read another, so they are refreshed in the order of their creation. */
async function refreshViews(session: Session): Promise<void> {
  const views = await session.query<{ schema: string; name: string }>(
    `select n.nspname as schema, c.relname as name from pg_catalog.pg_class c join pg_catalog.pg_namespace n on n.oid = c.relnamespace
      where c.relkind = 'm' and c.relispopulated order by c.oid`,
  );
  for (const { schema, name } of views) {
    await session.query(`refresh materialized view ${ident(schema, name)}`);
  }
}

/**
 * A name without a schema means an object of the schema public, as in psql. The setting row_security remains off: a statement that a policy
 * limits fails, and does not skip rows.
 */
const searchPath = `set local search_path to "$user", public`;

/**
 * Runs a script in the open transaction.
 * @throws OpsError SCRIPT_FAILED, SCRIPT_ENDS_TRANSACTION (target)
 */
async function runScript(
  session: Session,
  script: Script,
  onStatement: (done: number) => void,
): Promise<number> {
  await session.query(searchPath);
  const { id } = await session.one<{ id: string }>("select pg_catalog.pg_current_xact_id()::text as id");
  let done = 0;
  const count = (number: number) => {
    done = number;
    onStatement(number);
  };
  await session.script(script.text, count).catch((error: unknown) => {
    throw scriptError(error, script, { statement: done + 1 });
  });
  const { same } = await session.one<{ same: boolean }>(
    `select coalesce(pg_catalog.pg_current_xact_id_if_assigned()::text = $1, false) as same`,
    [id],
  );
  if (!same) throw scriptEndsTransaction({ file: script.file });
  return done;
}
