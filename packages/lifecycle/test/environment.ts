/** An environment for one test file: deployed by the real CLI on the emulator, with two databases on real servers. */
import { type ChildProcess, spawn } from "node:child_process";
import { once } from "node:events";
import { readdir, readFile, writeFile } from "node:fs/promises";
import { join } from "node:path";
import { setTimeout as sleep } from "node:timers/promises";
import { DescribeServicesCommand, ECSClient, UpdateServiceCommand } from "@aws-sdk/client-ecs";
import { RDSClient } from "@aws-sdk/client-rds";
import { clusterName, resourceNames, serviceName } from "@pilot-light/core/contract";
import { assertDocument } from "@pilot-light/core/cli/documents";
import type { Environment } from "@pilot-light/core/config/env";
import { documents } from "@pilot-light/lifecycle/documents";
import { startFront, type Decide } from "@pilot-light/sandbox/aws/front";
import { pushImages } from "@pilot-light/sandbox/aws/images";
import { motoUrl } from "@pilot-light/sandbox/aws/moto";
import { clientOptions } from "@pilot-light/sandbox/aws/resources";
import type { Where } from "@pilot-light/sandbox/aws/stand-ins";
import { createEmulatedMaster } from "@pilot-light/sandbox/deployed";
import { deployedVariables } from "@pilot-light/sandbox/deployed-variables";
import { createPair, type Pair, type Seed, type Side } from "@pilot-light/sandbox/testing";
import { runInTerminal, type TerminalRun } from "@pilot-light/sandbox/terminal";
import { testSandbox } from "@pilot-light/sandbox/vitest";
import { Workplace } from "@pilot-light/sandbox/workplace";
import { z } from "zod";
import { createState, type TestState } from "./state.ts";

const bin = join(import.meta.dirname, "../dist/bin.js");

export interface CommandRun {
  exitCode: number | null;
  stdout: string;
  stderr: string;
  /** Both, for messages. */
  text: string;
}

export interface RunOptions {
  env?: Environment;
  /** Called with the whole of stderr so far, whenever it grows. */
  onOutput?: (stderr: string, child: ChildProcess) => void;
}

const forward: Decide = () => "forward";

/** Refuses to store a dump in the backups bucket. */
export const refuseDumps: Decide = (service, target) =>
  service === "s3" && target.startsWith("PUT") && target.includes(".dump") ? 403 : "forward";

const journalSchema = z.object({
  done: z.array(z.object({ step: z.string() })),
  finishedAt: z.string().nullable(),
  stopped: z.object({ step: z.string() }).nullable(),
  pausedTasks: z.number().nullable(),
});

export class TestEnvironment implements AsyncDisposable {
  readonly where: Where;
  readonly pair: Pair;
  readonly workplace: Workplace;
  readonly aws: ReturnType<typeof clients>;
  readonly env: Environment;
  readonly state: TestState;
  /** Decides what happens to requests to AWS. May be changed at any time. */
  decide: Decide = forward;
  /** Whether each service has a task that ECS does not stop. May be changed at any time. */
  keepsTasks = false;
  readonly #parts: AsyncDisposable[] = [];

  private constructor(parts: Pick<TestEnvironment, "where" | "pair" | "workplace" | "state" | "aws">) {
    this.where = parts.where;
    this.pair = parts.pair;
    this.workplace = parts.workplace;
    this.state = parts.state;
    this.aws = parts.aws;
    this.env = parts.workplace.environment;
  }

