/** Defines a Terraform variable: with a description, a type, a default and, where a value can be invalid, a rule. */
import { type IResolvable, TerraformVariable, VariableType, ref } from "cdktf";
import { Construct } from "constructs";

/** A Terraform expression that must be true, and the sentence that Terraform shows when it is false. */
export type Rule = readonly [expression: string, message: string];

interface Definition {
  description: string;
  type: string;
  default: string | number | boolean | readonly string[];
  sensitive?: boolean;
  rule?: Rule;
}

/**
 * Defines variables under their own names. They have a separate scope, because an output of the same name (`dev_activated`) needs the
 * same construct id on the stack.
 */
export class VariableDefinitions extends Construct {
  flag(name: string, value: boolean, description: string): IResolvable {
    return this.#define(name, { description, type: VariableType.BOOL, default: value }).booleanValue;
  }

  text(name: string, value: string, description: string, rule: Rule): string {
    return this.#define(name, { description, type: VariableType.STRING, default: value, rule }).stringValue;
  }

  /** A text that Terraform never prints. The state still contains it. */
  secret(name: string, description: string, rule: Rule): string {
    const definition = { description, type: VariableType.STRING, default: "", sensitive: true, rule };
    return this.#define(name, definition).stringValue;
  }

  list(name: string, value: readonly string[], description: string, rule: Rule): string[] {
    return this.#define(name, { description, type: VariableType.LIST_STRING, default: value, rule })
      .listValue;
  }

  /** Whether a text is set. CDKTF's own comparison renders an empty text as `undefined`. */
  isSet(name: string): IResolvable {
    return ref(`(var.${name} != "")`);
  }

  /** A whole number in a range, which includes both limits. */
  integer(
    name: string,
    value: number,
    [least, most]: readonly [number, number],
    description: string,
  ): number {
    return this.#number(name, value, description, [
      `var.${name} >= ${least} && var.${name} <= ${most} && floor(var.${name}) == var.${name}`,
      `${name} must be a whole number from ${least} to ${most}.`,
    ]);
  }

  /** One of the numbers that AWS accepts. */
  choice(name: string, value: number, choices: readonly number[], description: string): number {
    return this.#number(name, value, description, [
      `contains([${choices.join(", ")}], var.${name})`,
      `${name} must be one of ${choices.join(", ")}.`,
    ]);
  }

  #number(name: string, value: number, description: string, rule: Rule): number {
    return this.#define(name, { description, type: VariableType.NUMBER, default: value, rule }).numberValue;
  }

  #define(name: string, { rule, ...definition }: Definition): TerraformVariable {
    const validation =
      rule === undefined ? {} : { validation: [{ condition: `\${${rule[0]}}`, errorMessage: rule[1] }] };
    const variable = new TerraformVariable(this, name, { ...definition, ...validation, nullable: false });
    variable.overrideLogicalId(name);
    return variable;
  }
}
