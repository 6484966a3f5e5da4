/**
 * Requests to Neon's API. The official client repeats a request that Neon asks to repeat (423, 429, 503). It is loaded with the first
 * request.
 */
import type { NeonClient, NeonErrorUnion } from "@neon/sdk";
import { readVariable, type Environment } from "../config/env.ts";
import { readStallLimit } from "../config/stall-limit.ts";
import {
  neonApiFailed,
  neonApiUnreachable,
  neonBranchLimit,
  neonKeyRejected,
  neonNotFound,
  neonOperationFailed,
} from "../errors.ts";
import { OpsError } from "../ops-error.ts";

/** What the requests to the API need. */
export interface NeonUse {
  environment: Environment;
  /** Hides the key from everything that is printed. */
  hide: (secret: string) => void;
  /** Gets a line for each request. */
  log: (line: string) => void;
}

/** Milliseconds of one request, with its repetitions. */
const requestTime = 30_000;

/** Milliseconds between two requests that ask whether Neon has finished. */
const pollTime = 500;

/** Whether Neon refused a request, so that it changed nothing. After any other error, Neon may have done what was requested. */
export function isRefusal(error: unknown): boolean {
  return error instanceof OpsError && refusals.includes(error.code);
}

const refusals: readonly string[] = [neonKeyRejected, neonNotFound, neonBranchLimit].map(
  ({ entry }) => entry.code,
);

/** The id of the compute in a host name, which the API calls an endpoint: `ep-cool-lab-123456`. */
export function endpointId(host: string): string {
  return (host.split(".")[0] ?? "").replace(/-pooler$/, "");
}

type Result<T> = { data: T; error: undefined } | { data: undefined; error: NeonErrorUnion };

/** One request. */
export type Call<T> = (neon: NeonClient) => Promise<Result<T>>;

/** What is tried, as the start of a sentence, and in which project. */
export interface Attempt {
  attempt: string;
  project?: string;
}

export class NeonApi {
  readonly #key: string;
  readonly #use: NeonUse;
  #client: NeonClient | undefined;

  constructor(key: string, use: NeonUse) {
    this.#key = key;
    this.#use = use;
  }

  /** Milliseconds of one request, and the times of waiting for an operation. */
  get times(): { request: number; pollIntervalMs: number; timeoutMs: number } {
    const limit = readStallLimit(this.#use.environment);
    return { request: Math.min(requestTime, limit), pollIntervalMs: pollTime, timeoutMs: limit };
  }

  /** @throws OpsError NEON_API_UNREACHABLE, NEON_API_FAILED, NEON_NOT_FOUND, NEON_KEY_REJECTED, or the reason of the signal */
  async request<T>(tried: Attempt, signal: AbortSignal, call: Call<T>): Promise<T> {
    const { data, error } = await this.call(signal, call);
    if (error === undefined) return data;
    throw failureOf(tried, error);
  }

  /** Returns the error of Neon. @throws the reason of the signal */
  async call<T>(signal: AbortSignal, call: Call<T>): Promise<Result<T>> {
    const result = await call(await this.#open());
    if (result.error !== undefined) signal.throwIfAborted();
    return result;
  }

  async #open(): Promise<NeonClient> {
    const { createNeonClient } = await import("@neon/sdk");
    const { environment, log } = this.#use;
    const host = readVariable(environment, "NEON_API_HOST");
    const { request: requestTimeoutMs, ...wait } = this.times;
    this.#client ??= createNeonClient({
      apiKey: this.#key,
      ...(host === undefined ? {} : { baseUrl: host.replace(/\/+$/, "") }),
      requestTimeoutMs,
      wait,
      fetch: async (input, init) => {
        const request = new Request(input, init);
        const { pathname } = new URL(request.url);
        const reply = await fetch(request);
        log(`Neon ${request.method} ${pathname}: ${reply.status}`);
        return reply;
      },
    });
    return this.#client;
  }
}

/** The error of a request that failed. */
export function failureOf({ attempt, project }: Attempt, error: NeonErrorUnion): OpsError {
  const facts = { attempt, reason: error.message.replace(/\.$/, ""), project };
  const options = { cause: error };
  switch (error.kind) {
    case "auth":
      return neonKeyRejected({ ...facts, status: error.status }, options);
    case "not_found":
      return neonNotFound(facts, options);
    case "operation":
      return neonOperationFailed(facts, options);
    case "timeout":
      return error.source === "wait"
        ? neonOperationFailed(facts, options)
        : neonApiUnreachable(facts, options);
    // The signal of the caller was checked before.
    case "aborted":
      return neonApiUnreachable({ ...facts, reason: "the time for an answer is over" }, options);
    case "network":
      return neonApiUnreachable({ ...facts, reason: error.reason }, options);
    case "api":
    case "rate_limit": {
      const { code = "", status, requestId } = error;
      // The codes are BRANCHES_LIMIT_EXCEEDED and ROOT_BRANCHES_LIMIT_EXCEEDED.
      if (code.endsWith("BRANCHES_LIMIT_EXCEEDED")) return neonBranchLimit(facts, options);
      return neonApiFailed({ ...facts, status, code, requestId }, options);
    }
    default:
      return neonApiFailed({ ...facts, status: undefined, code: error.kind, requestId: undefined }, options);
  }
}
