/** Variables for Terraform as data, from the command line to the one place that builds the arguments of terraform. */

/** One variable, or a file with variables. */
export type TerraformVariable = { name: string; value: string } | { file: string };

/** The arguments of `terraform plan`. A later variable wins over an earlier one. */
export function variableArguments(variables: readonly TerraformVariable[]): string[] {
  return variables.map((variable) =>
    "file" in variable ? `-var-file=${variable.file}` : `-var=${variable.name}=${variable.value}`,
  );
}

/**
 * A variable out of `name=value`, as `--var` takes it. Undefined for another text.
 */
export function parseVariable(text: string): { name: string; value: string } | undefined {
  const { name, value } = /^(?<name>[^=]+)=(?<value>.*)$/s.exec(text)?.groups ?? {};
  return name === undefined || value === undefined ? undefined : { name, value };
}

/** A variable out of an argument of terraform, as journals of earlier versions contain it. Undefined for another text. */
export function parseArgument(argument: string): TerraformVariable | undefined {
  const file = /^-var-file=(?<file>.*)$/s.exec(argument)?.groups?.["file"];
  if (file !== undefined) return { file };
  return argument.startsWith("-var=") ? parseVariable(argument.slice("-var=".length)) : undefined;
}
