/**
 * Resources of the state that the synthesized stack does not define. The next apply deletes them. No rule of the stack can prevent that:
 * `prevent_destroy` counts only if the configuration contains the resource.
 */
import { z } from "zod";
import { nameOf } from "./changes.ts";
import { dataOf } from "./data-holders.ts";
import type { PulledState } from "./pulled-state.ts";

export interface UnknownResource {
  /** With its modules and index: `module.rds.aws_db_instance.main[0]`. */
  address: string;
  type: string;
  /** Its name in AWS, else its address. */
  name: string;
  /** What it holds; undefined for a resource without data. */
  holds: string | undefined;
  /** False for code that is not this app: a person's HCL, or another tool. */
  isOfEarlierVersion: boolean;
}

const configurationSchema = z.object({
  resource: z.record(z.string(), z.record(z.string(), z.unknown())).default({}),
});

/** CDKTF ends the name of a resource with a part of its hash. */
const cdktfName = /_[0-9A-F]{8}$/;

/** @param configuration the JSON of the synthesized stack, which has no modules */
export function unknownResources(
  { resources }: Pick<PulledState, "resources">,
  configuration: unknown,
): UnknownResource[] {
  const { resource: known } = configurationSchema.parse(configuration);
  return resources
    .filter(({ module, type, name }) => module !== undefined || known[type]?.[name] === undefined)
    .map(({ address, module, type, name, values }) => ({
      address,
      type,
      name: nameOf(values) ?? address,
      holds: dataOf(type),
      isOfEarlierVersion: module === undefined && cdktfName.test(name),
    }));
}
