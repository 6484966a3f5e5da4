/**
 * Compares two databases of one server as a sync does, without a sync: an original with a restored copy, or with clones of the copy that a
 * test alters.
 */
import { randomBytes } from "node:crypto";
import { mkdtemp, rm } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import type { Archive } from "@pilot-light/core/inventory/archive";
import { readArchive } from "@pilot-light/core/inventory/archive";
import { describeDifference } from "@pilot-light/core/inventory/compare";
import { listDataTables, readPositions, type FingerprintReading } from "@pilot-light/core/inventory/tables";
import { readState } from "@pilot-light/core/inventory/state";
import type { Environment } from "@pilot-light/core/config/env";
import { processEnvironment } from "@pilot-light/core/config/env";
import type { Endpoint } from "@pilot-light/core/postgres/endpoint";
import { libpqEnvironment } from "@pilot-light/core/postgres/libpq";
import { ident } from "@pilot-light/core/postgres/identifiers";
import type { ClientPrograms } from "@pilot-light/core/postgres/programs";
import { openSession } from "@pilot-light/core/postgres/session";
import { run } from "@pilot-light/core/process";
import type { Pair, Side } from "@pilot-light/sandbox/testing";
import {
  differencesBetween,
  dumpSchema,
  filterFlags,
  hasExtension,
  hasSchema,
  listConfiguration,
  listDumpedSequences,
  readConfiguration,
  readFilter,
  readingWithout,
  readInventory,
  readScope,
  scopeFlags,
  stateWithin,
  type DatabaseContent,
  type Filter,
} from "@pilot-light/sync/testing";
import { clientPrograms } from "./support.ts";

/** Further databases on the server of a pair. They are dropped with the pair, because their names begin with its name. */
export class Workbench implements AsyncDisposable {
  readonly #pair: Pair;
  readonly #side: Side;
  readonly #programs: ClientPrograms;
  readonly #directory: string;
  #libpq: Promise<Environment> | undefined;

  private constructor(pair: Pair, side: Side, programs: ClientPrograms, directory: string) {
    this.#pair = pair;
    this.#side = side;
    this.#programs = programs;
    this.#directory = directory;
  }

  static async open(pair: Pair, side: Side): Promise<Workbench> {
    const directory = await mkdtemp(join(tmpdir(), "pilot-light-workbench-"));
    return new Workbench(pair, side, await clientPrograms(), directory);
  }

  /** The pair's own database. */
  get original(): string {
    return this.#pair[this.#side].database;
  }

  /** Runs statements one by one in a database, as the superuser. */
  async execute(database: string, statements: readonly string[]): Promise<void> {
    await using session = await openSession(this.#endpoint(database), { failure: "target" });
    await session.query("set search_path = public");
    for (const statement of statements) await session.query(statement);
  }

  /** A copy of a database's files. */
  async clone(database: string): Promise<string> {
    const name = this.#newName();
    await this.#maintain(`create database ${ident(name)} template ${ident(database)}`);
    return name;
  }

  async create(): Promise<string> {
    const name = this.#newName();
    await this.#maintain(`create database ${ident(name)} template template0`);
    return name;
  }

  async drop(database: string): Promise<void> {
    await this.#maintain(`drop database ${ident(database)} with (force)`);
  }

  /** Dumps a database and restores it into a new one. */
  async copy(database: string, filter?: Filter): Promise<{ name: string; archive: Archive }> {
    const name = await this.create();
    // The dump of some schemas creates them.
    if (filter?.scope?.schemas.has("public") === true) await this.execute(name, ["drop schema public"]);
    const { archive, file } = await this.dump(database, filter);
    await this.#run(this.#programs.pgRestore, ["--exit-on-error", "--no-owner", `--dbname=${name}`, file]);
    return { name, archive };
  }

  /** Dumps a database. */
  async dump(database: string, filter?: Filter): Promise<{ archive: Archive; file: string }> {
    const file = join(this.#directory, `${randomBytes(3).toString("hex")}.dump`);
    const flags = filterFlags({ withoutRows: filter?.emptied ?? [], only: filter?.scope });
    await this.#run(this.#programs.pgDump, [
      "--format=custom",
      ...scopeFlags,
      ...flags,
      `--file=${file}`,
      database,
    ]);
    return { archive: await readArchive(file), file };
  }

