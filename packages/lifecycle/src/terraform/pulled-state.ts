/**
 * The state as `terraform state pull` prints it (version 4): its version, the outputs and the resources in one read. Unlike
 * `terraform show`, this read starts no provider.
 */
import { outputValues } from "@pilot-light/core/terraform/outputs";
import { z } from "zod";
import type { Resource } from "./changes.ts";

const values = z.record(z.string(), z.unknown());
const index = z.union([z.string(), z.number()]);

/** One step of the path to a sensitive attribute: `{ type: "get_attr", value: "password" }`. */
const pathStep = z.object({ type: z.string(), value: z.unknown() });

export const pulledStateSchema = z.object({
  version: z.literal(4),
  /** The identity of the state. If the state is created again, it gets another one. */
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
              /** Set for an object that Terraform has replaced and not deleted yet. */
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

export type PulledDocument = z.infer<typeof pulledStateSchema>;
type PulledResource = PulledDocument["resources"][number];

/** A resource that Terraform manages. */
export interface StateResource extends Resource {
  /** Its name in the configuration. */
  name: string;
  /** `module.net["eu"]`; undefined for a resource of the root module. */
  module: string | undefined;
}

export interface PulledState {
  /** Every write changes it: the lineage and the serial. "none" if there is no state yet. */
  version: string;
  /** Undefined if there is no state yet. */
  lineage: string | undefined;
  /** None if nothing was deployed. */
  outputs: Readonly<Record<string, unknown>>;
  resources: readonly StateResource[];
}

/**
 * @param text what `terraform state pull` prints: nothing if there is no state yet
 * @throws ZodError or SyntaxError when it has another form
 */
export function parsePulledState(text: string): PulledState {
  if (text.trim() === "") return { version: "none", lineage: undefined, outputs: {}, resources: [] };
  const { lineage, serial, outputs, resources } = pulledStateSchema.parse(JSON.parse(text));
  return {
    version: `${lineage} ${serial}`,
    lineage,
    outputs: outputValues(outputs),
    resources: resources
      .filter(({ mode }) => mode === "managed")
      .flatMap(({ module, type, name, instances }) =>
        instances.map(({ index_key: key, attributes }) => ({
          address: placeOf({ module, type, name }) + indexText(key),
          module,
          type,
          name,
          values: attributes ?? {},
        })),
      ),
  };
}

/** The address of a resource without the index of an instance: `module.rds.aws_db_instance.main`. */
export function placeOf({ module, type, name }: Pick<PulledResource, "module" | "type" | "name">): string {
  return `${module === undefined ? "" : `${module}.`}${type}.${name}`;
}

/** `[0]`, `["a"]`, or "". */
export function indexText(key: string | number | undefined): string {
  return key === undefined ? "" : `[${JSON.stringify(key)}]`;
}
