/** The time after which a connection without data is probed or closed. */
import { readVariable, type Environment } from "./env.ts";

/** Milliseconds, where no environment decides. */
export const defaultStallLimit = 180_000;

/** Milliseconds: PILOT_LIGHT_STALL_SECONDS. */
export function readStallLimit(environment: Environment): number {
  const seconds = Number(readVariable(environment, "PILOT_LIGHT_STALL_SECONDS"));
  return seconds > 0 ? seconds * 1000 : defaultStallLimit;
}