  /** What filters choose of a database. */
  async filter(
    database: string,
    { schemas, excludeTableData }: { schemas: readonly string[]; excludeTableData: readonly string[] },
  ): Promise<Filter> {
    await using session = await openSession(this.#endpoint(database), { failure: "source" });
    const scope = schemas.length === 0 ? undefined : await readScope(session, schemas);
    return await readFilter(session, excludeTableData, await listDataTables(session), scope);
  }

  /** Rows as the manifests of earlier versions record them. */
  async readAs(depth: FingerprintReading, database: string): Promise<DatabaseContent["inventory"]> {
    await using session = await openSession(this.#endpoint(database), { failure: "target" });
    const { inventory } = await readInventory([session], { depth }, () => Promise.resolve(undefined));
    return inventory;
  }

  /** @param filter reads what the filter chooses, as a sync reads its source */
  async read(database: string, archive?: Archive, filter?: Filter): Promise<DatabaseContent> {
    const scope = filter?.scope;
    await using session = await openSession(this.#endpoint(database), { failure: "target" });
    const dumping = archive ?? this.#dumpSchema(database);
    const emptied = new Set(filter?.emptied.map(({ identity }) => identity));
    const { inventory } = await readInventory(
      [session],
      { depth: "checksums", fingerprint: readingWithout(emptied), scope },
      () => Promise.resolve(undefined),
    );
    const relations = (await listConfiguration(session)).filter(({ extension }) =>
      hasExtension(scope, extension),
    );
    const configuration = await readConfiguration(session, relations, "checksums");
    const listed = await listDumpedSequences(session, relations);
    const sequences = await readPositions(
      session,
      listed.filter(({ schema }) => hasSchema(scope, schema)),
    );
    const state = stateWithin(await readState(session), scope);
    return { archive: await dumping, state, configuration, inventory, sequences };
  }

  async #dumpSchema(database: string): Promise<Archive> {
    const file = join(this.#directory, `${database}.schema`);
    const environment = await this.#environment();
    return await dumpSchema({
      system: this.#side,
      endpoint: this.#endpoint(database),
      programs: this.#programs,
      environment,
      database,
      file,
    });
  }

  #newName(): string {
    return `${this.original}_${randomBytes(3).toString("hex")}`;
  }

  #endpoint(database: string): Endpoint {
    const { hostname, port, username, password } = new URL(this.#pair[this.#side].adminUrl);
    const login = { user: decodeURIComponent(username), password: decodeURIComponent(password) };
    const place = { system: this.#side, host: hostname, port: Number(port), database };
    return { ...place, ...login, tls: { mode: "disable" }, notes: [] };
  }

  #environment(): Promise<Environment> {
    this.#libpq ??= libpqEnvironment(this.#endpoint("postgres"), this.#directory, {
      PATH: processEnvironment().PATH,
    });
    return this.#libpq;
  }

  async #maintain(statement: string): Promise<void> {
    await using session = await openSession(this.#endpoint("postgres"), { failure: "target" });
    await session.query(statement);
  }

  async #run(program: string, args: readonly string[]): Promise<void> {
    const { exitCode, stderr } = await run(program, args, { environment: await this.#environment() });
    if (exitCode !== 0) throw new Error(stderr.join("\n"));
  }

  async [Symbol.asyncDispose](): Promise<void> {
    await rm(this.#directory, { recursive: true, force: true });
  }
}

/** All differences between two databases, as lines. */
export function differencesOf(
  expected: DatabaseContent,
  actual: DatabaseContent,
  { sameMajor } = { sameMajor: true },
): string[] {
  const { extensions } = expected.state;
  const differences = differencesBetween(expected, actual, {
    sequencesAfter: expected.sequences,
    sameMajor,
    skippedExtensions: [],
    installedVersions: new Map(Object.entries(extensions).map(([name, { version }]) => [name, version])),
    isLeftOut: () => false,
  });
  return differences.map(describeDifference);
}
