/**
 * The state as `terraform state pull` prints it (version 4): its version, the outputs and the resources in one read. Other than
 * `terraform show`, this read starts no provider.
 */
import { outputValues } from "@pilot-light/core/terraform/outputs";
import { z } from "zod";
import type { Resource } from "./changes.ts";

/** A resource that Terraform manages. */
export interface StateResource extends Resource {
  /** Its name in the configuration. */
  name: string;
  /** `module.net["eu"]`; undefined for a resource of the root module. */
  module: string | undefined;
}

export interface PulledState {
  /** Every write changes it: the lineage and the serial. "none" where there is no state yet. */
  version: string;
  /** None where nothing was deployed. */
  outputs: Readonly<Record<string, unknown>>;
  resources: readonly StateResource[];
}

const instance = z.object({
  index_key: z.union([z.string(), z.number()]).optional(),
  attributes: z.record(z.string(), z.unknown()).nullish(),
});
const schema = z.object({
  lineage: z.string(),
  serial: z.number(),
  outputs: z.unknown().optional(),
  resources: z
    .array(
      z.object({
        module: z.string().optional(),
        mode: z.string(),
        type: z.string(),
        name: z.string(),
        instances: z.array(instance).default([]),
      }),
    )
    .default([]),
});

/**
 * @param text what `terraform state pull` prints: nothing where there is no state yet
 * @throws ZodError or SyntaxError when it has another form
 */
export function parsePulledState(text: string): PulledState {
  if (text.trim() === "") return { version: "none", outputs: {}, resources: [] };
  const { lineage, serial, outputs, resources } = schema.parse(JSON.parse(text));
  return {
    version: `${lineage} ${serial}`,
    outputs: outputValues(outputs ?? {}),
    resources: resources
      .filter(({ mode }) => mode === "managed")
      .flatMap(({ module, type, name, instances }) => {
        const place = `${module === undefined ? "" : `${module}.`}${type}.${name}`;
        return instances.map(({ index_key: key, attributes }) => ({
          address: key === undefined ? place : `${place}[${JSON.stringify(key)}]`,
          module,
          type,
          name,
          values: attributes ?? {},
        }));
      }),
  };
}
