/**
 * Step: compare the staging database with the snapshot, and refresh its statistics. pg_dump dumps the definitions while sessions read the rows
 * and then the settings for the next step.
 */
import { join } from "node:path";
import { plural } from "@pilot-light/core/output/format";
import type { Archive, ArchiveEntry } from "@pilot-light/core/inventory/archive";
import { withDatabase } from "@pilot-light/core/postgres/endpoint";
import type { Session } from "@pilot-light/core/postgres/session";
import { sessionOptions } from "../read/connect.ts";
import { readInventory } from "../read/inventory.ts";
import type { StepContext } from "../job.ts";
import { openSessions, type Sessions } from "../read/snapshot.ts";
import { settleAll } from "@pilot-light/core/async/settle";
import { readState } from "@pilot-light/core/inventory/state";
import { readPositions } from "@pilot-light/core/inventory/tables";
import { lossesBetween, type DatabaseContent } from "../copy/equality.ts";
import { isLeftOut } from "../copy/restore-list.ts";
import { dumpSchema, type SchemaDumpRequest } from "../copy/schema-dump.ts";
import { installedVersions, listDumpedSequences, readConfiguration } from "../read/extensions.ts";
import { analyzeParents, assertEqual, readingStaging } from "../copy/verify.ts";
import { withPrograms } from "../target/transaction.ts";
import type { LoadedSource } from "./loaded-source.ts";
import { openStaging } from "./sessions.ts";

/** The result of the verification. */
export interface Verified {
  /** Warnings about objects and rows that no dump contains. */
  losses: string[];
  /** The contents that the staging database was verified to have. */
  verified: DatabaseContent;
  /** Bytes of each table of the staging database. */
  sizes: ReadonlyMap<string, number>;
}

/** Opens the sessions that read the staging database. */
export async function openReaders({ environment, job, signal }: StepContext): Promise<Sessions> {
  const endpoint = withDatabase(job.target, job.staging);
  return await openSessions(endpoint, job.readers, sessionOptions("target", environment, signal));
}

/** @param open returns the sessions of `openReaders` */
export async function verifyStaging(
  loaded: LoadedSource,
  open: () => Promise<Sessions>,
  context: StepContext,
): Promise<Verified & { session: Session }> {
  const { job, rehearsal, together } = context;
  const endpoint = withDatabase(job.target, job.staging);
  return await verifyCopy(loaded, context, async (dump, read) => {
    // Every new database has the schema public. The source does not, so it is dropped.
    if (!loaded.hasPublic) {
      await using session = await openStaging(context);
      await session.query(dropPublic);
    }
    const readRows = async () => {
      await using sessions = await open();
      return await read(sessions.all);
    };
    const readAll = async () => {
      const found = await readRows();
      return { found, other: { session: await openStaging(context) } };
    };
    const [archive, rest] = await settleAll([
      together(rehearsal.replayed((libpq) => dump({ endpoint, environment: libpq }), context)),
      together(readAll()),
    ]);
    return { archive, ...rest };
  });
}

/** As `verifyStaging`, for the copy in the open transaction of the in-place method, which only this session sees. */
export async function verifyInPlace(
  loaded: LoadedSource,
  session: Session,
  context: StepContext,
): Promise<Verified> {
  const { job, libpq } = context;
  return await verifyCopy(loaded, context, async (dump, read) => {
    if (!loaded.hasPublic) await session.query(dropPublic);
    const archive = await withPrograms(
      session,
      { directory: job.workDirectory, environment: libpq.target },
      (environment) => dump({ endpoint: job.target, environment }),
    );
    return { archive, found: await read([session]), other: {} };
  });
}

const dropPublic = "drop schema if exists public";

type Found = Omit<DatabaseContent, "archive"> & {
  installed: ReadonlyMap<string, string>;
  inventory: { sizes: ReadonlyMap<string, number> };
};

/** Calls `dump` and `read` for the copy, and reads what else the next steps need. */
type Reading<Other> = (
  dump: (server: Pick<SchemaDumpRequest, "endpoint" | "environment">) => Promise<Archive>,
  read: (sessions: readonly Session[]) => Promise<Found>,
) => Promise<{ archive: Archive; found: Found; other: Other }>;

/**
 * Compares the copy with the expected contents.
 * @param reading opens the sessions in the copy: the two methods connect to it in different ways
 * @throws OpsError VERIFICATION_FAILED (target)
 */
async function verifyCopy<Other>(
  loaded: LoadedSource,
  context: StepContext,
  reading: Reading<Other>,
): Promise<Verified & Other> {
  const { printer, job, signal } = context;
  const { direction, options, programs, skippedExtensions, versions } = job;
  const { leftOut, relations } = loaded;
  return await printer.step("verify", async (progress) => {
    const report = (done: number, all: number) => progress({ done, all, noun: "tables" });
    const dump = (server: Pick<SchemaDumpRequest, "endpoint" | "environment">) =>
      dumpSchema({
        ...server,
        system: direction.target,
        programs,
        database: server.endpoint.database,
        file: join(job.workDirectory, "staging.schema"),
        signal,
        onStart: (line: string) => {
          printer.detail(`$ ${line}`);
        },
      });
    const read = async (sessions: readonly Session[]) => {
      const { inventory: rows, other } = await readInventory(
        sessions,
        { depth: loaded.reading, onTable: report, ...readingStaging },
        async (first) => ({
          installed: await installedVersions(first),
          state: await readState(first),
          configuration: await readConfiguration(first, relations, options.verify),
          sequences: await readPositions(first, await listDumpedSequences(first, relations)),
        }),
      );
      const [first] = sessions;
      if (first !== undefined) await analyzeParents(first);
      return { ...other, inventory: rows };
    };
    const { archive, found, other } = await reading(dump, read);
    const { expected, actual, sequencesAfter } = loaded.compare({ ...found, archive });
    const equality = {
      sequencesAfter,
      sameMajor: versions.sameMajor,
      skippedExtensions,
      installedVersions: found.installed,
      isLeftOut: (entry: ArchiveEntry) => isLeftOut(entry, leftOut),
    };
    const database = options.inPlace === true ? job.target.database : job.staging;
    assertEqual(expected, actual, equality, { database, system: direction.target });
    const how = options.verify === "checksums" ? "rows and hashes" : "row counts";
    const what = [
      `${plural(expected.inventory.tables.size, "table")} (${how})`,
      plural(expected.sequences.length, "sequence"),
      plural(expected.inventory.objects.length, "object"),
    ];
    const value = {
      losses: lossesBetween(expected, actual),
      verified: expected,
      sizes: found.inventory.sizes,
      ...other,
    };
    return { value, summary: `equal: ${what.join(", ")}` };
  });
}
