/** A dump of the source that is being written, and the sessions that read the same snapshot meanwhile. */
import { rm } from "node:fs/promises";
import { join } from "node:path";
import { GrowingFile } from "@pilot-light/core/async/growing-file";
import type { CommandContext } from "@pilot-light/core/cli/command";
import type { Archive } from "@pilot-light/core/inventory/archive";
import { readState } from "@pilot-light/core/inventory/state";
import { readPositions, type SequencePosition } from "@pilot-light/core/inventory/tables";
import type { Endpoint } from "@pilot-light/core/postgres/endpoint";
import { libpqEnvironment } from "@pilot-light/core/postgres/libpq";
import type { ClientPrograms } from "@pilot-light/core/postgres/programs";
import { makeDump, type Dump } from "../copy/dump.ts";
import { waitForArchive } from "../copy/own-archive.ts";
import type { SyncOptions } from "../options.ts";
import { sessionOptions } from "../read/connect.ts";
import {
  listDumpedSequences,
  listReadableConfiguration,
  readConfiguration,
  type ConfigurationRelation,
} from "../read/extensions.ts";
import { readingWithout, type Filter } from "../read/filter.ts";
import { readInventory } from "../read/inventory.ts";
import { hasSchema, schemaIn, stateWithin } from "../read/scope.ts";
import { openSnapshot, type Snapshot } from "../read/snapshot.ts";
import { privilegesWithin } from "../target/privileges.ts";
import { readPrivileges } from "../target/read-privileges.ts";
import { Background } from "./background.ts";

/** What is dumped, and how. */
export interface SourceDumpRequest {
  endpoint: Endpoint;
  programs: ClientPrograms;
  /** Sessions that read tables at the same time. */
  readers: number;
  /** Undefined if everything is dumped. */
  filter: Filter | undefined;
  /** Extensions that the copy does not get. */
  skippedExtensions: readonly string[];
  verify: SyncOptions["verify"];
  /** Directory for the dump. */
  workDirectory: string;
}

/** Rows, definitions and settings in the snapshot. */
type Contents = Awaited<ReturnType<typeof readContents>>;

/** The configuration tables and sequences of extensions: those that are copied, and the others. */
export interface Configuration {
  relations: readonly ConfigurationRelation[];
  skipped: readonly ConfigurationRelation[];
}

export class SourceDump implements AsyncDisposable {
  readonly request: SourceDumpRequest;
  /** What works for this dump. The first part that fails ends the others. */
  readonly parts: Background;
  readonly snapshot: Snapshot;
  readonly configuration: Configuration;
  /** Read before pg_dump started. pg_dump reads them at some time until it ends. */
  readonly sequences: readonly SequencePosition[];
  readonly file: GrowingFile;
  /** Resolves when pg_dump has written the table of contents. */
  readonly archive: Promise<Archive>;
  readonly dump: Promise<Dump>;
  readonly contents: Promise<Contents>;
  /** Called after each table that was read. */
  onTable: (done: number, tables: number) => void = () => undefined;
  readonly #list: Awaited<ReturnType<typeof listDumpedSequences>>;

