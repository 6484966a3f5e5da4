/** Runs the commands that read dumps, and prints what they found. */
import type { CommandContext, CommandOutcome } from "@pilot-light/core/cli/command";
import { exitCodes } from "@pilot-light/core/ops-error";
import { readDump, readDumpList, type DumpsOptions } from "../dumps/list.ts";
import { downloadDump, verifyDump } from "../dumps/verify.ts";
import { printDownload, printDump, printDumpList, printVerification } from "./render-dumps.ts";

export async function runList(
  options: DumpsOptions & { limit: number },
  context: CommandContext,
): Promise<CommandOutcome> {
  const list = await readDumpList(options, context);
  printDumpList(list, options, context.printer);
  return { outcome: "listed", document: list };
}

export async function runShow(
  key: string,
  options: DumpsOptions,
  context: CommandContext,
): Promise<CommandOutcome> {
  const { dump, manifest } = await readDump(key, options, context);
  printDump(dump, manifest, context.printer);
  return { outcome: "shown", document: { dump, manifest } };
}

export async function runVerify(
  key: string,
  options: DumpsOptions,
  context: CommandContext,
): Promise<CommandOutcome> {
  const verification = await verifyDump(key, options, context);
  printVerification(verification, context.printer);
  const isIntact = verification.problems.length === 0;
  return isIntact
    ? { outcome: "intact", document: verification }
    : { outcome: "damaged", document: verification, exit: exitCodes.problems };
}

export async function runDownload(
  key: string,
  options: DumpsOptions & { file?: string | undefined },
  context: CommandContext,
): Promise<CommandOutcome> {
  const { dump, file, sha256 } = await downloadDump(key, options, context);
  printDownload({ dump, file, sha256 }, context.printer);
  return { outcome: "downloaded", document: { dump, file, sha256 } };
}
