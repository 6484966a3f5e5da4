/** The AWS region, as every client and every stack takes it. */
import { regionPattern } from "../contract.ts";
import { readVariable, type Environment } from "../config/env.ts";
import { OpsError } from "../errors.ts";

/**
 * The region of the environment. A name that is none would fail in the middle of a run, with whatever answers at such an address.
 * @throws OpsError AWS_REGION_INVALID (configuration)
 */
export function readRegion(environment: Environment): string {
  const region = readVariable(environment, "AWS_REGION") ?? "";
  if (regionPattern.test(region)) return region;
  throw new OpsError("configuration", "AWS_REGION_INVALID", `This is no AWS region: "${region}".`, {
    hint: "Set AWS_REGION to a name such as us-east-1 (of a state in S3: TF_STATE_REGION).",
  });
}
