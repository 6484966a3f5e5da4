/** The prompt before a change. The answer is the name of what will be changed, which nobody types by accident. */
import { interrupted, notConfirmed } from "../errors.ts";
import { withState } from "../ops-error.ts";
import { isSimilar } from "./usage.ts";

/** True when there is a terminal to ask on. */
export function canAsk(): boolean {
  return process.stdin.isTTY && process.stderr.isTTY;
}

/** How often a person may type a name that is nearly right. */
const attempts = 3;

/**
 * Asks for the name. After an answer that is nearly the name it asks again; any other answer declines. Must run before anything is
 * written: the errors state that nothing was.
 * @throws OpsError NOT_CONFIRMED (precondition) on another answer, INTERRUPTED
 */
export async function confirmByName(question: string, name: string, signal: AbortSignal): Promise<void> {
  let before = question;
  for (let attempt = 1; attempt <= attempts; attempt++) {
    const answer = await ask(`${before} Type  ${name}  to continue:`, signal);
    if (answer === name) return;
    if (!isSimilar(answer, name)) break;
    before = `${answer} is not ${name}.`;
  }
  throw notConfirmed({ expected: name });
}

/**
 * Asks for a secret, which is not shown.
 * @throws OpsError INTERRUPTED
 */
export async function askSecretly(message: string, signal: AbortSignal): Promise<string> {
  const { isCancel, password } = await import("@clack/prompts");
  const answer = await password({ message, output: process.stderr, signal });
  if (isCancel(answer)) {
    throw withState(signal.aborted ? signal.reason : interrupted({ signal: "SIGINT" }), "nothing-written");
  }
  return answer;
}

/** @throws OpsError INTERRUPTED */
async function ask(message: string, signal: AbortSignal): Promise<string> {
  const { isCancel, text } = await import("@clack/prompts");
  const answer = await text({ message, output: process.stderr, signal });
  // In raw mode a terminal sends no signal for Ctrl-C.
  if (isCancel(answer)) {
    throw withState(signal.aborted ? signal.reason : interrupted({ signal: "SIGINT" }), "nothing-written");
  }
  return answer.trim();
}
