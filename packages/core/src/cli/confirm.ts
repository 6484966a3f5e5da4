/** The prompt before a change. The answer is the name of what will be changed, which nobody types by accident. */
import { interrupted, notConfirmed } from "../errors.ts";
import { withState } from "../ops-error.ts";

/** True when there is a terminal to ask on. */
export function canAsk(): boolean {
  return process.stdin.isTTY && process.stderr.isTTY;
}

/**
 * Asks for the name. Must run before anything is written: the errors state that nothing was.
 * @throws OpsError NOT_CONFIRMED (precondition) on another answer, INTERRUPTED
 */
export async function confirmByName(question: string, name: string, signal: AbortSignal): Promise<void> {
  const { isCancel, text } = await import("@clack/prompts");
  const answer = await text({
    message: `${question} Type  ${name}  to continue:`,
    output: process.stderr,
    signal,
  });
  // In raw mode a terminal sends no signal for Ctrl-C.
  if (isCancel(answer)) {
    throw withState(signal.aborted ? signal.reason : interrupted({ signal: "SIGINT" }), "nothing-written");
  }
  if (answer.trim() !== name) throw notConfirmed({ expected: name });
}
