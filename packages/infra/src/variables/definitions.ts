/** Defines a Terraform variable: with a description, a type, a default and, if a value can be invalid, a rule. */
import { type IResolvable, TerraformVariable, VariableType, ref } from "cdktf";
import { Construct } from "constructs";

/** A Terraform expression that must be true, and the sentence that Terraform shows when it is false. */
export type Rule = readonly [expression: string, message: string];

interface Definition {
  description: string;
  type: string;
  default: string | number | boolean | readonly string[];
  sensitive?: boolean;
  rules?: readonly Rule[];
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
    return this.#define(name, { description, type: VariableType.STRING, default: value, rules: [rule] })
      .stringValue;
  }

  /** A text that Terraform never prints. The state still contains it. */
  secret(name: string, description: string, rule: Rule): string {
    const definition = {
      description,
      type: VariableType.STRING,
      default: "",
      sensitive: true,
      rules: [rule],
    };
    return this.#define(name, definition).stringValue;
  }

  list(name: string, value: readonly string[], description: string, rule: Rule): string[] {
    return this.#define(name, { description, type: VariableType.LIST_STRING, default: value, rules: [rule] })
      .listValue;
  }

  /** Whether a text is set. CDKTF's own comparison renders an empty text as `undefined`. */
  isSet(name: string): IResolvable {
    return ref(`(var.${name} != "")`);
  }

  /** Whether a list has no elements. */
  isEmpty(name: string): IResolvable {
    return ref(`(length(var.${name}) == 0)`);
  }

  /** Whether a secret is set. A count must not be sensitive, and this fact is not. */
  isSecretSet(name: string): IResolvable {
    return ref(`nonsensitive(var.${name} != "")`);
  }

  /**
   * A whole number in a range, which includes both limits.
   * @param together a further rule, about this variable together with others
   */
  integer(
    name: string,
    value: number,
    [least, most]: readonly [number, number],
    description: string,
    together: readonly Rule[] = [],
  ): number {
    const range: Rule = [
      `var.${name} >= ${least} && var.${name} <= ${most} && floor(var.${name}) == var.${name}`,
      `${name} must be a whole number from ${least} to ${most}.`,
    ];
    return this.#number(name, value, description, [range, ...together]);
  }

  /** One of the numbers that AWS accepts. */
  choice(name: string, value: number, choices: readonly number[], description: string): number {
    const rule: Rule = [
      `contains([${choices.join(", ")}], var.${name})`,
      `${name} must be one of ${choices.join(", ")}.`,
    ];
    return this.#number(name, value, description, [rule]);
  }

  #number(name: string, value: number, description: string, rules: readonly Rule[]): number {
    return this.#define(name, { description, type: VariableType.NUMBER, default: value, rules }).numberValue;
  }

  #define(name: string, { rules = [], ...definition }: Definition): TerraformVariable {
    const validation =
      rules.length === 0
        ? {}
        : {
            validation: rules.map(([condition, errorMessage]) => ({
              condition: `\${${condition}}`,
              errorMessage,
            })),
          };
    const variable = new TerraformVariable(this, name, { ...definition, ...validation, nullable: false });
    variable.overrideLogicalId(name);
    return variable;
  }
}
