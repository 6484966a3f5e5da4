/**
 * Runs the official `session-manager-plugin`, which carries the data of a session between a local port and Systems Manager.
 * Its arguments: https://github.com/aws/session-manager-plugin/blob/mainline/src/sessionmanagerplugin/session/session.go
 */
import { spawn, type ChildProcess } from "node:child_process";
import { once } from "node:events";
import { createInterface } from "node:readline";
import type { Readable, Writable } from "node:stream";
import { setTimeout as sleep } from "node:timers/promises";
import { grace } from "../async/grace.ts";
import { withoutSecrets, type Environment } from "../config/env.ts";
import { sessionPluginMissing, sessionPluginOld } from "../errors.ts";
import { OpsError } from "../ops-error.ts";
import { commandLine, run } from "../process.ts";
import { pluginInstallCommand } from "./plugin-install.ts";

const pluginProgram = "session-manager-plugin";

/** The first version that reads the session's token from its environment, and not from its arguments, which every user can see. */
const oldestVersion = "1.2.497.0";
const responseVariable = "AWS_SSM_START_SESSION_RESPONSE";

/**
 * Checks that the plugin is installed.
 * @throws OpsError SESSION_PLUGIN_MISSING, SESSION_PLUGIN_OLD (configuration)
 */
export async function assertPlugin(environment: Environment, signal: AbortSignal): Promise<void> {
  const options = { environment: withoutSecrets(environment), signal };
  const { stdout } = await run(pluginProgram, ["--version"], options).catch((cause: unknown) => {
    if (!(cause instanceof OpsError) || cause.code !== "PROGRAM_MISSING") throw cause;
    throw sessionPluginMissing({ install: pluginInstallCommand() }, { cause });
  });
  const found = stdout.trim();
  if (found.localeCompare(oldestVersion, "en", { numeric: true }) >= 0) return;
  throw sessionPluginOld({ found, needed: oldestVersion, install: pluginInstallCommand() });
}

/** A session as StartSession returns it, and what was requested. */
export interface PluginSession {
  response: { SessionId: string; TokenValue: string; StreamUrl: string };
  request: Readonly<Record<string, unknown>>;
  region: string;
  /** Profile of the AWS configuration; empty for the default one. */
  profile: string;
  /** Address of Systems Manager. */
  endpoint: string;
}

/** A running plugin. Disposing of it ends it. */
export interface RunningPlugin extends AsyncDisposable {
  /** The port on 127.0.0.1 that it has opened; undefined when it ended before. */
  port: Promise<number | undefined>;
  /** Settles when the plugin has ended, with the last lines that it printed. */
  ended: Promise<readonly string[]>;
}

/**
 * A script for sh. Starts a watcher, and then becomes the plugin. The watcher ends the plugin as soon as descriptor 3 is closed, even if
 * this process is killed. A line on descriptor 3 tells the watcher that the plugin has ended by itself.
 */
const supervised = `(read -r _ <&3 || { kill -INT $$; sleep 1; kill -KILL $$; }) >/dev/null 2>&1 & exec "$@" 3<&-`;

/** The plugin prints this text with its port. It opens a free one, so that no other program can take it meanwhile. */
const portOpened = /^Port (\d+) opened/;

const keptLines = 10;

/** Starts the plugin. */
export function startPlugin(
  { response, request, region, profile, endpoint }: PluginSession,
  environment: Environment,
  onStart: (commandLine: string) => void,
): RunningPlugin {
  const args = [responseVariable, region, "StartSession", profile, JSON.stringify(request), endpoint];
  onStart(commandLine(pluginProgram, args));
  const child = spawn("/bin/sh", ["-c", supervised, "sh", pluginProgram, ...args], {
    env: {
      ...withoutSecrets(environment),
      [responseVariable]: JSON.stringify(response),
      SSM_PLUGIN_LOCAL_HOST: "127.0.0.1",
    },
    stdio: ["ignore", "pipe", "pipe", "pipe"],
    // Its own process group: Ctrl-C in a terminal must not end the plugin before the command has cleaned up.
    detached: true,
  });
  const lines: string[] = [];
  const lifeline = child.stdio[3] as Writable;
  lifeline.on("error", () => undefined);
  const closed = once(child, "close");
  const ended = (async () => {
    await once(child, "exit").catch(() => undefined);
    // The watcher also holds the streams of the plugin. It ends now, and then the streams end.
    lifeline.end("ended\n");
    await closed.catch(() => undefined);
    return lines.slice(-keptLines);
  })();
  const port = new Promise<number | undefined>((resolve) => {
    for (const stream of [child.stdout, child.stderr] as Readable[]) {
      createInterface({ input: stream, crlfDelay: Infinity }).on("line", (line) => {
        if (line.trim() === "") return;
        lines.push(line);
        const opened = portOpened.exec(line)?.[1];
        if (opened !== undefined) resolve(Number(opened));
      });
    }
    void ended.then(() => resolve(undefined));
  });
  return { port, ended, [Symbol.asyncDispose]: () => end(child, ended) };
}

/** Ends the plugin. On SIGINT it closes its session, as after Ctrl-C. */
async function end(child: ChildProcess, ended: Promise<unknown>): Promise<void> {
  child.kill("SIGINT");
  const timeout = new AbortController();
  await Promise.race([
    ended,
    sleep(grace.program, undefined, { signal: timeout.signal }).catch(() => undefined),
  ]);
  timeout.abort();
  if (child.exitCode === null && child.signalCode === null) child.kill("SIGKILL");
  await ended;
}
