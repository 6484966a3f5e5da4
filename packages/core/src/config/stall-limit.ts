/** The times after which work that makes no progress is probed or stopped. */
import type { Environment } from "./env.ts";
import { readNumber } from "./numbers.ts";

/** Milliseconds, if no environment decides. */
export const defaultStallLimit = 180_000;

/** Milliseconds: PILOT_LIGHT_STALL_SECONDS. */
export function readStallLimit(environment: Environment): number {
  return readNumber(environment, "PILOT_LIGHT_STALL_SECONDS") * 1000;
}

/** Milliseconds that Terraform may make no progress although AWS answers: PILOT_LIGHT_TERRAFORM_SECONDS. */
export function readTerraformLimit(environment: Environment): number {
  return readNumber(environment, "PILOT_LIGHT_TERRAFORM_SECONDS") * 1000;
}
