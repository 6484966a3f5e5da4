/** A task of ECS as a process of this machine: it gets the environment of the task and no other, and its output is written to CloudWatch. */
import { spawn, type ChildProcess } from "node:child_process";
import { once } from "node:events";
import { createInterface } from "node:readline";
import { sdk } from "@pilot-light/core/aws/sdk";
import { defaultRegion } from "@pilot-light/core/contract";
import { clientOptions } from "./resources.ts";

export interface TaskProcessOptions {
  /** Address of the emulator. */
  endpoint: string;
  program: string;
  args: readonly string[];
  environment: Readonly<Record<string, string>>;
  log: { group: string; stream: string };
}

export class TaskProcess {
  readonly child: ChildProcess;
  readonly environment: Readonly<Record<string, string>>;
  /** The exit code, when the whole output is in the log. */
  readonly ended: Promise<number>;

  constructor(options: TaskProcessOptions) {
    const { program, args, environment } = options;
    this.environment = environment;
    this.child = spawn(program, [...args], { env: environment, stdio: ["ignore", "pipe", "inherit"] });
    const exited = once(this.child, "exit") as Promise<[number | null]>;
    const written = writeLog(this.child, options);
    this.ended = (async () => {
      const [code] = await exited;
      await written;
      return code ?? 137;
    })();
  }

  stop(signal: "SIGTERM" | "SIGKILL" = "SIGTERM"): void {
    this.child.kill(signal);
  }
}

/** Writes the lines in batches, in their order. */
async function writeLog({ stdout }: ChildProcess, { endpoint, log }: TaskProcessOptions): Promise<void> {
  const { CloudWatchLogsClient, CreateLogGroupCommand, CreateLogStreamCommand, PutLogEventsCommand } =
    sdk.logs();
  const client = new CloudWatchLogsClient(clientOptions(endpoint, defaultRegion));
  const place = { logGroupName: log.group, logStreamName: log.stream };
  const created = (async () => {
    await client.send(new CreateLogGroupCommand({ logGroupName: log.group })).catch(() => undefined);
    await client.send(new CreateLogStreamCommand(place));
  })();
  let waiting: { message: string; timestamp: number }[] = [];
  let writing = created;
  const flush = () => {
    writing = writing.then(async () => {
      const logEvents = waiting;
      waiting = [];
      if (logEvents.length > 0) await client.send(new PutLogEventsCommand({ ...place, logEvents }));
    });
    return writing;
  };
  if (stdout !== null) {
    for await (const line of createInterface({ input: stdout })) {
      // CloudWatch accepts no empty message, so the log driver of ECS leaves empty lines out.
      if (line === "") continue;
      waiting.push({ message: line, timestamp: Date.now() });
      void flush();
    }
  }
  await flush();
}
