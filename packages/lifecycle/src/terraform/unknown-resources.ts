/**
 * Resources of the state that the synthesized stack does not define. Terraform deletes them at the next apply, without a rule of the
 * stack that could prevent it: `prevent_destroy` counts only where the configuration contains the resource.
 */
import { z } from "zod";
import { dataOf } from "./data-holders.ts";
import { indexText, placeOf, pulledStateSchema } from "./pulled-state.ts";

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

/**
 * @param state the JSON of `terraform state pull`
 * @param configuration the JSON of the synthesized stack, which has no modules
 */
export function unknownResources(state: unknown, configuration: unknown): UnknownResource[] {
  const { resource: known } = configurationSchema.parse(configuration);
  return pulledStateSchema
    .parse(state)
    .resources.filter(({ mode }) => mode === "managed")
    .filter(({ module, type, name }) => module !== undefined || known[type]?.[name] === undefined)
    .flatMap(({ module, type, name, instances }) =>
      instances.map(({ index_key: key, attributes }) => {
        const address = placeOf({ module, type, name }) + indexText(key);
        return {
          address,
          type,
          name: nameOf(attributes ?? {}) ?? address,
          holds: dataOf(type),
          isOfEarlierVersion: module === undefined && cdktfName.test(name),
        };
      }),
    );
}

/** The name that a person knows a resource by in AWS; undefined where its attributes contain none. */
export function nameOf(attributes: Readonly<Record<string, unknown>>): string | undefined {
  const found = ["identifier", "bucket", "name", "id"].map((key) => attributes[key]);
  return found.find((value): value is string => typeof value === "string" && value !== "");
}
