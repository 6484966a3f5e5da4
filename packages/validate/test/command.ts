/** Runs `pnpm validate` as a process of its own. */
import { join } from "node:path";
import { run } from "@pilot-light/core/process";
import { z } from "zod";

const bin = join(import.meta.dirname, "../dist/bin.js");

export interface CommandRun {
  exitCode: number;
  stdout: string;
  /** Everything on stderr. */
  stderr: string;
}

export async function runCommand(
  env: Record<string, string>,
  args: readonly string[] = [],
  { cwd, signal }: { cwd?: string; signal?: AbortSignal } = {},
): Promise<CommandRun> {
  const lines: string[] = [];
  const result = await run(process.execPath, [bin, ...args], {
    environment: env,
    onStderr: (line) => lines.push(line),
    ...(cwd === undefined ? {} : { cwd }),
    ...(signal === undefined ? {} : { signal }),
  });
  return { exitCode: result.exitCode, stdout: result.stdout, stderr: lines.join("\n") };
}

const documentSchema = z.looseObject({
  version: z.literal(1),
  command: z.literal("validate"),
  outcome: z.string(),
  mode: z.enum(["active", "pilot-light"]).nullable(),
  checks: z.array(z.looseObject({ id: z.string(), status: z.string(), summary: z.string() })),
  summary: z.record(z.string(), z.number()),
});

/** The document of `--json`. */
export function parseDocument({ stdout }: CommandRun) {
  return documentSchema.parse(JSON.parse(stdout));
}
