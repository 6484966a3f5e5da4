/** The AWS region of all clients and stacks. */
import { regionPattern } from "../contract.ts";
import { readVariable, type Environment } from "../config/env.ts";
import { awsRegionInvalid } from "../errors.ts";

/**
 * The region of the environment. A wrong name is refused here. Otherwise the run would fail later, at an unknown host.
 * @throws OpsError AWS_REGION_INVALID (configuration)
 */
export function readRegion(environment: Environment): string {
  const region = readVariable(environment, "AWS_REGION") ?? "";
  if (regionPattern.test(region)) return region;
  throw awsRegionInvalid({ region });
}
