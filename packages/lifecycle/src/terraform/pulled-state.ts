/** What `terraform state pull` prints (version 4). Other than `terraform show`, it needs no provider of the resources. */
import { z } from "zod";

const values = z.record(z.string(), z.unknown());
const index = z.union([z.string(), z.number()]);

/** One step of the path to a sensitive attribute: `{ type: "get_attr", value: "password" }`. */
const pathStep = z.object({ type: z.string(), value: z.unknown() });

export const pulledStateSchema = z.object({
  version: z.literal(4),
  /** The identity of the state. A state that was created again has another one. */
  lineage: z.string(),
  /** Every write raises it. */
  serial: z.number().default(0),
  outputs: z.record(z.string(), z.object({ value: z.unknown() })).default({}),
  resources: z
    .array(
      z.object({
        module: z.string().optional(),
        mode: z.string(),
        type: z.string(),
        name: z.string(),
        instances: z
          .array(
            z.object({
              index_key: index.optional(),
              /** Of an object that its replacement has not deleted yet. */
              deposed: z.string().optional(),
              attributes: values.nullish(),
              sensitive_attributes: z.array(z.array(pathStep)).nullish(),
            }),
          )
          .default([]),
      }),
    )
    .default([]),
});

export type PulledState = z.infer<typeof pulledStateSchema>;
type PulledResource = PulledState["resources"][number];

/** The address of a resource without the index of an instance: `module.rds.aws_db_instance.main`. */
export function placeOf({ module, type, name }: Pick<PulledResource, "module" | "type" | "name">): string {
  return `${module === undefined ? "" : `${module}.`}${type}.${name}`;
}

/** `[0]`, `["a"]`, or "". */
export function indexText(key: string | number | undefined): string {
  return key === undefined ? "" : `[${JSON.stringify(key)}]`;
}
