/** Runs pg_dump and pg_restore, and ends them if their server no longer answers. By themselves they would wait forever. */
import { randomUUID } from "node:crypto";
import { stat } from "node:fs/promises";
import { watch } from "../async/watch.ts";
import type { Side } from "../errors.ts";
import type { GrowingStream } from "../async/growing-file.ts";
import { run, type RunOptions, type RunResult } from "../process.ts";
import type { Endpoint } from "./endpoint.ts";
import { renewPassword } from "./libpq.ts";
import { probeServer, probeTime, sessionOptions, stalled } from "./session.ts";

/** The server that a program works with. */
export interface Server {
  endpoint: Endpoint;
  side: Side;
}

/** The file that a program writes, or the stream that it reads. */
export interface Traffic {
  output?: string;
  input?: GrowingStream;
}

/**
 * Runs a program of PostgreSQL, with a new password if passwords are valid for minutes only. A line of stderr, growth of the output, and
 * waiting for the input are progress.
 * @throws OpsError CONNECTION_STALLED of the side's class, and as `run` does
 */
export async function runWatched(
  program: string,
  args: readonly string[],
  options: RunOptions,
  { endpoint, side }: Server,
  { output, input }: Traffic = {},
): Promise<RunResult> {
  // The server shows the sessions of this program under this name.
  const applicationName = `pilot-light ${randomUUID().slice(0, 8)}`;
  const cutting = new AbortController();
  const signals = [cutting.signal, ...(options.signal === undefined ? [] : [options.signal])];
  await renewPassword(endpoint, options.environment);
  let lines = 0;
  let size = 0;
  const running = run(program, args, {
    ...options,
    environment: { ...options.environment, PGAPPNAME: applicationName },
    signal: AbortSignal.any(signals),
    ...(input === undefined ? {} : { input: input.stream }),
    onStderr: (line) => {
      lines += 1;
      options.onStderr?.(line);
    },
  });
  const session = sessionOptions(side, options.environment);
  return await watch(
    running,
    {
      limit: session.stallLimit,
      probeTime: probeTime(session),
      progress: () => `${lines} ${size} ${input?.bytes ?? 0}`,
      probe: async (milliseconds, stop) => {
        // The program waits for its input: if anything has stalled, it is the program that writes the file.
        if (input?.waits === true) return undefined;
        const before = size;
        if (output !== undefined) size = (await stat(output).catch(() => ({ size }))).size;
        if (size !== before) return undefined;
        return await probeServer(endpoint, { failure: side }, { applicationName }, milliseconds, stop);
      },
    },
    (reason, seconds) => cutting.abort(stalled(endpoint, side, { reason, seconds })),
  );
}
