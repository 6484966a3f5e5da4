/**
 * A dump of the source that begins before the plan is complete. The plan may still refuse the sync. Nobody takes the dump then, and it ends
 * without a trace.
 */
import type { CommandContext } from "@pilot-light/core/cli/command";
import type { SyncOptions } from "../options.ts";
import type { AllowedSource } from "../plan/inspect.ts";
import { usefulReaders } from "../read/inventory.ts";
import { SourceDump, type SourceDumpRequest } from "./source-dump.ts";

export class EarlyDump implements AsyncDisposable {
  readonly #context: CommandContext;
  readonly #ending = new AbortController();
  #dump: Promise<SourceDump> | undefined;
  #want: () => void = () => undefined;

  constructor(context: CommandContext) {
    const signal = AbortSignal.any([context.signal, this.#ending.signal]);
    this.#context = { ...context, signal };
  }

  /** Begins the dump. Throws nothing: a dump that fails is not taken, and the step begins another one, which reports the error. */
  begin(request: SourceDumpRequest): void {
    // The counts of the plan come first: the loading of the rows waits for them, and pg_dump takes longer than the reading.
    const wanted = new Promise<void>((resolve) => (this.#want = resolve));
    this.#dump = SourceDump.begin(request, this.#context, wanted);
    this.#dump.catch(() => undefined);
  }

  /** The dump if it has begun, and if nothing of it has failed. The caller disposes of it. */
  async take(): Promise<SourceDump | undefined> {
    this.#want();
    const dump = await this.#dump?.catch(() => undefined);
    this.#dump = undefined;
    if (dump === undefined || !dump.parts.signal.aborted) return dump;
    await discard(dump);
    return undefined;
  }

  async [Symbol.asyncDispose](): Promise<void> {
    this.#ending.abort(new Error("Nobody needs this dump."));
    const dump = await this.take();
    if (dump !== undefined) await discard(dump);
  }
}

async function discard(dump: SourceDump): Promise<void> {
  await dump.parts.stop(undefined);
  await dump[Symbol.asyncDispose]();
}

/**
 * What a dump needs that begins while the plan is being completed; undefined if the dump must wait for the plan. It must wait if a person is asked
 * first, if a lock on the target comes first (in place), and if the source accepts too few connections for a dump and an inspection.
 */
export function earlyRequest(
  { endpoint, facts, filter, findings, programs, tables }: AllowedSource,
  { inPlace, jobs, verify, yes }: SyncOptions,
  workDirectory: string,
): SourceDumpRequest | undefined {
  // Both read with all jobs. The dump needs two more connections.
  const needed = 2 * jobs + 2;
  const spare = Object.values(facts.spareConnections).map((connections) => connections ?? Infinity);
  if (yes !== true || inPlace === true || Math.min(...spare) < needed) return undefined;
  const { skippedExtensions } = findings;
  const readers = usefulReaders(tables, findings.jobs ?? jobs);
  return { endpoint, programs, readers, filter, skippedExtensions, verify, workDirectory };
}
