/** Runs programs for the scripts: an interruption ends them, and an error shows their output. */
import { spawn } from "node:child_process";
import { accessSync, constants } from "node:fs";
import { constants as os } from "node:os";
import { delimiter, dirname, join } from "node:path";
import { fileURLToPath } from "node:url";

export const root = dirname(dirname(fileURLToPath(import.meta.url)));

/** An expected failure: what happened, and the command that helps. */
export class ScriptError extends Error {
  /**
   * @param {string} message
   * @param {string} [hint]
   */
  constructor(message, hint) {
    super(message);
    this.hint = hint;
  }
}

/** @typedef {{ code: number, stdout: string, output: string }} Result `code` is 128 + n when signal n has ended the program. */
/**
 * @typedef {object} RunOptions
 * @property {NodeJS.ProcessEnv} [env]
 * @property {boolean} [show]
 * @property {string} [input]
 * @property {boolean} [evenInterrupted]
 * @property {(pid: number) => void} [onStart] gets the process id of the program
 */

/** A function for each running program that sends it a signal. @type {Set<(signal: NodeJS.Signals) => void>} */
const running = new Set();
/** @type {NodeJS.Signals | undefined} */
let interruption;

/** The signal that interrupted the script, if one did. */
export function interruptedBy() {
  return interruption;
}

/** The exit code of a program that `signal` has ended, as in a shell. @param {NodeJS.Signals} signal */
export function exitCodeOf(signal) {
  return 128 + os.signals[signal];
}

/**
 * From now on SIGINT, SIGTERM and SIGHUP end the running programs, and the script continues with its clean-up.
 * Programs are started in their own process groups, so that Ctrl-C reaches them once, through here.
 */
export function endProgramsOnInterrupt() {
  for (const signal of /** @type {NodeJS.Signals[]} */ (["SIGINT", "SIGTERM", "SIGHUP"])) {
    process.on(signal, () => {
      if (interruption !== undefined) return;
      interruption = signal;
      console.error(`\nInterrupted by ${signal}: ending the running programs, then cleaning up.`);
      for (const send of running) send(signal);
    });
  }
}

/**
 * Runs a program and waits until it ends. Its output is collected; with `show` it goes directly to the terminal.
 * `evenInterrupted` is for clean-up: the program starts after an interruption as well, and an interruption does not end it.
 * @param {string} program
 * @param {readonly string[]} args
 * @param {RunOptions} [options]
 * @returns {Promise<Result>}
 */
export function run(
  program,
  args,
  { env = process.env, show = false, input = "", evenInterrupted = false, onStart } = {},
) {
  if (interruption !== undefined && !evenInterrupted)
    throw new ScriptError(`Interrupted by ${interruption}.`);
  return new Promise((resolve, reject) => {
    const output = show ? "inherit" : "pipe";
    // sudo remembers the password per terminal, and a new process group has no terminal.
    const detached = program !== "sudo";
    const child = spawn(program, args, { cwd: root, env, detached, stdio: ["pipe", output, output] });
    /** @param {NodeJS.Signals} signal */
    const send = (signal) => {
      try {
        if (child.pid !== undefined) process.kill(detached ? -child.pid : child.pid, signal);
      } catch {
        // The program has just ended, or belongs to root.
      }
    };
    if (!evenInterrupted) running.add(send);
    if (child.pid !== undefined) onStart?.(child.pid);
    const result = { code: 0, stdout: "", output: "" };
    child.stdout?.setEncoding("utf8").on("data", (text) => {
      result.stdout += text;
      result.output += text;
    });
    child.stderr?.setEncoding("utf8").on("data", (text) => (result.output += text));
    // A program that does not read its input may close it early.
    child.stdin?.on("error", () => undefined).end(input);
    child.on("error", (error) => {
      running.delete(send);
      reject(new ScriptError(`Cannot start ${program}: ${error.message}`));
    });
    child.on("close", (code, signal) => {
      running.delete(send);
      resolve({ ...result, code: code ?? exitCodeOf(signal ?? "SIGKILL") });
    });
  });
}

/**
 * Runs a program that must succeed.
 * @param {string} program
 * @param {readonly string[]} args
 * @param {RunOptions & { hint?: string | undefined }} [options]
 * @throws {ScriptError} with the last lines of the program's output
 */
export async function mustRun(program, args, { hint, ...options } = {}) {
  const result = await run(program, args, options);
  if (interruption !== undefined && !options.evenInterrupted)
    throw new ScriptError(`Interrupted by ${interruption}.`);
  if (result.code === 0) return result;
  const tail = options.show ? "" : `\n${result.output.trimEnd().split("\n").slice(-20).join("\n")}`;
  throw new ScriptError(`${program} ${args.join(" ")}: exit ${result.code}${tail}`, hint);
}

/** @param {string} program */
export function onPath(program) {
  return pathDirectories().some((directory) => isExecutable(join(directory, program)));
}

export function pathDirectories() {
  return (process.env["PATH"] ?? "").split(delimiter).filter((directory) => directory !== "");
}

/** @param {string} path */
export function isExecutable(path) {
  try {
    accessSync(path, constants.X_OK);
    return true;
  } catch {
    return false;
  }
}

/**
 * Prints the error of a script: an expected failure with its hint, any other error with its stack.
 * @param {unknown} error
 */
export function printError(error) {
  if (!(error instanceof ScriptError)) console.error(error);
  else console.error(`\n${error.message}${error.hint === undefined ? "" : `\n\n  ${error.hint}`}`);
}
