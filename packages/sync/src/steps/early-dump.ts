/**
 * A dump of the source that begins before the plan is complete. The plan may still refuse the sync. Nobody takes the dump then, and it ends
 * without a trace.
 */
import type { CommandContext } from "@pilot-light/core/cli/command";
import { SourceDump, type SourceDumpRequest } from "./source-dump.ts";

export class EarlyDump implements AsyncDisposable {
  readonly #context: CommandContext;
  readonly #ending = new AbortController();
  #dump: Promise<SourceDump> | undefined;

  constructor(context: CommandContext) {
    const signal = AbortSignal.any([context.signal, this.#ending.signal]);
    this.#context = { ...context, signal };
  }

  /** Begins the dump. Throws nothing: a dump that fails is not taken, and the step begins another one, which reports the error. */
  begin(request: SourceDumpRequest): void {
    this.#dump = SourceDump.begin(request, this.#context);
    this.#dump.catch(() => undefined);
  }

  /** The dump if it has begun, and if nothing of it has failed. The caller disposes of it. */
  async take(): Promise<SourceDump | undefined> {
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
