/**
 * A stand-in for two parts of AWS that the emulator lacks: sessions of Systems Manager, and tasks of ECS that start, run an agent and stop.
 * It is a server in front of the emulator: it passes all other requests on to the emulator. It is also the far end of the sessions, and connects
 * to the database.
 */
import { randomUUID } from "node:crypto";
import { once } from "node:events";
import { chmod, mkdir, writeFile } from "node:fs/promises";
import { createServer as createHttpServer } from "node:http";
import { connect, createServer as createTcpServer, type Socket } from "node:net";
import { join } from "node:path";
import { buffer } from "node:stream/consumers";
import { fileURLToPath } from "node:url";
import { z } from "zod";
import { listen, type LoopbackServer } from "../loopback-server.ts";
import { loopback, portOf } from "../ports.ts";
import { forward } from "./proxy.ts";
import type { TaskProcess } from "./task-process.ts";
import { arnOf, describe, newTask, targetOf, type StandInTask } from "./stand-in-task.ts";

export interface SessionManagerOptions {
  /** Address of the emulator. */
  endpoint: string;
  /** Port of the database server on this machine. */
  databasePort: number;
  /** The status of a task after its start. Default: it runs. */
  starts?: "RUNNING" | "PENDING" | "STOPPED";
  /** Starts the process of a task that runs a command. Default: every task only waits. */
  runs?: (task: RequestedTask) => Promise<TaskProcess>;
}

/** A task that runs a command, as RunTask names it. */
export interface RequestedTask {
  id: string;
  command: readonly string[];
  /** Variables in addition to those of its definition. */
  environment: Readonly<Record<string, string>>;
}

/** A session that StartSession has begun. */
interface StandInSession {
  id: string;
  token: string;
  target: string;
  sockets: Set<Socket>;
}

const runTaskSchema = z.object({
  cluster: z.string(),
  taskDefinition: z.string(),
  enableExecuteCommand: z.boolean().default(false),
  tags: z.array(z.object({ key: z.string(), value: z.string() })).default([]),
  overrides: z
    .object({
      containerOverrides: z
        .array(
          z.object({
            command: z.array(z.string()),
            environment: z.array(z.object({ name: z.string(), value: z.string() })),
          }),
        )
        .default([]),
      ephemeralStorage: z.object({ sizeInGiB: z.number() }).optional(),
    })
    .optional(),
  networkConfiguration: z.object({ awsvpcConfiguration: z.object({ assignPublicIp: z.string() }) }),
});
const startSessionSchema = z.object({
  Target: z.string(),
  DocumentName: z.literal("AWS-StartPortForwardingSessionToRemoteHost"),
  Parameters: z.object({ host: z.array(z.string()), portNumber: z.array(z.string()) }),
});
const listTasksSchema = z.object({ cluster: z.string(), serviceName: z.string().optional() });

/** The operations that the emulator lacks. */
const operations = [
  "RunTask",
  "ListTasks",
  "DescribeTasks",
  "StopTask",
  "StartSession",
  "TerminateSession",
] as const;
type Operation = (typeof operations)[number];

function isOwn(operation: string): operation is Operation {
  return operations.some((own) => own === operation);
}

/** The built file, even if the tests run the sources: Node 20 cannot run TypeScript. */
const pluginProgram = fileURLToPath(new URL("../../dist/session-manager-plugin.js", import.meta.url));

/** Writes an executable `session-manager-plugin` into a directory for the PATH. */
export async function installPlugin(directory: string): Promise<void> {
  await mkdir(directory, { recursive: true });
  const file = join(directory, "session-manager-plugin");
  await writeFile(file, `#!/bin/sh\nexec "${process.execPath}" "${pluginProgram}" "$@"\n`);
  await chmod(file, 0o755);
}

