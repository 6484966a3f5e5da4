/** Runs `pnpm validate` in its own process. */
import { join } from "node:path";
import { run } from "@pilot-light/core/process";
import { assertDocument } from "@pilot-light/core/cli/documents";
import { documents, type Report } from "../src/documents.ts";

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

/** The `--json` document, checked against the schema that docs/json.md describes. */
export function checkedDocument({ stdout }: CommandRun): unknown {
  return assertDocument(documents, JSON.parse(stdout));
}

/** The document of a validation. */
export function parseDocument(result: CommandRun): Report & { outcome: string } {
  return checkedDocument(result) as Report & { outcome: string };
}
