/** `pnpm compare`: compares both databases. Takes and returns data, which the command prints. Writes nothing to a server. */
import { acquireAll, settleAll } from "@pilot-light/core/async/settle";
import type { CommandContext } from "@pilot-light/core/cli/command";
import type { DatabaseSystem, Endpoint } from "@pilot-light/core/postgres/endpoint";
import { chooseClientPrograms, findClientPrograms } from "@pilot-light/core/postgres/programs";
import { openSession } from "@pilot-light/core/postgres/session";
import { openWorkDirectory } from "@pilot-light/core/work-directory";
import { sameDatabase } from "../errors.ts";
import type { ReachOptions } from "../options.ts";
import { stating } from "../plan/resulting-state.ts";
import { notReadable } from "../plan/rules/readable.ts";
import { describeMark } from "../read/copy-mark.ts";
import { sessionOptions, withFreshPassword } from "../read/connect.ts";
import { isSameDatabase, readFacts, type DatabaseFacts } from "../read/database-facts.ts";
import { resolvePair, withRoutes, type ResolvedPair } from "../resolve.ts";
import {
  compareSchemas,
  compareSequencesOf,
  compareTables,
  platformExtensions,
  versionNotes,
  type Pair,
} from "./differences.ts";
import type { Comparison } from "./documents.ts";
import { makeSchemaScript, renderSchemaScript } from "./schema-script.ts";
import { readComparedSide, type Compared, type ReadSide } from "./read-side.ts";

export interface CompareOptions extends Compared, ReachOptions {
  /** Parallel sessions for each database. */
  jobs: number;
  /** The database whose definitions the script would change; undefined for no script. Needs `schema`. */
  sql?: DatabaseSystem | undefined;
}

/** A failure of Neon has the class `source`, a failure of RDS the class `target`: the exit code shows which one failed. */
export const sides = { neon: "source", rds: "target" } as const;

/**
 * Compares both databases, each in one snapshot. The two snapshots are not of the same moment.
 * @throws OpsError SAME_DATABASE, NOT_READABLE (precondition), PG_DUMP_* (configuration), of class source for Neon and target for RDS
 */
export async function compareDatabases(
  options: CompareOptions,
  context: CommandContext,
): Promise<Comparison> {
  return await withRoutes(options, context, (routes) =>
    stating("nothing-written", context.signal, async () => {
      const resolved = await resolvePair(options.outputs, routes, context);
      return await compareBoth(resolved, options, { ...context, signal: resolved.signal });
    }),
  );
}

async function compareBoth(
  resolved: ResolvedPair,
  { jobs, schema, data, sql }: CompareOptions,
  context: CommandContext,
): Promise<Comparison> {
  const compared = { schema, data };
  const finding = findClientPrograms(context.environment);
  const { endpoints, facts } = await inspectBoth(resolved, context);
  const majors = [facts.neon.major, facts.rds.major];
  const programs = chooseClientPrograms(await finding, majors, Infinity);
  await using work = await openWorkDirectory();
  const { neon, rds } = await context.printer.step("read", async (report) => {
    const done = { neon: 0, rds: 0 };
    const all = { neon: 0, rds: 0 };
    const read = (system: "neon" | "rds") => {
      const onTable = (count: number, tables: number) => {
        done[system] = count;
        all[system] = tables;
        report({ done: done.neon + done.rds, all: all.neon + all.rds, noun: "tables" });
      };
      const endpoint = endpoints[system];
      const request = { endpoint, side: sides[system], programs, jobs, workDirectory: work.path, onTable };
      return readComparedSide({ ...compared, ...request }, context);
    };
    const [left, right] = await settleAll([read("neon"), read("rds")]);
    const what = [
      ...(compared.schema ? ["definitions"] : []),
      ...(compared.data ? ["rows", "sequences"] : []),
    ].join(", ");
    return {
      value: { neon: left, rds: right },
      summary: `${what} of both databases, each in one snapshot`,
    };
  });
  const comparison = describe({ neon, rds }, { endpoints, facts }, compared);
  if (sql === undefined) return comparison;
  const skippedExtensions = platformExtensions(facts);
  return { ...comparison, sql: scriptFor(sql, { neon, rds }, comparison, skippedExtensions) };
}

