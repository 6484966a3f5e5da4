/** The variables with which Terraform and the tools find an environment on the emulator. */
import { defaultRegion } from "@pilot-light/core/contract";

/** Variables with which Terraform and the tools work on an environment that is deployed behind a front. */
export function deployedVariables(front: { url: string; application: string }, database: string) {
  return {
    AWS_ENDPOINT_URL: front.url,
    ALB_HOSTADDR: front.application,
    PILOT_LIGHT_PRODUCTION_DOMAIN: "none",
    TF_VAR_db_name: database,
  };
}

/** How many running tasks the emulator must report for each service. The front reports no more than are desired. */
export const runningTasks = 2;

/** Variables for a Terraform state in a bucket of the emulator. */
export function s3StateVariables(bucket: string) {
  return {
    TF_STATE_BUCKET: bucket,
    TF_STATE_REGION: defaultRegion,
    // All buckets of the emulator have the same address.
    TF_CLI_ARGS_init: "-backend-config=use_path_style=true",
  };
}

/** Name of the bucket with the Terraform state of a project. */
export function stateBucket(project: string): string {
  return `${project}-states`;
}