  static async create(options: {
    project: string;
    region: string;
    rds: Seed;
    /** Where the Terraform state is. */
    state: "local" | "s3";
    variables?: Environment;
  }): Promise<TestEnvironment> {
    const { project, region, rds, variables = {} } = options;
    const sandbox = testSandbox();
    const moto = motoUrl(sandbox.state.moto);
    const pair = await createPair(sandbox, { neon: "app", rds });
    await createEmulatedMaster(sandbox.state, pair.rds.role);
    const holder = { decide: forward, keepsTasks: () => false };
    const where = { endpoint: moto, region, project };
    const front = await startFront({
      ...where,
      decide: (service, target) => holder.decide(service, target),
      keepsTasks: () => holder.keepsTasks(),
    });
    const state = await createState(options.state, project, moto);
    const workplace = await Workplace.create({
      project,
      region,
      endpoint: front.url,
      variables: {
        ...pair.env,
        ...deployedVariables(front, pair.rds.database),
        AWS_REGION: region,
        PROJECT_NAME: project,
        PILOT_LIGHT_OUTPUTS_FILE: undefined,
        // The emulator names an endpoint that no certificate is for.
        RDS_SSLMODE: "disable",
        RDS_SSLROOTCERT: undefined,
        ...state.variables,
        ...variables,
      },
    });
    const aws = clients(where);
    const made = new TestEnvironment({ where, pair, workplace, state, aws });
    holder.decide = (service, target) => made.decide(service, target);
    holder.keepsTasks = () => made.keepsTasks;
    made.#parts.push(pair, workplace, front);
    return made;
  }

  /** Runs a command as a user does. */
  async run(args: readonly string[], { env = {}, onOutput }: RunOptions = {}): Promise<CommandRun> {
    const child = spawn(process.execPath, [bin, ...args], {
      cwd: this.workplace.directory,
      env: { ...this.env, ...env },
      stdio: ["ignore", "pipe", "pipe"],
    });
    let stdout = "";
    let stderr = "";
    child.stdout.setEncoding("utf8").on("data", (text: string) => (stdout += text));
    child.stderr.setEncoding("utf8").on("data", (text: string) => {
      stderr += text;
      onOutput?.(stderr, child);
    });
    const [exitCode] = (await once(child, "close")) as [number | null];
    return { exitCode, stdout, stderr, text: `exit ${String(exitCode)}\n${stdout}\n${stderr}` };
  }

  /** Runs a command in a terminal and answers its prompt. The answer ends with "\r", or is Ctrl-C, "\u0003". */
  async confirm(args: readonly string[], answer: () => string | Promise<string>): Promise<TerminalRun> {
    return await runInTerminal(
      [process.execPath, bin, ...args],
      { environment: this.env, directory: this.workplace.directory },
      { question: "to continue:", answer },
    );
  }

  /** Sends a signal as soon as the output contains a text. */
  async interrupt(
    args: readonly string[],
    when: string,
    { signal = "SIGINT", env = {} }: { signal?: NodeJS.Signals; env?: Environment } = {},
  ): Promise<CommandRun> {
    let sent = false;
    return await this.run(args, {
      env,
      onOutput: (stderr, child) => {
        if (sent || !stderr.includes(when)) return;
        sent = true;
        child.kill(signal);
      },
    });
  }

  /** Sends a SIGINT at the first request to AWS whose target ends with a text. */
  async interruptAtRequest(args: readonly string[], target: string): Promise<CommandRun> {
    let running: ChildProcess | undefined;
    let sent = false;
    const interrupt: Decide = (_service, requested) => {
      if (!sent && requested.endsWith(target)) sent = running?.kill("SIGINT") === true;
      return "forward";
    };
    return await this.during(interrupt, () =>
      this.run(args, { onOutput: (_stderr, child) => (running = child) }),
    );
  }

  /** As soon as the output contains a text, RDS no longer answers. The first request to RDS after that leads to a SIGINT. */
  async interruptWhileRdsHangs(args: readonly string[], when: string): Promise<CommandRun> {
    let hangs = false;
    let sent = false;
    const result = await this.run(args, {
      onOutput: (stderr, child) => {
        if (hangs || !stderr.includes(when)) return;
        hangs = true;
        this.decide = (service) => {
          if (service !== "rds") return "forward";
          // Sends only one: a second signal may arrive when the process is about to end and no longer handles it.
          if (!sent) void sleep(500).then(() => child.kill("SIGINT"));
          sent = true;
          return "hang";
        };
      },
    });
    this.decide = forward;
    return result;
  }

  /** Runs work while another function decides what happens to requests to AWS. */
  async during<T>(decide: Decide, work: () => Promise<T>): Promise<T> {
    this.decide = decide;
    try {
      return await work();
    } finally {
      this.decide = forward;
    }
  }