/** The script that would change the definitions of `target` to those of the other database. */
function scriptFor(
  target: DatabaseSystem,
  read: Pair<ReadSide>,
  comparison: Comparison,
  skippedExtensions: readonly string[],
): string {
  const source = target === "rds" ? "neon" : "rds";
  const sameMajor = majorOf(comparison.neon.version) === majorOf(comparison.rds.version);
  const options = { sameMajor, skippedExtensions };
  const script = makeSchemaScript(read[source].archive, read[target].archive, options);
  const others = (comparison.objects ?? [])
    .filter(({ kind, identity }) => !script.covers(kind, identity))
    .map(({ kind, identity }) => `${kind} ${identity}: pg_dump has no statement that changes it`);
  const describeSide = (system: DatabaseSystem) =>
    `${system} (${comparison[system].database} @ ${comparison[system].host})`;
  return renderSchemaScript(
    { ...script, byHand: [...script.byHand, ...others] },
    { source: describeSide(source), target: describeSide(target), madeAt: new Date().toISOString() },
  );
}

function majorOf(version: string): number {
  return Number.parseInt(version, 10);
}

/** Connects to both databases, and checks that they can be compared. */
async function inspectBoth(
  { neon, rds, rereadSecret }: ResolvedPair,
  { environment, signal }: CommandContext,
): Promise<{ endpoints: Pair<Endpoint>; facts: Pair<DatabaseFacts> }> {
  const [first, second] = await acquireAll([
    openSession(neon, sessionOptions(sides.neon, environment, signal)),
    withFreshPassword(rds, rereadSecret, (endpoint) =>
      openSession(endpoint, sessionOptions(sides.rds, environment, signal)),
    ),
  ]);
  await using opened = { neon: first, rds: second, [Symbol.asyncDispose]: close };
  async function close() {
    await Promise.all([first, second].map((session) => session[Symbol.asyncDispose]()));
  }
  if (await isSameDatabase(opened.neon, opened.rds)) throw sameDatabase(opened.neon.endpoint);
  const [neonFacts, rdsFacts] = await settleAll([readFacts(opened.neon), readFacts(opened.rds)]);
  const facts = { neon: neonFacts, rds: rdsFacts };
  for (const system of ["neon", "rds"] as const) {
    const { role, unreadable: objects } = facts[system];
    if (objects.length > 0) throw notReadable({ system, role, objects, isTarget: false });
  }
  return { endpoints: { neon: first.endpoint, rds: second.endpoint }, facts };
}

function describe(
  read: Pair<ReadSide>,
  { endpoints, facts }: { endpoints: Pair<Endpoint>; facts: Pair<DatabaseFacts> },
  { schema, data }: Compared,
): Comparison {
  const skippedExtensions = platformExtensions(facts);
  const { accepted, notes } = versionNotes(read, skippedExtensions);
  const sameMajor = facts.neon.major === facts.rds.major;
  const hidden = [...new Set([...read.neon.hidden, ...read.rds.hidden])];
  const side = (system: "neon" | "rds") => {
    const { database, host, port } = endpoints[system];
    return { database, host, port, version: facts[system].version, snapshot: read[system].snapshot };
  };
  return {
    neon: side("neon"),
    rds: side("rds"),
    objects: schema ? compareSchemas(read, { sameMajor, skippedExtensions, versions: accepted }) : null,
    tables: data ? compareTables(read) : null,
    sequences: data ? compareSequencesOf(read) : null,
    sql: null,
    notes: [
      ...(["neon", "rds"] as const).flatMap((system) => {
        const { mark } = facts[system];
        return mark === undefined ? [] : [`${system} is a changed copy: it ${describeMark(mark)}`];
      }),
      ...(schema ? notes : []),
      ...skippedExtensions.map(
        (name) => `extension ${name} exists on one platform only, and no object uses it: not compared`,
      ),
      ...(data
        ? hidden.map(
            (table) => `${table}: row-level security hides rows from the role, so they are not compared`,
          )
        : []),
    ],
  };
}
