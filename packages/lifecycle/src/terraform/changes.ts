/** The changes of a plan, from the JSON of `terraform show` (developer.hashicorp.com/terraform/internals/json-format). */
import { z } from "zod";

export type Action = "create" | "change" | "replace" | "destroy";

export interface Change {
  address: string;
  /** Resource type: `aws_lb`. */
  type: string;
  action: Action;
  /** The name in AWS, where it is known before the apply; else the address. */
  name: string;
}

/** One resource with its attributes. */
export interface Resource {
  address: string;
  type: string;
  values: Readonly<Record<string, unknown>>;
}

export interface PlanContents {
  changes: readonly Change[];
  before: readonly Resource[];
  after: readonly Resource[];
}

const values = z.record(z.string(), z.unknown());
const resource = z.object({
  address: z.string(),
  mode: z.string(),
  type: z.string(),
  values: values.default({}),
});
const module = z.object({
  root_module: z.object({ resources: z.array(resource).default([]) }).default({ resources: [] }),
});
const planSchema = z.object({
  resource_changes: z
    .array(
      z.object({
        address: z.string(),
        mode: z.string(),
        type: z.string(),
        change: z.object({ actions: z.array(z.string()), before: values.nullish(), after: values.nullish() }),
      }),
    )
    .default([]),
  prior_state: z.object({ values: module.optional() }).optional(),
  planned_values: module,
});
const stateSchema = z.object({ values: module.optional() });

/** @throws ZodError when the JSON is not a plan, such as that of an unknown version of terraform */
export function parsePlan(json: unknown): PlanContents {
  const plan = planSchema.parse(json);
  const changes = plan.resource_changes.flatMap(({ address, mode, type, change }): Change[] => {
    const action = mode === "managed" ? actionOf(change.actions) : undefined;
    const name = nameOf({ ...change.after, ...change.before }) ?? address;
    return action === undefined ? [] : [{ address, type, action, name }];
  });
  return { changes, before: managed(plan.prior_state?.values), after: managed(plan.planned_values) };
}

/** The resources of a state, from `terraform show -json` without a plan. */
export function parseState(json: unknown): readonly Resource[] {
  return managed(stateSchema.parse(json).values);
}

function managed(contents: z.infer<typeof module> | undefined): Resource[] {
  return (contents?.root_module.resources ?? []).filter(({ mode }) => mode === "managed");
}

/** Undefined when the plan does not change the resource. */
function actionOf(actions: readonly string[]): Action | undefined {
  if (actions.includes("delete")) return actions.includes("create") ? "replace" : "destroy";
  if (actions.includes("create")) return "create";
  return actions.includes("update") ? "change" : undefined;
}

function nameOf(attributes: Readonly<Record<string, unknown>>): string | undefined {
  const found = ["identifier", "bucket", "name", "id"].map((key) => attributes[key]);
  return found.find((value) => typeof value === "string" && value !== "") as string | undefined;
}

/** Whether a plan creates and destroys nothing. It may still change resources. */
export function isComplete(changes: readonly Change[]): boolean {
  return changes.every(({ action }) => action !== "create" && action !== "destroy");
}

/** Number of changes of each type: `{ aws_lb: 1 }`. */
export function countByType(changes: readonly Pick<Change, "type">[]): Record<string, number> {
  const counts: Record<string, number> = {};
  for (const { type } of changes) counts[type] = (counts[type] ?? 0) + 1;
  return Object.fromEntries(Object.entries(counts).sort(([a], [b]) => a.localeCompare(b)));
}
