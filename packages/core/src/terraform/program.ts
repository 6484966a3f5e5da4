/** The terraform binary. */
import { readVariable, type Environment } from "../config/env.ts";

/** Name or path of the terraform program: TERRAFORM_BINARY_NAME, which cdktf reads as well, or `terraform`. */
export function terraformProgram(environment: Environment): string {
  return readVariable(environment, "TERRAFORM_BINARY_NAME") ?? "terraform";
}
