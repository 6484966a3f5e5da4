/** The times after which work that makes no progress is probed or stopped. */
import { readVariable, type Environment } from "./env.ts";

/** Milliseconds, if no environment decides. */
export const defaultStallLimit = 180_000;

/** Milliseconds: PILOT_LIGHT_STALL_SECONDS. */
export function readStallLimit(environment: Environment): number {
  const seconds = Number(readVariable(environment, "PILOT_LIGHT_STALL_SECONDS"));
  return seconds > 0 ? seconds * 1000 : defaultStallLimit;
}

/** Milliseconds that Terraform may make no progress although AWS answers: PILOT_LIGHT_TERRAFORM_SECONDS. */
export function readTerraformLimit(environment: Environment): number {
  const seconds = Number(readVariable(environment, "PILOT_LIGHT_TERRAFORM_SECONDS"));
  return (seconds > 0 ? seconds : 7200) * 1000;
}
