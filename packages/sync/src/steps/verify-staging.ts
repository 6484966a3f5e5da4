/**
 * Step: compare the staging database with the snapshot, and refresh its statistics. pg_dump reads the definitions while the rows are read,
 * and then the settings that the next step needs.
 */
import { join } from "node:path";
import { plural } from "@pilot-light/core/output/format";
import { withDatabase, type Endpoint } from "@pilot-light/core/postgres/endpoint";
import { openSession, type SessionOptions } from "@pilot-light/core/postgres/session";
import { sessionOptions } from "../read/connect.ts";
import { readInventory } from "../read/inventory.ts";
import type { StepContext } from "../job.ts";
import { openSessions } from "../read/snapshot.ts";
import { settleAll } from "@pilot-light/core/async/settle";
import { readState } from "@pilot-light/core/inventory/state";
import { readPositions } from "@pilot-light/core/inventory/tables";
import { lossesBetween, type DatabaseContent } from "../copy/equality.ts";
import { isLeftOut } from "../copy/restore-list.ts";
import { dumpSchema } from "../copy/schema-dump.ts";
import { installedVersions, listDumpedSequences, readConfiguration } from "../read/extensions.ts";
import { analyzeParents, assertEqual, fingerprintStagingTables } from "../copy/verify.ts";
import { readSettings, type SettingsToCarry } from "./carry-settings.ts";
import type { LoadedSource } from "./loaded-source.ts";

/** What the verification found. */
export interface Verified {
  /** Warnings about what every dump leaves out. */
  losses: string[];
  /** What the staging database is equal to. */
  verified: DatabaseContent;
  /** Bytes of each table of the staging database. */
  sizes: ReadonlyMap<string, number>;
  settings: SettingsToCarry;
}

export async function verifyStaging(loaded: LoadedSource, context: StepContext): Promise<Verified> {
  const { printer, environment, job, libpq, signal, together } = context;
  const { direction, options, programs, staging, skippedExtensions, target, versions } = job;
  const { leftOut, reading, relations } = loaded;
  return await printer.step("verify", async (progress) => {
    const endpoint = withDatabase(target, staging);
    const sessionOpts = sessionOptions("target", environment, signal);
    // A new database has this schema; the source's owner may have dropped it.
    if (!loaded.hasPublic) await dropPublic(endpoint, sessionOpts);
    const report = (done: number, all: number) => progress({ done, all, noun: "tables" });
    const schemaDump = {
      system: direction.target,
      endpoint,
      programs,
      environment: libpq.target,
      database: staging,
      file: join(job.workDirectory, "staging.schema"),
      signal,
      onStart: (line: string) => {
        printer.detail(`$ ${line}`);
      },
    };
    const readRows = async () => {
      await using sessions = await openSessions(endpoint, job.readers, sessionOpts);
      const { inventory: rows, other } = await readInventory(
        sessions.all,
        { depth: reading, onTable: report, fingerprint: fingerprintStagingTables },
        async (first) => ({
          installed: await installedVersions(first),
          state: await readState(first),
          configuration: await readConfiguration(first, relations, options.verify),
          sequences: await readPositions(first, await listDumpedSequences(first, relations)),
        }),
      );
      await analyzeParents(sessions.first);
      return { ...other, inventory: rows };
    };
    const readAll = async () => {
      const found = await readRows();
      return { found, settings: await readSettings(context) };
    };
    const [archive, { found, settings }] = await settleAll([
      together(dumpSchema(schemaDump)),
      together(readAll()),
    ]);
    const { expected, actual, sequencesAfter } = loaded.compare({ ...found, archive });
    assertEqual(expected, actual, {
      sequencesAfter,
      sameMajor: versions.sameMajor,
      skippedExtensions,
      installedVersions: found.installed,
      isLeftOut: (entry) => isLeftOut(entry, leftOut),
    });
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
      settings,
    };
    return { value, summary: `equal: ${what.join(", ")}` };
  });
}

async function dropPublic(staging: Endpoint, options: SessionOptions): Promise<void> {
  await using session = await openSession(staging, options);
  await session.query("drop schema if exists public");
}
