/** Asking the person. The answer is the name of what will be changed, which nobody types by accident. */
import { OpsError, interrupted, interruptedUntouched } from "../errors.ts";

/** True when there is somebody to ask. */
export function canAsk(): boolean {
  return process.stdin.isTTY && process.stderr.isTTY;
}

/**
 * Asks for the name. Nothing may have been written yet: that is what is said when it is not typed.
 * @throws OpsError NOT_CONFIRMED (precondition) on another answer, INTERRUPTED
 */
export async function confirmByName(question: string, name: string, signal: AbortSignal): Promise<void> {
  const { isCancel, text } = await import("@clack/prompts");
  const answer = await text({
    message: `${question} Type  ${name}  to go on:`,
    output: process.stderr,
    signal,
  });
  // In raw mode a terminal sends no signal for Ctrl-C.
  if (isCancel(answer)) throw interruptedUntouched(signal.aborted ? signal.reason : interrupted("SIGINT"));
  if (answer.trim() !== name) {
    throw new OpsError("precondition", "NOT_CONFIRMED", `That is not "${name}". Nothing was written.`);
  }
}

/** The refusal where nobody can be asked. */
export function confirmationNeeded(command: string): OpsError {
  return new OpsError(
    "precondition",
    "CONFIRMATION_NEEDED",
    "There is no terminal to ask for confirmation. Nothing was written.",
    {
      hint: `To go on without a question:  ${command} --yes    To look first:  ${command} --dry-run`,
    },
  );
}
