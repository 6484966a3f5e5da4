/** A session of AWS Systems Manager that forwards a port of this machine to the database. */
import { setTimeout as sleep } from "node:timers/promises";
import type { AwsClients } from "../aws/clients.ts";
import { awsError, awsErrorName } from "../aws/errors.ts";
import { sdk } from "../aws/sdk.ts";
import { grace } from "../async/grace.ts";
import { readVariable, type Environment } from "../config/env.ts";
import { sessionNotStarted, sessionEnded } from "../errors.ts";
import { startPlugin, type RunningPlugin } from "./plugin.ts";

/** The document of AWS for a database behind the target: https://docs.aws.amazon.com/systems-manager/latest/userguide/session-manager-working-with-sessions-start.html */
const documentName = "AWS-StartPortForwardingSessionToRemoteHost";

/** Milliseconds that a target may need until it is connected, and the plugin until it listens. */
const startTime = 30_000;
const pauseMs = 1000;

export interface SessionContext {
  aws: AwsClients;
  environment: Environment;
  signal: AbortSignal;
  log: (text: string) => void;
}

/** An open session. */
export interface SsmSession extends AsyncDisposable {
  /** On 127.0.0.1. */
  port: number;
  /** Aborted with SESSION_ENDED when the session ends by itself. */
  lost: AbortSignal;
}

/**
 * Starts a session, and waits until its port is open.
 * @param target instance or task
 * @throws OpsError SESSION_NOT_STARTED (aws), or what AWS refuses
 */
export async function openSsmSession(
  target: string,
  { host, port }: { host: string; port: number },
  context: SessionContext,
): Promise<SsmSession> {
  const { aws, environment, signal, log } = context;
  const request = {
    Target: target,
    DocumentName: documentName,
    Parameters: { host: [host], portNumber: [String(port)] },
  };
  const response = await startSession(request, context);
  const plugin = startPlugin(
    {
      response,
      request,
      region: aws.region,
      profile: environment.AWS_PROFILE ?? "",
      endpoint: endpointOf(aws, environment),
    },
    environment,
    (line) => log(`$ ${line}`),
  );
  const end = async () => {
    await Promise.all([plugin[Symbol.asyncDispose](), terminate(aws, response.SessionId)]);
  };
  try {
    const opened = await portOf(plugin, target, signal);
    const losing = new AbortController();
    let isClosing = false;
    void plugin.ended.then((lines) => {
      if (!isClosing) losing.abort(sessionEnded({ target }, { details: lines }));
    });
    const dispose = async () => {
      isClosing = true;
      await end();
    };
    return { port: opened, lost: losing.signal, [Symbol.asyncDispose]: dispose };
  } catch (error) {
    await end();
    throw error;
  }
}

/** A target that has just started needs some seconds until Systems Manager knows it. */
async function startSession(
  request: { Target: string; DocumentName: string; Parameters: Record<string, string[]> },
  { aws, signal }: SessionContext,
) {
  const { StartSessionCommand } = sdk.ssm();
  const client = await aws.ssm();
  const deadline = performance.now() + startTime;
  for (;;) {
    try {
      const reply = await client.send(new StartSessionCommand(request), { abortSignal: signal });
      const { SessionId = "", TokenValue = "", StreamUrl = "" } = reply;
      return { SessionId, TokenValue, StreamUrl };
    } catch (error) {
      signal.throwIfAborted();
      if (awsErrorName(error) !== "TargetNotConnected") {
        throw awsError(error, `Cannot start a session in ${request.Target}`);
      }
      if (performance.now() > deadline) {
        const problem = "Systems Manager is not connected to it";
        throw sessionNotStarted({ target: request.Target, problem }, { cause: error });
      }
      await sleep(pauseMs, undefined, { signal });
    }
  }
}

async function portOf(plugin: RunningPlugin, target: string, signal: AbortSignal): Promise<number> {
  const stop = AbortSignal.any([signal, AbortSignal.timeout(startTime)]);
  const stopped = new Promise<"stopped">((resolve) => {
    stop.addEventListener("abort", () => resolve("stopped"), { once: true });
  });
  const port = await Promise.race([plugin.port, stopped]);
  signal.throwIfAborted();
  if (typeof port === "number") return port;
  const problem =
    port === undefined
      ? "the session-manager-plugin has ended"
      : `the session-manager-plugin has opened no port within ${startTime / 1000} s`;
  throw sessionNotStarted({ target, problem }, { details: port === undefined ? await plugin.ended : [] });
}

/** The address that the SDK uses, because the plugin sends requests as well. */
function endpointOf({ region }: Pick<AwsClients, "region">, environment: Environment): string {
  const given = environment.AWS_ENDPOINT_URL_SSM ?? readVariable(environment, "AWS_ENDPOINT_URL");
  return given ?? `https://ssm.${region}.amazonaws.com${region.startsWith("cn-") ? ".cn" : ""}`;
}

/** Systems Manager would keep a session without a plugin for some minutes. A failure has no other consequence. */
async function terminate(aws: AwsClients, SessionId: string): Promise<void> {
  const { TerminateSessionCommand } = sdk.ssm();
  const abortSignal = AbortSignal.timeout(grace.request);
  const client = await aws.ssm();
  await client.send(new TerminateSessionCommand({ SessionId }), { abortSignal }).catch(() => undefined);
}
