/** Reads one side of a comparison in one snapshot. Writes nothing to the server. */
import { join } from "node:path";
import type { CommandContext } from "@pilot-light/core/cli/command";
import type { Side } from "@pilot-light/core/errors";
import { readState } from "@pilot-light/core/inventory/state";
import { fingerprintTables, listDataTables, readPositions } from "@pilot-light/core/inventory/tables";
import type { Endpoint } from "@pilot-light/core/postgres/endpoint";
import { libpqEnvironment } from "@pilot-light/core/postgres/libpq";
import type { ClientPrograms } from "@pilot-light/core/postgres/programs";
import type { DatabaseContent } from "../copy/equality.ts";
import { dumpSchema } from "../copy/schema-dump.ts";
import { sessionOptions } from "../read/connect.ts";
import {
  installedVersions,
  listReadableConfiguration,
  listDumpedSequences,
  readConfiguration,
} from "../read/extensions.ts";
import { readInventory, readObjects } from "../read/inventory.ts";
import { readBusy } from "../read/lock-watch.ts";
import { openSnapshot, type Snapshot } from "../read/snapshot.ts";

/** What is compared. */
export interface Compared {
  schema: boolean;
  data: boolean;
}

export interface ReadRequest extends Compared {
  endpoint: Endpoint;
  /** Decides the exit code of a failure. */
  side: Side;
  programs: ClientPrograms;
  jobs: number;
  workDirectory: string;
  onTable: (done: number, all: number) => void;
}

/** One side, read completely. */
export interface ReadSide extends DatabaseContent {
  snapshot: string;
  /** Version of each extension that the server installs by default. */
  installed: ReadonlyMap<string, string>;
  /** Tables of which row-level security hides rows from the role: they are not read. */
  hidden: ReadonlySet<string>;
}

/** @throws OpsError DUMP_FAILED, TABLE_LOCKED, SOURCE_REWRITTEN and others of the side's class */
export async function readComparedSide(request: ReadRequest, context: CommandContext): Promise<ReadSide> {
  const { endpoint, side, jobs, data } = request;
  const { environment, signal } = context;
  return await readBusy(endpoint, side, context, async () => {
    const options = sessionOptions(side, environment, signal);
    await using snapshot = await openSnapshot(endpoint, data ? jobs : 1, options);
    const read = await readSnapshot(snapshot, request, context);
    await snapshot.assertNotRewritten(side);
    return read;
  });
}

async function readSnapshot(
  snapshot: Snapshot,
  request: ReadRequest,
  context: CommandContext,
): Promise<ReadSide> {
  const { first, outside } = snapshot;
  const { data, onTable } = request;
  const relations = await listReadableConfiguration(first);
  // A snapshot does not hold the positions of sequences. Read at its beginning, they fit the rows of the snapshot best.
  const sequences = data ? await readPositions(outside, await listDumpedSequences(first, relations)) : [];
  // pg_dump runs before the rows are read: a TRUNCATE that waits for these reads would make pg_dump wait behind it.
  const archive = request.schema ? await schemaOf(snapshot, request, context) : noArchive;
  const hidden = new Set(
    (await listDataTables(first)).filter(({ hidesRows }) => hidesRows).map(({ group }) => group),
  );
  const readRest = async () => ({
    state: await readState(first),
    configuration: data ? await readConfiguration(first, relations, "checksums") : noConfiguration,
    installed: await installedVersions(first),
  });
  const { inventory, other } = data
    ? await readInventory(
        snapshot.sessions,
        { depth: "checksums", onTable, fingerprint: fingerprintVisible },
        readRest,
      )
    : {
        inventory: { objects: await readObjects(first), tables: new Map(), largeObjects: { rows: 0 } },
        other: await readRest(),
      };
  return { ...other, snapshot: snapshot.id, archive, inventory, sequences, hidden };
}

/** As `fingerprintTables`, but without reading tables that hide rows from the role. */
export const fingerprintVisible: typeof fingerprintTables = async (session, tables, reading) => {
  const visible = tables.filter(({ hidesRows }) => !hidesRows);
  const found = await fingerprintTables(session, visible, reading);
  return tables.map((table) => found[visible.indexOf(table)] ?? { rows: 0 });
};

const noArchive = { standardStrings: true, entries: [] };
const noConfiguration = { rows: new Map<string, never>(), leftOut: new Map<string, never>() };

async function schemaOf(
  snapshot: Snapshot,
  { endpoint, side, programs, workDirectory }: ReadRequest,
  { environment, printer, signal }: CommandContext,
) {
  return await dumpSchema({
    system: endpoint.system,
    endpoint,
    programs,
    environment: await libpqEnvironment(endpoint, workDirectory, environment),
    database: endpoint.database,
    side,
    snapshot: snapshot.id,
    file: join(workDirectory, `${endpoint.system}.schema`),
    signal,
    onStart: (line) => printer.detail(`$ ${line}`),
  });
}
