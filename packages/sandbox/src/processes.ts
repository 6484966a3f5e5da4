/** The processes that a command started, found by the directory for temporary files in their environment. */
import { execFile } from "node:child_process";
import { readFile, readdir } from "node:fs/promises";
import { promisify } from "node:util";
import type { Environment } from "@pilot-light/core/config/env";

const execute = promisify(execFile);

/** A process, as other processes can see it. */
export interface SeenProcess {
  pid: number;
  /** Arguments, separated by spaces. */
  command: string;
  /** Command and environment. */
  everything: string;
}

/** What a test has given a command, with its own directory for temporary files. */
export interface Marked {
  env: Environment;
}

/** Processes that run with the pair's TMPDIR: the command under test and what it started. */
export async function processesOf(pair: Marked): Promise<SeenProcess[]> {
  const mark = `TMPDIR=${pair.env.TMPDIR ?? ""}`;
  const all = process.platform === "linux" ? await fromProc() : await fromPs();
  // A process without a command has ended, and its parent has not read its exit code yet.
  return all.filter(({ command, everything }) => command !== "" && everything.includes(mark));
}

async function fromProc(): Promise<SeenProcess[]> {
  const pids = (await readdir("/proc")).filter((name) => /^\d+$/.test(name));
  const read = async (pid: string, file: string) =>
    (await readFile(`/proc/${pid}/${file}`, "utf8").catch(() => "")).replaceAll("\0", " ").trim();
  return await Promise.all(
    pids.map(async (pid) => {
      const [command, environment] = await Promise.all([read(pid, "cmdline"), read(pid, "environ")]);
      return { pid: Number(pid), command, everything: `${command}\n${environment}` };
    }),
  );
}

async function fromPs(): Promise<SeenProcess[]> {
  const { stdout } = await execute("ps", ["-axwwE", "-o", "pid=,command="], { maxBuffer: 2 ** 26 });
  return stdout.split("\n").map((line) => {
    const [, pid = "", everything = ""] = /^\s*(\d+) (.*)$/.exec(line) ?? [];
    return { pid: Number(pid), command: everything, everything };
  });
}
