/** `pnpm status --watch`: shows the status repeatedly. A terminal is redrawn; elsewhere each change is a line. */
import { setTimeout as sleep } from "node:timers/promises";
import type { CommandContext, CommandOutcome } from "@pilot-light/core/cli/command";
import { messageOf } from "@pilot-light/core/ops-error";
import { openContext } from "../context.ts";
import { modeText, outcomeOf, printStatus, readStatus, statusRows, type StatusFacts } from "./status.ts";

/**
 * Shows the status until Ctrl-C, which is the usual end: exit code 0. After the first time, a status that cannot be read is shown as well, and
 * read again.
 * @param interval milliseconds between two readings
 * @throws what the first reading throws
 */
export async function watchStatus(interval: number, command: CommandContext): Promise<CommandOutcome> {
  const { printer, signal } = command;
  await using context = await openContext(command);
  let facts = await readStatus(context);
  const draw = (note: string) => {
    printer.clearScreen();
    printStatus(facts, context);
    printer.line();
    printer.row({ label: "  ", text: note });
  };
  const every = `every ${interval / 1000} s, until Ctrl-C`;
  if (printer.redraws) draw(`${clock()} UTC, ${every}`);
  else {
    printStatus(facts, context);
    printer.line();
    printer.line(`  changes ${every}:`);
  }
  let failure = "";
  while (!(await interrupted(interval, signal))) {
    try {
      const next = await readStatus(context);
      if (!printer.redraws) {
        if (failure !== "") printer.line(`  ${clock()}  the status can be read again`);
        for (const change of changesBetween(facts, next)) printer.line(`  ${clock()}  ${change}`);
      }
      facts = next;
      failure = "";
      if (printer.redraws) draw(`${clock()} UTC, ${every}`);
    } catch (error) {
      // Ctrl-C makes running requests fail.
      if (signal.aborted) break;
      const message = messageOf(error);
      if (printer.redraws) draw(`${clock()} UTC, cannot read the status: ${message}`);
      else if (message !== failure) printer.line(`  ${clock()}  cannot read the status: ${message}`);
      failure = message;
    }
  }
  return outcomeOf(facts);
}

/** One line for each part that changed: "services  backend 1/2 -> backend 2/2". */
export function changesBetween(before: StatusFacts, after: StatusFacts): string[] {
  const rows = (facts: StatusFacts) => new Map([["mode", modeText(facts)], ...statusRows(facts)]);
  const [old, now] = [rows(before), rows(after)];
  return [...new Set([...old.keys(), ...now.keys()])].flatMap((word) => {
    const [was, is] = [old.get(word) ?? "none", now.get(word) ?? "none"];
    return was === is ? [] : [`${word}  ${was} -> ${is}`];
  });
}

/** Waits; true when the command was interrupted. */
async function interrupted(milliseconds: number, signal: AbortSignal): Promise<boolean> {
  await sleep(milliseconds, undefined, { signal }).catch(() => undefined);
  return signal.aborted;
}

/** "09:30:05", in UTC. */
function clock(): string {
  return new Date().toISOString().slice(11, 19);
}