  private constructor(
    request: SourceDumpRequest,
    snapshot: Snapshot,
    { configuration, list, sequences }: Before,
    parts: Background,
    wanted: Promise<void>,
    context: CommandContext,
  ) {
    this.request = request;
    this.parts = parts;
    this.snapshot = snapshot;
    this.configuration = configuration;
    this.sequences = sequences;
    this.#list = list;
    this.file = new GrowingFile(fileOf(request));
    let onLocked: () => void = () => undefined;
    const locked = new Promise<void>((resolve) => (onLocked = resolve));
    this.dump = parts.start(this.#write(() => onLocked(), context));
    this.archive = parts.start(waitForArchive(this.file, parts.signal));
    // Not before pg_dump has its locks: a TRUNCATE that waits for these readers would make pg_dump wait behind it, forever.
    this.contents = parts.start(Promise.all([locked, wanted]).then(() => readContents(this)));
  }

  /**
   * Opens the snapshot, and starts pg_dump and the reading of the rows in it.
   * @param wanted the rows are not read before it resolves
   * @throws OpsError of class `source`
   */
  static async begin(
    request: SourceDumpRequest,
    context: CommandContext,
    wanted = Promise.resolve(),
  ): Promise<SourceDump> {
    const parts = new Background(context.signal);
    const { endpoint, readers } = request;
    const options = sessionOptions("source", context.environment, parts.signal);
    const snapshot = await openSnapshot(endpoint, readers, options, { besideDump: true });
    try {
      const before = await readBefore(request, snapshot);
      // An earlier attempt may have left the file. A reader must not mistake it for the new one.
      await rm(fileOf(request), { force: true });
      return new SourceDump(request, snapshot, before, parts, wanted, context);
    } catch (error) {
      await snapshot[Symbol.asyncDispose]();
      throw error;
    }
  }

  /**
   * The positions of the sequences now: sequences are outside of every snapshot. Call it when the dump and the contents are complete.
   * @throws OpsError SOURCE_REWRITTEN (source)
   */
  async finish(): Promise<readonly SequencePosition[]> {
    const scope = this.request.filter?.scope;
    const after = await readPositions(this.snapshot.outside, this.#list);
    await this.snapshot.assertNotRewritten("source", (identity) =>
      hasSchema(scope, schemaIn(identity) ?? ""),
    );
    return after;
  }

  async [Symbol.asyncDispose](): Promise<void> {
    await this.snapshot[Symbol.asyncDispose]();
  }

  async #write(onLocked: () => void, { environment, printer }: CommandContext): Promise<Dump> {
    const { endpoint, filter, programs, workDirectory } = this.request;
    const dump = await makeDump(
      {
        onLocked,
        system: endpoint.system,
        endpoint,
        programs,
        environment: await libpqEnvironment(endpoint, workDirectory, environment),
        file: this.file.path,
        snapshot: this.snapshot.id,
        side: "source",
        withoutRows: filter?.emptied ?? [],
        only: filter?.scope,
      },
      { environment, printer, signal: this.parts.signal },
    );
    this.file.complete();
    return dump;
  }
}

const fileOf = ({ workDirectory }: SourceDumpRequest) => join(workDirectory, "source.dump");

/** What is read before pg_dump starts. */
interface Before {
  configuration: Configuration;
  list: Awaited<ReturnType<typeof listDumpedSequences>>;
  sequences: readonly SequencePosition[];
}

async function readBefore(
  { filter, skippedExtensions }: SourceDumpRequest,
  { first, outside }: Snapshot,
): Promise<Before> {
  const all = await listReadableConfiguration(first, filter?.scope);
  const isSkipped = ({ extension }: ConfigurationRelation) => skippedExtensions.includes(extension);
  const relations = all.filter((relation) => !isSkipped(relation));
  const list = await listDumpedSequences(first, relations, filter?.scope);
  const sequences = await readPositions(outside, list);
  return { configuration: { relations, skipped: all.filter(isSkipped) }, list, sequences };
}

async function readContents(dump: SourceDump) {
  const { filter, verify } = dump.request;
  const scope = filter?.scope;
  const emptied = new Set(filter?.emptied.map(({ identity }) => identity));
  const onTable = (done: number, tables: number) => dump.onTable(done, tables);
  const { inventory, other } = await readInventory(
    dump.snapshot.sessions,
    { depth: verify, onTable, fingerprint: readingWithout(emptied), scope },
    async (first) => ({
      configuration: await readConfiguration(first, dump.configuration.relations, verify),
      state: stateWithin(await readState(first), scope),
      privileges: privilegesWithin(await readPrivileges(first), scope),
    }),
  );
  return { ...other, inventory };
}
