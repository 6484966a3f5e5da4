/** Chooses the route to RDS, and keeps it open for all steps of a command. */
import { once, setMaxListeners } from "node:events";
import type { AwsClients } from "../aws/clients.ts";
import { readVariable, type Environment } from "../config/env.ts";
import { readVia, type Via } from "../config/via.ts";
import { addressMissing, noSsmTarget } from "../errors.ts";
import { OpsError } from "../ops-error.ts";
import type { Printer } from "../output/printer.ts";
import { hostAddress, rdsPlace, type DatabaseOutputs } from "../postgres/rds-endpoint.ts";
import type { Route } from "../postgres/route.ts";
import { assertPlugin } from "./plugin.ts";
import { probePostgres } from "./probe.ts";
import { openSsmSession } from "./ssm-session.ts";
import { configuredTarget, findTarget, taskPlace, type TargetOutputs } from "./targets.ts";

export type RouteOutputs = TargetOutputs & DatabaseOutputs;

export interface RoutesOptions {
  /** The option `--via`. */
  via?: Via | undefined;
  /** Whether tasks of the backend may be used. Default: yes. */
  usesBackend?: boolean;
  /** Whether `auto` starts a task. Default: yes. `ssm` always does. */
  startsTask?: boolean;
}

export interface RoutesContext {
  environment: Environment;
  signal: AbortSignal;
  printer: Pick<Printer, "detail" | "progress" | "warn">;
}

/** Milliseconds by which the connections of a session may end before its plugin does. */
const breakTime = 1000;

/** Milliseconds that the endpoint has to answer. */
const probeTime = 2500;

/** A route that is open, and how to close it. */
interface OpenRoute extends AsyncDisposable {
  route: Route;
}

/** The routes of one command. The first call opens a route; disposing closes it. */
export class Routes implements AsyncDisposable {
  readonly #options: RoutesOptions;
  readonly #context: RoutesContext;
  /** Ends what is still being opened when the command ends. */
  readonly #closing = new AbortController();
  readonly #opened: Promise<OpenRoute>[] = [];
  #current: { endpoint: string; opening: Promise<OpenRoute> } | undefined;

