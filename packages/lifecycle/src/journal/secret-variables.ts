/** Terraform variables whose values are secrets: they are written nowhere, and have to be said again. */
import type { Redactor } from "@pilot-light/core/output/redact";
import { OpsError } from "@pilot-light/core/ops-error";

const pattern = /^-var=([^=]+)=(.*)$/s;

/** The name in `-var=name=value`; undefined for files. */
function nameOf(argument: string): string | undefined {
  return pattern.exec(argument)?.[1];
}

/** What may be written down of the variables of a run: all but the values of secret ones. */
export function splitVariables(
  variables: readonly string[],
  secret: ReadonlySet<string>,
): { open: string[]; secretNames: string[] } {
  const isSecret = (argument: string) => secret.has(nameOf(argument) ?? "");
  return {
    open: variables.filter((argument) => !isSecret(argument)),
    secretNames: variables.filter(isSecret).map((argument) => nameOf(argument) ?? ""),
  };
}

/** From here on their values are shown nowhere. */
export function hideSecrets(
  variables: readonly string[],
  secret: ReadonlySet<string>,
  redactor: Pick<Redactor, "add">,
): void {
  for (const argument of variables) {
    const [, name = "", value = ""] = pattern.exec(argument) ?? [];
    if (secret.has(name) && value !== "") redactor.add(value);
  }
}

/** @throws OpsError VARIABLE_NEEDED (precondition) when a secret variable of the interrupted run was not given again */
export function assertSecretsGiven(names: readonly string[], variables: readonly string[]): void {
  const given = new Set(variables.map(nameOf));
  const missing = names.filter((name) => !given.has(name));
  if (missing.length === 0) return;
  throw new OpsError(
    "precondition",
    "VARIABLE_NEEDED",
    `The interrupted run was given ${missing.join(", ")}, whose value is kept nowhere.`,
    { hint: `Give it again:  ${missing.map((name) => `--var ${name}=...`).join(" ")}` },
  );
}
