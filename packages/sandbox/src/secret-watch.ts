/** Watches everything of a running command that other users could see: processes, environments and temporary files. */
import { readdir, readFile, stat } from "node:fs/promises";
import { basename, join } from "node:path";
import { setTimeout as sleep } from "node:timers/promises";
import { neonApiKey } from "./neon-api.ts";
import { sandboxPassword } from "./names.ts";
import { expect } from "vitest";
import { processesOf, type Marked } from "./processes.ts";

/** The password of both databases as each layer writes it. */
export const passwordForms: readonly string[] = [
  sandboxPassword,
  encodeURIComponent(sandboxPassword),
  encodeURI(sandboxPassword),
  sandboxPassword.replaceAll(/[\\:]/g, "\\$&"),
  JSON.stringify(sandboxPassword).slice(1, -1),
];

/** A marked key of AWS. */
export const awsSecret = "marked-secret-key-of-aws";

/** The secrets that are searched. */
const secretForms = [...passwordForms, awsSecret, neonApiKey];

export const showsSecret = (text: string): boolean => secretForms.some((form) => text.includes(form));

/** Everything that was seen while a command ran. */
export interface Seen {
  /** Command lines of all processes. */
  commands: Set<string>;
  /** Environments of the programs that the command started, by their command line. */
  environments: Map<string, string>;
  /** Modes of files and directories, by path; and which of the files held a secret. */
  modes: Map<string, number>;
  secretFiles: Set<string>;
}

/** Runs a command and watches it. */
export async function watched<T>(
  pair: Marked,
  command: () => Promise<T>,
): Promise<{ seen: Seen; transcript: T }> {
  const seen: Seen = {
    commands: new Set(),
    environments: new Map(),
    modes: new Map(),
    secretFiles: new Set(),
  };
  const running = command();
  const ended = running.then(() => true);
  for (let done = false; !done; done = await Promise.race([ended, sleep(5, false)])) {
    await Promise.all([seeProcesses(pair, seen), seeFiles(pair.env.TMPDIR ?? "", seen)]);
  }
  return { seen, transcript: await running };
}

async function seeProcesses(pair: Marked, { commands, environments }: Seen): Promise<void> {
  for (const { command, everything } of await processesOf(pair)) {
    commands.add(command);
    // The tools themselves get the URL of Neon in their environment. So does a task inside AWS.
    if (/pg_dump|pg_restore|session-manager-plugin|terraform/.test(command)) {
      environments.set(command, everything);
    }
  }
}

async function seeFiles(directory: string, { modes, secretFiles }: Seen): Promise<void> {
  const entries = await readdir(directory, { recursive: true, withFileTypes: true }).catch(() => []);
  for (const entry of entries) {
    const path = join(entry.parentPath, entry.name);
    const found = await stat(path).catch(() => undefined);
    if (found === undefined) continue;
    modes.set(path, found.mode & 0o777);
    if (!found.isFile() || found.size > 1_000_000) continue;
    const text = await readFile(path, "latin1").catch(() => "");
    if (secretForms.some((form) => text.includes(Buffer.from(form).toString("latin1")))) {
      secretFiles.add(path);
    }
  }
}

/** Checks what was seen of a command, and what it printed. */
export function expectNoSecret({
  seen: { commands, environments, modes, secretFiles },
  printed,
}: {
  seen: Seen;
  printed: readonly string[];
}): void {
  expect([...commands].filter((line) => showsSecret(line) || line.includes("TokenValue"))).toEqual([]);
  // The plugin and Terraform get the AWS credentials that they need, but no password and no key of Neon.
  const others = [...environments].map(([command, everything]) =>
    /session-manager-plugin|terraform/.test(command) ? everything.replaceAll(awsSecret, "") : everything,
  );
  expect(others.filter(showsSecret)).toEqual([]);
  expect(printed.filter(showsSecret)).toEqual([]);
  // Other users may not read a file with a secret, nor enter its directories.
  for (const path of secretFiles) expect(modes.get(path), path).toBe(0o600);
  expect([...secretFiles].filter((path) => basename(path) !== "pgpass")).toEqual([]);
  for (const [path, mode] of modes) {
    if (basename(path).startsWith("pilot-light-")) expect(mode, path).toBe(0o700);
  }
}
