/** Variables for Terraform as data, from the command line to the one place that builds the arguments of terraform. */

import type { Redactor } from "@pilot-light/core/output/redact";

/** One variable, or a file with variables. */
export type TerraformVariable = { name: string; value: string } | { file: string };

/** The arguments of `terraform plan`. A later variable has precedence over an earlier one. */
export function variableArguments(variables: readonly TerraformVariable[]): string[] {
  return variables.map((variable) =>
    "file" in variable ? `-var-file=${variable.file}` : `-var=${variable.name}=${variable.value}`,
  );
}

/**
 * Parses `name=value`, as `--var` takes it. Undefined for another text.
 */
export function parseVariable(text: string): { name: string; value: string } | undefined {
  const { name, value } = /^(?<name>[^=]+)=(?<value>.*)$/s.exec(text)?.groups ?? {};
  return name === undefined || value === undefined ? undefined : { name, value };
}

/** Parses an argument of terraform, as journals of earlier versions contain it. Undefined for another text. */
export function parseArgument(argument: string): TerraformVariable | undefined {
  const file = /^-var-file=(?<file>.*)$/s.exec(argument)?.groups?.["file"];
  if (file !== undefined) return { file };
  return argument.startsWith("-var=") ? parseVariable(argument.slice("-var=".length)) : undefined;
}

/** Hides the values of secret variables from everything that is printed. */
export function hideSecrets(
  variables: readonly TerraformVariable[],
  isSecret: (name: string) => boolean,
  redactor: Pick<Redactor, "add">,
): void {
  for (const variable of variables) {
    if ("name" in variable && variable.value !== "" && isSecret(variable.name)) redactor.add(variable.value);
  }
}

/** Before the stack is synthesized, only the name shows whether a variable is a secret. */
export function soundsSecret(name: string): boolean {
  return /key|password|secret|token/i.test(name);
}