  /** Everything a command may have written: the state, the journal, the rows and the names on both sides. */
  async everything() {
    const { pair, workplace } = this;
    const files = (await readdir(workplace.directory)).filter(
      (name) => !name.endsWith(".rc") && !name.startsWith("cdktf.out"),
    );
    const names = "select datname from pg_database where starts_with(datname, $1) order by 1";
    const databases = await Promise.all(
      (["neon", "rds"] as const).map(async (side) => [
        await pair.query(side, names, [pair[side].database]),
        await pair.query(side, "select count(*) from public.projects"),
      ]),
    );
    return { files: files.sort(), databases, serial: await this.serial() };
  }

  /** Number of the state: every write raises it. */
  async serial(): Promise<number> {
    return z.object({ serial: z.number() }).parse(JSON.parse(await this.workplace.state())).serial;
  }

  /** The journal of the last mode change. */
  async journal() {
    const text = await this.state.read(this.workplace, "journal");
    const { done, finishedAt, stopped, pausedTasks } = journalSchema.parse(JSON.parse(text));
    return {
      done: done.map(({ step }) => step),
      finished: finishedAt !== null,
      stopped: stopped?.step,
      pausedTasks,
    };
  }

  /** When the environment is due for its deactivation, as the journal has it. */
  async deactivateAt(): Promise<string | null> {
    const text = await this.state.read(this.workplace, "journal");
    return z.object({ deactivateAt: z.string().nullable() }).parse(JSON.parse(text)).deactivateAt;
  }

  /** Changes that time, as if it had been set earlier, or by hand. The state must be local. */
  async scheduleFor(deactivateAt: unknown): Promise<void> {
    const { stack } = resourceNames(this.where.project);
    const file = join(this.workplace.directory, `lifecycle.${stack}.json`);
    const entry = z.looseObject({}).parse(JSON.parse(await readFile(file, "utf8")));
    await writeFile(file, JSON.stringify({ ...entry, deactivateAt }));
  }

  /** Writes a project that only one side has. */
  async write(side: Side, slug: string): Promise<void> {
    const insert = `insert into public.projects (slug, title, owner_id) select $1, 'New', id from public.users limit 1`;
    await this.pair.query(side, insert, [slug]);
  }

  /** The title of a project on one side. */
  async titleOf(side: Side, slug: string): Promise<unknown[]> {
    return await this.pair.query(side, "select title from public.projects where slug = $1", [slug]);
  }

  /** The desired number of tasks of the backend. */
  async backendTasks(): Promise<number | undefined> {
    const { cluster, service } = this.#backend();
    const { services = [] } = await this.aws.ecs.send(
      new DescribeServicesCommand({ cluster, services: [service] }),
    );
    return services[0]?.desiredCount;
  }

  /** Starts the backend, as a deployment in CI may. */
  async startBackend(): Promise<void> {
    await this.aws.ecs.send(new UpdateServiceCommand({ ...this.#backend(), desiredCount: 2 }));
  }

  #backend() {
    const { prefix } = resourceNames(this.where.project);
    return { cluster: clusterName(prefix), service: serviceName(prefix, "backend") };
  }

  /** Puts an image into each repository. */
  async pushImages(tag: string): Promise<void> {
    await pushImages(this.where, tag);
  }

  async [Symbol.asyncDispose](): Promise<void> {
    for (const part of this.#parts.toReversed()) await part[Symbol.asyncDispose]();
  }
}

function clients({ endpoint, region }: Where) {
  const options = clientOptions(endpoint, region);
  return {
    ecs: new ECSClient(options),
    rds: new RDSClient(options),
  };
}

const documentSchema = z.looseObject({
  version: z.literal(2),
  command: z.string(),
  outcome: z.string(),
  error: z
    .object({
      code: z.string(),
      message: z.string(),
      hint: z.string(),
      details: z.array(z.string()),
      exit: z.number(),
      state: z.string().nullable(),
    })
    .optional(),
});

/** The document of `--json`, which must have its documented form. */
export function parseDocument({ stdout, text }: CommandRun): z.infer<typeof documentSchema> {
  try {
    return documentSchema.parse(assertDocument(documents, JSON.parse(stdout)));
  } catch (cause) {
    throw new Error(`No document:\n${text}`, { cause });
  }
}
