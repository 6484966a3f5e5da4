/** The changes of a plan, from the JSON of `terraform show` (developer.hashicorp.com/terraform/internals/json-format). */
import { createHash } from "node:crypto";
import { z } from "zod";

export type Action = "create" | "change" | "replace" | "destroy";

export interface Change {
  address: string;
  /** Resource type: `aws_lb`. */
  type: string;
  action: Action;
  /** The name in AWS, if it is known before the apply; otherwise the address. */
  name: string;
  /** Attributes whose new values force a replacement; none for other actions. */
  forcedBy?: readonly string[];
  /** Attributes that an action `change` changes, if the plan knows their new values. */
  attributes?: readonly string[];
  /** The address in the state of a resource that is replaced because it is tainted: a run that did not finish has marked it. */
  taintedAt?: string;
}

/** One resource with its attributes. */
export interface Resource {
  address: string;
  type: string;
  values: Readonly<Record<string, unknown>>;
}

export interface PlanContents {
  changes: readonly Change[];
  /** Whether the environment is active after the apply: the variable `dev_activated`, from whichever source Terraform read it. */
  activates?: boolean;
  before: readonly Resource[];
  after: readonly Resource[];
  /** SHA-256, in hex, of the changes with their new values. Plans with the same digest make the same changes, but for sensitive values. */
  digest: string;
}

const values = z.record(z.string(), z.unknown());
const resource = z.object({
  address: z.string(),
  mode: z.string(),
  type: z.string(),
  values: values.default({}),
});
interface Module {
  resources: z.infer<typeof resource>[];
  child_modules: Module[];
}
const moduleContents: z.ZodType<Module> = z.object({
  resources: z.array(resource).default([]),
  get child_modules() {
    return z.array(moduleContents).default([]);
  },
});
const module = z.object({ root_module: moduleContents.default({ resources: [], child_modules: [] }) });
const planSchema = z.object({
  resource_changes: z
    .array(
      z.object({
        address: z.string(),
        previous_address: z.string().optional(),
        mode: z.string(),
        type: z.string(),
        action_reason: z.string().optional(),
        change: z.object({
          actions: z.array(z.string()),
          before: values.nullish(),
          after: values.nullish(),
          after_sensitive: z.union([z.boolean(), values]).nullish(),
          replace_paths: z.array(z.array(z.union([z.string(), z.number()]))).default([]),
        }),
      }),
    )
    .default([]),
  prior_state: z.object({ values: module.optional() }).optional(),
  variables: z
    .object({ dev_activated: z.object({ value: z.stringbool().or(z.boolean()) }).optional() })
    .default({}),
  planned_values: module,
});

/** @throws ZodError when the JSON is not a plan, such as that of an unknown version of terraform */
export function parsePlan(json: unknown): PlanContents {
  const plan = planSchema.parse(json);
  const changes = plan.resource_changes.flatMap((planned): Change[] => {
    const { address, mode, type, change } = planned;
    const action = mode === "managed" ? actionOf(change.actions) : undefined;
    const name = nameOf({ ...change.after, ...change.before }) ?? address;
    if (action === undefined) return [];
    const forcedBy = change.replace_paths.map((path) => path.join("."));
    const attributes = action === "change" ? changedAttributes(change).map(([attribute]) => attribute) : [];
    return [
      {
        ...{ address, type, action, name },
        ...(forcedBy.length === 0 ? {} : { forcedBy }),
        ...(attributes.length === 0 ? {} : { attributes }),
        ...(planned.action_reason === "replace_because_tainted"
          ? { taintedAt: planned.previous_address ?? address }
          : {}),
      },
    ];
  });
  const activates = plan.variables.dev_activated?.value;
  return {
    changes,
    before: managed(plan.prior_state?.values),
    after: managed(plan.planned_values),
    digest: digestOf(plan.resource_changes.filter(({ mode }) => mode === "managed")),
    ...(activates === undefined ? {} : { activates }),
  };
}

type PlannedChange = z.infer<typeof planSchema>["resource_changes"][number];

/** The attributes whose new values are known and differ, with these values. */
function changedAttributes({ before, after }: PlannedChange["change"]): [name: string, value: unknown][] {
  return Object.entries(after ?? {}).filter(([key, value]) => canonical(value) !== canonical(before?.[key]));
}

/** Values that only the apply knows are absent from a plan. Attributes that do not change are left out: they may move by themselves. */
function digestOf(planned: readonly PlannedChange[]): string {
  const changed = planned
    .filter(({ change }) => actionOf(change.actions) !== undefined)
    .map(({ address, change }) => [
      address,
      change.actions,
      changedAttributes(change)
        .map(([key, value]) => [
          key,
          isSensitive(change.after_sensitive, key) ? "(sensitive)" : canonical(value),
        ])
        .sort(),
    ]);
  return createHash("sha256").update(canonical(changed)).digest("hex");
}

/** Whether an attribute is sensitive, or a part of it. Terraform writes `true`, or the parts. */
function isSensitive(marks: PlannedChange["change"]["after_sensitive"], key: string): boolean {
  const mark = typeof marks === "object" ? marks?.[key] : marks;
  return canonical(mark).includes("true");
}

/** JSON in which the keys of objects are in order. */
function canonical(value: unknown): string {
  const sorted = (_key: string, part: unknown) =>
    typeof part === "object" && part !== null && !Array.isArray(part)
      ? Object.fromEntries(Object.entries(part).sort(([a], [b]) => (a < b ? -1 : 1)))
      : part;
  return JSON.stringify(value ?? null, sorted);
}

function managed(contents: z.infer<typeof module> | undefined): Resource[] {
  return contents === undefined ? [] : managedIn(contents.root_module);
}

/** The resources of a module and of the modules in it. */
function managedIn({ resources, child_modules: children }: Module): Resource[] {
  return [...resources.filter(({ mode }) => mode === "managed"), ...children.flatMap(managedIn)];
}

/** The name that a person knows a resource by in AWS; undefined if its attributes contain none. */
export function nameOf(attributes: Readonly<Record<string, unknown>>): string | undefined {
  const found = ["identifier", "bucket", "name", "id"].map((key) => attributes[key]);
  return found.find((value): value is string => typeof value === "string" && value !== "");
}

/** Undefined when the plan does not change the resource. */
function actionOf(actions: readonly string[]): Action | undefined {
  if (actions.includes("delete")) return actions.includes("create") ? "replace" : "destroy";
  if (actions.includes("create")) return "create";
  return actions.includes("update") ? "change" : undefined;
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
