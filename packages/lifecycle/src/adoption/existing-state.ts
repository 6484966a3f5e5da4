/**
 * The state of the existing environment, as data: `terraform show -json` (format 1) or `terraform state pull` (version 4). Sensitive values
 * are left out here, so that no later code can print them.
 */
import { z } from "zod";
import { indexText, placeOf, pulledStateSchema, type PulledDocument } from "../terraform/pulled-state.ts";

/** A resource of the existing environment. */
export interface ExistingResource {
  /** With its modules and index: `module.rds.aws_db_instance.main[0]`. */
  address: string;
  /** Without any index, as a `removed` block needs it: `module.rds.aws_db_instance.main`. */
  block: string;
  type: string;
  values: Readonly<Record<string, unknown>>;
}

export interface ExistingState {
  /** The identity of the state; undefined in the JSON of `terraform show`. */
  lineage: string | undefined;
  resources: readonly ExistingResource[];
  /** The output `dev_activated`; undefined if the state has none. */
  active: boolean | undefined;
}

const index = z.union([z.string(), z.number()]);
const values = z.record(z.string(), z.unknown());
const outputs = z.record(z.string(), z.object({ value: z.unknown() })).default({});

const shownResource = z.object({
  address: z.string(),
  mode: z.string(),
  type: z.string(),
  name: z.string(),
  index: index.optional(),
  deposed_key: z.string().optional(),
  values: values.default({}),
  sensitive_values: values.default({}),
});
interface Module {
  address?: string | undefined;
  resources: z.infer<typeof shownResource>[];
  child_modules: Module[];
}
const moduleSchema: z.ZodType<Module> = z.object({
  address: z.string().optional(),
  resources: z.array(shownResource).default([]),
  get child_modules() {
    return z.array(moduleSchema).default([]);
  },
});
const shownSchema = z.object({
  format_version: z.string(),
  values: z.object({ outputs, root_module: moduleSchema.default({ resources: [], child_modules: [] }) }),
});

/** Undefined when the document has neither form. */
export function parseExistingState(document: unknown): ExistingState | undefined {
  const pulled = pulledStateSchema.safeParse(document);
  if (pulled.success) return fromPulled(pulled.data);
  const shown = shownSchema.safeParse(document);
  return shown.success ? fromShown(shown.data) : undefined;
}

function fromPulled({ lineage, resources, outputs: found }: PulledDocument): ExistingState {
  return {
    lineage,
    active: activeOf(found),
    resources: resources
      .filter(({ mode }) => mode === "managed")
      .flatMap(({ module, type, name, instances }) => {
        const place = placeOf({ module, type, name });
        return instances
          .filter(({ deposed }) => deposed === undefined)
          .map(({ index_key: key, attributes, sensitive_attributes: sensitive }) => {
            const hidden = new Set((sensitive ?? []).map((path) => path[0]?.value));
            return {
              address: place + indexText(key),
              block: withoutIndexes(place),
              type,
              values: without(attributes ?? {}, (attribute) => hidden.has(attribute)),
            };
          });
      }),
  };
}

function fromShown({ values: contents }: z.infer<typeof shownSchema>): ExistingState {
  return {
    lineage: undefined,
    active: activeOf(contents.outputs),
    resources: resourcesOf(contents.root_module),
  };
}

function resourcesOf({ address: module, resources, child_modules: children }: Module): ExistingResource[] {
  const own = resources
    .filter(({ mode, deposed_key: deposed }) => mode === "managed" && deposed === undefined)
    .map(({ address, type, name, values: attributes, sensitive_values: sensitive }) => ({
      address,
      block: withoutIndexes(placeOf({ module, type, name })),
      type,
      values: without(attributes, (attribute) => containsTrue(sensitive[attribute])),
    }));
  return [...own, ...children.flatMap(resourcesOf)];
}

function activeOf(found: z.infer<typeof outputs>): boolean | undefined {
  const value = found["dev_activated"]?.value;
  return typeof value === "boolean" ? value : undefined;
}

/** The indexes of a module with `count` or `for_each`: `module.services["a"]`. A key may contain brackets and escaped quotes. */
function withoutIndexes(place: string): string {
  return place.replaceAll(/\[(?:\d+|"(?:[^"\\]|\\.)*")\]/g, "");
}

function without(attributes: Readonly<Record<string, unknown>>, isHidden: (attribute: string) => boolean) {
  return Object.fromEntries(Object.entries(attributes).filter(([attribute]) => !isHidden(attribute)));
}

/** `sensitive_values` marks a sensitive value with `true`, at any depth. */
function containsTrue(mark: unknown): boolean {
  if (mark === true) return true;
  return typeof mark === "object" && mark !== null && Object.values(mark).some(containsTrue);
}
