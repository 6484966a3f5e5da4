/** Acts on a command when it prints something. */
import type { ChildProcess } from "node:child_process";
import type { SyncCall } from "./support.ts";

/** Calls `act` with the match, and the process, as soon as the output of the command matches. */
export function onOutput(
  when: RegExp,
  act: (match: RegExpExecArray, child: ChildProcess) => void | Promise<void>,
): Pick<SyncCall, "onStderr"> {
  let printed = "";
  let hasMatched = false;
  return {
    onStderr: (text, child) => {
      printed += text;
      const match = when.exec(printed);
      if (match === null || hasMatched) return;
      hasMatched = true;
      void act(match, child);
    },
  };
}
