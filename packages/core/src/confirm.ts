/** Asking the person. The answer is the name of what will be changed, which nobody types by accident. */
import { OpsError, interrupted } from "./errors.ts";

/** True when there is somebody to ask. */
export function canAsk(): boolean {
  return process.stdin.isTTY && process.stderr.isTTY;
}

/**
 * Asks until the name is typed.
 * @throws OpsError NOT_CONFIRMED (precondition) on another answer, INTERRUPTED on Ctrl-C
 */
export async function confirmByName(question: string, name: string, signal: AbortSignal): Promise<void> {
  const { isCancel, text } = await import("@clack/prompts");
  const answer = await text({
    message: `${question} Type  ${name}  to go on:`,
    output: process.stderr,
    signal,
  });
  if (isCancel(answer)) throw interrupted("Ctrl-C");
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