export class SessionManager implements AsyncDisposable {
  /** Address for AWS_ENDPOINT_URL. */
  url = "";
  readonly tasks: StandInTask[] = [];
  /** The destinations of all sessions so far, as host and port. */
  readonly destinations: string[] = [];
  readonly #options: SessionManagerOptions;
  readonly #sessions = new Map<string, StandInSession>();
  readonly #agent = createTcpServer((socket) => this.#accept(socket));
  #front: LoopbackServer | undefined;

  private constructor(options: SessionManagerOptions) {
    this.#options = options;
  }

  static async start(options: SessionManagerOptions): Promise<SessionManager> {
    const manager = new SessionManager(options);
    const server = createHttpServer((incoming, response) => {
      const target = incoming.headers["x-amz-target"];
      const operation = typeof target === "string" ? (target.split(".").at(-1) ?? "") : "";
      if (!isOwn(operation)) {
        forward(options.endpoint, incoming.url ?? "/", incoming, response);
        return;
      }
      buffer(incoming).then(
        (body) => {
          const { status, value } = manager.#answer(operation, JSON.parse(body.toString()));
          response.writeHead(status, { "content-type": "application/x-amz-json-1.1" });
          response.end(JSON.stringify(value));
        },
        () => response.destroy(),
      );
    });
    const front = await listen(server);
    manager.url = `http://${front.address}`;
    manager.#agent.listen(0, loopback);
    await once(manager.#agent, "listening");
    manager.#front = front;
    return manager;
  }

  /** Tasks that cost money. */
  get running(): StandInTask[] {
    return this.tasks.filter(({ status }) => status !== "STOPPED");
  }

  get openSessions(): number {
    return this.#sessions.size;
  }

  /** Adds a running task with ECS Exec that another command or a service has started. */
  addTask(task: Pick<StandInTask, "cluster"> & Partial<Pick<StandInTask, "service" | "tags">>): StandInTask {
    const added: StandInTask = { ...newTask(task.cluster, "RUNNING"), exec: true, ...task };
    this.tasks.push(added);
    return added;
  }

  /** Stops a task, as a person may, and ends its sessions. */
  stopTask(task: StandInTask, reason: string): void {
    task.stoppedReason = reason;
    if (task.process !== undefined) {
      // The task is stopped as soon as its process has ended.
      task.process.stop();
      return;
    }
    task.status = "STOPPED";
    for (const session of [...this.#sessions.values()]) {
      if (session.target.includes(task.id)) this.#end(session);
    }
  }

  /** Ends all sessions, as Systems Manager does after an hour. */
  endSessions(): void {
    for (const session of [...this.#sessions.values()]) this.#end(session);
  }

  async [Symbol.asyncDispose](): Promise<void> {
    this.endSessions();
    for (const { process } of this.tasks) process?.stop("SIGKILL");
    await this.#front?.[Symbol.asyncDispose]();
    this.#agent.close();
    await once(this.#agent, "close");
  }

  #end(session: StandInSession): void {
    this.#sessions.delete(session.token);
    for (const socket of session.sockets) socket.destroy();
  }

  /** A connection of the plugin. Its first line names the session, and whether it carries data. */
  #accept(socket: Socket): void {
    socket.on("error", () => undefined);
    socket.once("data", (chunk: Buffer) => {
      const end = chunk.indexOf("\n");
      const [token = "", purpose] = chunk.subarray(0, end).toString().split(" ");
      const session = this.#sessions.get(token);
      if (session === undefined) return void socket.destroy();
      session.sockets.add(socket);
      socket.on("close", () => session.sockets.delete(socket));
      if (purpose !== "data") return;
      const database = connect(this.#options.databasePort, loopback);
      database.on("error", () => undefined).write(chunk.subarray(end + 1));
      socket.pipe(database).pipe(socket);
      socket.on("close", () => database.destroy());
      database.on("close", () => socket.destroy());
    });
  }

  #answer(operation: Operation, input: unknown): Answer {
    switch (operation) {
      case "RunTask":
        return ok({ tasks: [describe(this.#runTask(input))], failures: [] });
      case "ListTasks": {
        const { cluster, serviceName } = listTasksSchema.parse(input);
        const found = this.running.filter((task) => task.cluster === cluster && task.service === serviceName);
        return ok({ taskArns: found.map(arnOf) });
      }
      case "DescribeTasks": {
        const { tasks: arns } = z.object({ tasks: z.array(z.string()) }).parse(input);
        const found = this.tasks.filter(({ id }) => arns.some((arn) => arn.endsWith(id)));
        return ok({ tasks: found.map(describe), failures: [] });
      }
      case "StopTask": {
        const { task: arn } = z.object({ task: z.string() }).parse(input);
        const task = this.tasks.find(({ id }) => arn.endsWith(id));
        if (task !== undefined) this.stopTask(task, "stopped by StopTask");
        return ok({});
      }
      case "StartSession":
        return this.#startSession(startSessionSchema.parse(input));
      case "TerminateSession": {
        const { SessionId } = z.object({ SessionId: z.string() }).parse(input);
        const session = [...this.#sessions.values()].find(({ id }) => id === SessionId);
        if (session !== undefined) this.#end(session);
        return ok({ SessionId });
      }
    }
  }

  #runTask(input: unknown): StandInTask {
    const { cluster, enableExecuteCommand, tags, networkConfiguration, overrides } =
      runTaskSchema.parse(input);
    const { starts = "RUNNING" } = this.#options;
    const task: StandInTask = {
      ...newTask(cluster, starts),
      tags,
      exec: enableExecuteCommand,
      publicAddress: networkConfiguration.awsvpcConfiguration.assignPublicIp === "ENABLED",
    };
    const storage = overrides?.ephemeralStorage?.sizeInGiB;
    if (storage !== undefined) task.storage = storage;
    const [container] = overrides?.containerOverrides ?? [];
    if (starts === "RUNNING" && container !== undefined) this.#runCommand(task, container);
    if (starts === "STOPPED") task.stoppedReason = "CannotPullContainerError: pull image manifest";
    this.tasks.push(task);
    return task;
  }

  #runCommand(
    task: StandInTask,
    container: { command: readonly string[]; environment: readonly { name: string; value: string }[] },
  ): void {
    const environment = Object.fromEntries(container.environment.map(({ name, value }) => [name, value]));
    const { runs } = this.#options;
    if (runs === undefined) return;
    task.status = "PENDING";
    void (async () => {
      task.process = await runs({ id: task.id, command: container.command, environment });
      task.status = "RUNNING";
      // A caller may have stopped the task while it started.
      if (task.stoppedReason !== "") task.process.stop();
      task.exitCode = await task.process.ended;
      task.status = "STOPPED";
      if (task.stoppedReason === "") task.stoppedReason = "Essential container in task exited";
    })();
  }

  #startSession({ Target, Parameters }: z.infer<typeof startSessionSchema>): Answer {
    const isConnected =
      Target.startsWith("i-") ||
      this.tasks.some((task) => task.status === "RUNNING" && task.exec && targetOf(task) === Target);
    if (!isConnected) {
      return { status: 400, value: { __type: "TargetNotConnected", message: `${Target} is not connected.` } };
    }
    this.destinations.push(`${Parameters.host.join()}:${Parameters.portNumber.join()}`);
    const session = {
      id: `user-${randomUUID()}`,
      token: randomUUID(),
      target: Target,
      sockets: new Set<Socket>(),
    };
    this.#sessions.set(session.token, session);
    const StreamUrl = `tcp://${loopback}:${portOf(this.#agent)}`;
    return ok({ SessionId: session.id, TokenValue: session.token, StreamUrl });
  }
}

interface Answer {
  status: number;
  value: unknown;
}

function ok(value: unknown): Answer {
  return { status: 200, value };
}
