/**
 * Makes the pg_dump of the step `verify` take few round trips: while the rows are loaded, pg_dump dumps the definitions of the staging database
 * once as a rehearsal, and its statements are recorded. `verify` sends them together. Nothing depends on the rehearsal: every answer of `verify`
 * is an answer of the server in `verify`, and without a recording pg_dump waits for each answer.
 */
import { join } from "node:path";
import type { Environment } from "@pilot-light/core/config/env";
import { messageOf, OpsError } from "@pilot-light/core/ops-error";
import { withDatabase } from "@pilot-light/core/postgres/endpoint";
import { withOwnConnection } from "@pilot-light/core/postgres/program-socket";
import type { Statements } from "@pilot-light/core/postgres/relay";
import { Recording, replay } from "@pilot-light/core/postgres/replay";
import { writeSchema } from "../copy/schema-dump.ts";
import type { Rehearsing, StepContext } from "../job.ts";
import { isRehearsalFaster } from "./restore-jobs.ts";
import { openStaging } from "./sessions.ts";

export class Rehearsal implements Rehearsing {
  #recording: Recording | undefined;
  #ending = new AbortController();
  #running: Promise<void> = Promise.resolve();

  /**
   * Begins the rehearsal if it saves time and takes no connection from the jobs. Call it when the staging database has its tables. Throws nothing.
   * @param context its signal ends the rehearsal as well
   */
  begin(context: StepContext): void {
    if (!context.job.mayRehearse || !isRehearsalFaster(context.job)) return;
    const earlier = this.end();
    const recording = new Recording();
    this.#recording = recording;
    this.#ending = new AbortController();
    const signal = AbortSignal.any([context.signal, this.#ending.signal]);
    const rehearse = earlier.then(() => run(recording, { ...context, signal }));
    this.#running = context.together(rehearse.catch(() => undefined));
  }

  /**
   * Ends the rehearsal, complete or not: pg_dump holds locks with which no constraint can be created. What it has sent until then stays
   * recorded.
   */
  async end(): Promise<void> {
    this.#ending.abort(new Error("The rows are loaded."));
    await this.#running;
  }

  /**
   * Calls `dump` with the environment of a pg_dump whose recorded statements are replayed. If that fails, pg_dump runs again without them, and
   * reports what is wrong.
   * @throws what `dump` throws
   */
  async replayed<T>(dump: (environment: Environment) => Promise<T>, context: StepContext): Promise<T> {
    const { libpq, printer, signal } = context;
    const recorded = this.#recording?.statements ?? [];
    if (recorded.length > 0) {
      try {
        return await connected(replay(recorded), context, dump);
      } catch (error) {
        signal.throwIfAborted();
        if (error instanceof OpsError && error.code === "CONNECTION_STALLED") throw error;
        printer.detail(`pg_dump runs again, without recorded statements: ${messageOf(error)}`);
      }
    }
    return await dump(libpq.target);
  }
}

async function run(recording: Recording, context: StepContext): Promise<void> {
  const { job, printer, signal } = context;
  const { direction, programs, staging, target, workDirectory } = job;
  await connected(recording, context, (environment) =>
    writeSchema({
      system: direction.target,
      endpoint: withDatabase(target, staging),
      programs,
      environment,
      database: staging,
      file: join(workDirectory, "rehearsal.schema"),
      signal,
      onStart: (line) => {
        printer.detail(`$ ${line}`);
      },
    }),
  );
}

/** Runs a program in a connection to the staging database. */
async function connected<T>(
  statements: Statements,
  context: StepContext,
  work: (environment: Environment) => Promise<T>,
): Promise<T> {
  const { job, libpq } = context;
  await using session = await openStaging(context);
  const place = { directory: job.workDirectory, environment: libpq.target };
  return await withOwnConnection(session, place, statements, work);
}
