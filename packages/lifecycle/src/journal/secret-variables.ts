/** Terraform variables whose values are secrets. No value is written anywhere, so a resumed run needs it again. */
import { variableNeeded } from "../errors.ts";
import type { TerraformVariable } from "../terraform/variables.ts";

/** Splits the variables of a run into those that the journal stores, and the names of the secret ones. */
export function splitVariables(
  variables: readonly TerraformVariable[],
  secret: ReadonlySet<string>,
): { open: TerraformVariable[]; secretNames: string[] } {
  return {
    open: variables.filter((variable) => !("name" in variable && secret.has(variable.name))),
    secretNames: variables.flatMap((variable) =>
      "name" in variable && secret.has(variable.name) ? [variable.name] : [],
    ),
  };
}

/** @throws OpsError VARIABLE_NEEDED (precondition) when a secret variable of the interrupted run was not given again */
export function assertSecretsGiven(names: readonly string[], variables: readonly TerraformVariable[]): void {
  const given = new Set(variables.map((variable) => ("name" in variable ? variable.name : "")));
  const missing = names.filter((name) => !given.has(name));
  if (missing.length > 0) throw variableNeeded({ names: missing });
}
