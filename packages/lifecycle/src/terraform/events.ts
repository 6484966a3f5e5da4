/** The lines of `terraform plan -json` and `apply -json` that this tool uses (developer.hashicorp.com/terraform/internals/machine-readable-ui). */
import { z } from "zod";

const hook = z.object({
  resource: z.object({ addr: z.string(), resource_type: z.string() }),
  action: z.string(),
  elapsed_seconds: z.number().optional(),
});

const eventSchema = z.discriminatedUnion("type", [
  z.object({
    type: z.literal("diagnostic"),
    diagnostic: z.object({
      severity: z.string(),
      summary: z.string(),
      detail: z.string().default(""),
      address: z.string().optional(),
    }),
  }),
  z.object({ type: z.literal("apply_start"), hook }),
  z.object({ type: z.literal("apply_complete"), hook }),
  z.object({ type: z.literal("apply_errored"), hook }),
]);

export type TerraformEvent = z.infer<typeof eventSchema>;
export type Diagnostic = Extract<TerraformEvent, { type: "diagnostic" }>["diagnostic"];
export type ResourceEvent = Exclude<TerraformEvent, { type: "diagnostic" }>;

/** Undefined for lines of other types, and for lines that are not JSON, which a wrapper around terraform may add. */
export function parseEvent(line: string): TerraformEvent | undefined {
  try {
    return eventSchema.safeParse(JSON.parse(line)).data;
  } catch {
    return undefined;
  }
}
