/** A route to RDS: how this machine connects to a database in a private network. */
import { setMaxListeners } from "node:events";
import type { Via } from "../config/via.ts";

export interface Route {
  via: Exclude<Via, "auto">;
  /** Why the route was chosen, in a few words: "the endpoint answers". */
  reason: string;
  /** Address to connect to instead of the endpoint. */
  address?: { host: string; port: number };
  /** Why the routes that come first were not chosen, each with its name. */
  others?: readonly string[];
  /** When the route ends by itself, in milliseconds since 1970. */
  endsAt?: number;
  /** Aborted with its error when the route ends by itself. */
  lost?: AbortSignal;
}

/** A signal that an interruption and the end of the route abort, each with the error that the command reports. */
export function whileOpen(route: Pick<Route, "lost"> | undefined, interruption: AbortSignal): AbortSignal {
  if (route?.lost === undefined) return interruption;
  const signal = AbortSignal.any([interruption, route.lost]);
  // Every session and request of the command listens to it.
  setMaxListeners(0, signal);
  return signal;
}
