/** The resources of this stack, from the JSON of a plan without a state: the values that are known before a resource exists. */
import { z } from "zod";

/** A resource that this stack defines. */
export interface OwnResource {
  /** `aws_db_instance.database_instance_D7FC2283[0]`. */
  address: string;
  type: string;
  /** The values that are known before the apply. */
  values: Readonly<Record<string, unknown>>;
  /** For each attribute that one other resource decides: that resource's address and attribute. */
  references: ReadonlyMap<string, { address: string; attribute: string }>;
  /** For each attribute that a variable decides alone: the variable. Secret variables are left out. */
  variables: ReadonlyMap<string, VariableUse>;
}

export interface VariableUse {
  name: string;
  /** The place in the list, of a variable that is a list. */
  index: number | undefined;
}

const values = z.record(z.string(), z.unknown());
const planSchema = z.object({
  planned_values: z.object({
    root_module: z.object({
      resources: z.array(
        z.object({ address: z.string(), mode: z.string(), type: z.string(), values: values.default({}) }),
      ),
    }),
  }),
  configuration: z.object({
    root_module: z.object({
      resources: z.array(z.object({ address: z.string(), expressions: values.default({}) })),
    }),
  }),
});
const expressionSchema = z.object({ references: z.array(z.string()) });
const configurationSchema = z.object({
  resource: z.record(z.string(), z.record(z.string(), values)).default({}),
  variable: z.record(z.string(), z.object({ sensitive: z.boolean().optional() })).default({}),
});

/**
 * @param plan the JSON of `terraform show` for a plan that starts from nothing
 * @param configuration the JSON of the synthesized stack
 * @throws ZodError when the JSON is not a plan, such as that of an unknown version of terraform
 */
export function parseOwnResources(plan: unknown, configuration: unknown): OwnResource[] {
  const { planned_values: planned, configuration: read } = planSchema.parse(plan);
  const { resource: written, variable } = configurationSchema.parse(configuration);
  const isOpen = ({ name }: VariableUse) => variable[name]?.sensitive !== true;
  const expressions = new Map(read.root_module.resources.map((resource) => [resource.address, resource]));
  return planned.root_module.resources
    .filter(({ mode }) => mode === "managed")
    .map(({ address, type, values: known }) => {
      const block = address.replace(/\[[^\]]*\]$/, "");
      const attributes = Object.entries(expressions.get(block)?.expressions ?? {});
      const texts = Object.entries(written[type]?.[block.slice(type.length + 1)] ?? {});
      return {
        address,
        type,
        values: known,
        references: new Map(
          attributes.flatMap(([attribute, expression]) => {
            const parsed = expressionSchema.safeParse(expression);
            const reference = parsed.success ? singleReference(parsed.data.references) : undefined;
            return reference === undefined ? [] : [[attribute, reference] as const];
          }),
        ),
        variables: new Map(
          texts.flatMap(([attribute, expression]) => {
            const use = typeof expression === "string" ? variableIn(expression) : undefined;
            return use !== undefined && isOpen(use) ? [[attribute, use] as const] : [];
          }),
        ),
      };
    });
}

/** `${var.name}`, or an element of a list, which may have a default: `${(... ? element(var.names, 0) : ...)}`. */
function variableIn(expression: string): VariableUse | undefined {
  const [, name] = /^\$\{var\.(\w+)\}$/.exec(expression) ?? [];
  if (name !== undefined) return { name, index: undefined };
  const [, list, index] = /\belement\(var\.(\w+), (\d+)\)/.exec(expression) ?? [];
  return list === undefined ? undefined : { name: list, index: Number(index) };
}

/** Terraform lists `type.name[0].id`, then the same without the attribute, and without the index. */
function singleReference(names: readonly string[]): { address: string; attribute: string } | undefined {
  const full = names.map((name) =>
    /^(?<address>[a-z_0-9]+\.[\w-]+(?:\[\d+\])?)\.(?<attribute>\w+)$/.exec(name),
  );
  const found = full.flatMap((match) => {
    const { address, attribute } = match?.groups ?? {};
    const isResource = address !== undefined && !/^(?:var|data|local|each)\./.test(address);
    return isResource && attribute !== undefined ? [{ address, attribute }] : [];
  });
  const [first, ...others] = found;
  return others.length === 0 ? first : undefined;
}