  constructor(options: RoutesOptions, context: RoutesContext) {
    this.#options = options;
    const signal = AbortSignal.any([context.signal, this.#closing.signal]);
    // Every request to AWS listens to it.
    setMaxListeners(0, signal);
    this.#context = { ...context, signal };
  }

  /** Whether a caller has asked for a route. */
  get hasOpened(): boolean {
    return this.#current !== undefined;
  }

  /**
   * The route to the database of these outputs. All callers share it; when it has ended by itself, the next call opens another one.
   * @throws OpsError NO_DATABASE (precondition), OUTPUTS_INVALID, ADDRESS_MISSING, VIA_INVALID, RDS_HOSTADDR_INVALID,
   *   SESSION_PLUGIN_MISSING, SESSION_PLUGIN_OLD, NO_SSM_TARGET (configuration), ACCESS_TASK_FAILED, SESSION_NOT_STARTED (aws), or what
   *   AWS refuses
   */
  async to(outputs: RouteOutputs, aws: AwsClients): Promise<Route> {
    const endpoint = outputs.database_endpoint;
    const current = this.#current;
    if (current?.endpoint === endpoint) {
      const { route } = await current.opening;
      if (route.lost?.aborted !== true) return route;
      if (this.#current === current) this.#current = undefined;
      return await this.to(outputs, aws);
    }
    const opening = this.#open(outputs, aws);
    this.#opened.push(opening);
    this.#current = { endpoint, opening };
    try {
      return (await opening).route;
    } catch (error) {
      // The next call, such as the next round of a validation, tries again.
      if (this.#current.opening === opening) this.#current = undefined;
      throw error;
    }
  }

  /**
   * The error to report for work that has failed. When a session ends, its connections may break a moment before the plugin ends: then the
   * end of the session is the reason.
   */
  async explain(error: unknown): Promise<unknown> {
    const opened = await this.#current?.opening.catch(() => undefined);
    const lost = opened?.route.lost;
    if (lost === undefined || !isOfDatabase(error)) return error;
    if (!lost.aborted) {
      const moment = AbortSignal.any([lost, AbortSignal.timeout(breakTime)]);
      await once(moment, "abort");
    }
    if (!lost.aborted || !(lost.reason instanceof OpsError)) return error;
    const details = [...lost.reason.details, `first seen as: ${error.message}`];
    return lost.reason.with({ details, state: error.state, cause: error });
  }

  async [Symbol.asyncDispose](): Promise<void> {
    this.#closing.abort(new Error("The command has ended."));
    await Promise.all(
      this.#opened.map(async (opening) => {
        const opened = await opening.catch(() => undefined);
        await opened?.[Symbol.asyncDispose]();
      }),
    );
  }

  async #open(outputs: RouteOutputs, aws: AwsClients): Promise<OpenRoute> {
    const { environment } = this.#context;
    // Checks the outputs before a route is opened.
    rdsPlace(outputs);
    const via = readVia(this.#options.via, environment);
    const address = hostAddress(readVariable(environment, "RDS_HOSTADDR"));
    if (via === "direct") return withoutEnd({ via, reason: "as requested" });
    if (via === "ssm") return await this.#openSsm(outputs, aws, "as requested");
    if (address !== undefined) {
      const reason = `RDS_HOSTADDR is ${address.host}:${address.port}`;
      return withoutEnd({ via: "address", reason, address });
    }
    if (via === "address") throw addressMissing();
    return await this.#openFirst(outputs, aws);
  }

  /** `auto`, without an address. */
  async #openFirst(outputs: RouteOutputs, aws: AwsClients): Promise<OpenRoute> {
    const obstacle = await this.#obstacleToSsm(outputs);
    // The command connects to the endpoint without a probe: it waits longer for an answer than a probe does.
    if (obstacle !== undefined) {
      const others = ["address: RDS_HOSTADDR is not set", `ssm: ${obstacle}`];
      return withoutEnd({ via: "direct", reason: "no other route is available", others });
    }
    const silence = await probePostgres(rdsPlace(outputs), probeTime, this.#context.signal);
    if (silence === undefined) return withoutEnd({ via: "direct", reason: "the endpoint answers" });
    return await this.#openSsm(outputs, aws, `the endpoint does not answer: ${silence}`);
  }

  /** Why `auto` cannot use Systems Manager; undefined if it can. */
  async #obstacleToSsm(outputs: RouteOutputs): Promise<string | undefined> {
    const { environment, signal } = this.#context;
    const { startsTask = true, usesBackend = true } = this.#options;
    const hasTarget = configuredTarget(environment) !== undefined;
    const place = taskPlace(outputs);
    const isRunning = usesBackend && outputs.backend_service_name !== "";
    if (!hasTarget && !startsTask) {
      return "it starts a task in AWS, which this command does only with --via ssm";
    }
    if (!hasTarget && place === undefined && !isRunning) {
      return "the deployed environment has no task for it; a deployment with this version adds one";
    }
    try {
      await assertPlugin(environment, signal);
      return undefined;
    } catch (error) {
      if (!(error instanceof OpsError) || error.failure !== "configuration") throw error;
      return `${error.message} ${error.hint ?? ""}`;
    }
  }

  async #openSsm(outputs: RouteOutputs, aws: AwsClients, why: string): Promise<OpenRoute> {
    const { environment, printer, signal } = this.#context;
    await assertPlugin(environment, signal);
    const common = { aws, environment, signal };
    const target = await findTarget(outputs, {
      ...common,
      usesBackend: this.#options.usesBackend ?? true,
      warn: (text) => printer.warn(text),
      onTask: (text) => printer.progress(`  ${"route".padEnd(10)}${text}`),
    });
    if (target === undefined) throw noSsmTarget();
    try {
      const log = (text: string) => printer.detail(text);
      const session = await openSsmSession(target.target, rdsPlace(outputs), { ...common, log });
      const route: Route = {
        via: "ssm",
        reason: `${target.name}; ${why}`,
        address: { host: "127.0.0.1", port: session.port },
        lost: session.lost,
        ...(target.endsAt === undefined ? {} : { endsAt: target.endsAt }),
      };
      const close = async () => {
        await Promise.all([session[Symbol.asyncDispose](), target[Symbol.asyncDispose]()]);
      };
      return { route, [Symbol.asyncDispose]: close };
    } catch (error) {
      await target[Symbol.asyncDispose]();
      throw error;
    }
  }
}

/** Whether this is an error of a database connection after which the target is unchanged. */
function isOfDatabase(error: unknown): error is OpsError {
  if (!(error instanceof OpsError) || error.outlastsInterruption) return false;
  return error.failure === "source" || error.failure === "target";
}

function withoutEnd(route: Route): OpenRoute {
  return { route, [Symbol.asyncDispose]: () => Promise.resolve() };
}
