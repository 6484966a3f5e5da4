/** Asks for the settings that a new user needs, and checks each while it is typed. */
import type * as clack from "@clack/prompts";
import {
  variables,
  type Environment,
  type VariableName,
  type VariableSpec,
} from "@pilot-light/core/config/env";
import { interrupted } from "@pilot-light/core/errors";
import { withState } from "@pilot-light/core/ops-error";
import { checkSetting } from "./check-setting.ts";
import type { SettingChange } from "./edit-settings.ts";

/** What the person may do with a secret. */
const secretChoices = (path: string) =>
  [
    { value: "keep-out", label: "Not in a file", hint: "set it in the shell, from a password manager" },
    { value: "write", label: `In ${path}`, hint: "plain text that only you can read" },
  ] as const;

/**
 * Asks on the terminal.
 * @param current the values of the file
 * @param environment; its values are offered if the file has none
 * @throws OpsError INTERRUPTED
 */
export async function askSettings(
  path: string,
  current: Readonly<Record<string, string>>,
  environment: Environment,
  signal: AbortSignal,
): Promise<SettingChange[]> {
  const prompts = await import("@clack/prompts");
  const common = { output: process.stderr, signal };
  const answers: Partial<Record<VariableName, string>> = {};
  const names = Object.keys(variables) as VariableName[];
  for (const name of names) {
    const spec: VariableSpec = variables[name];
    if (spec.firstUse !== true || !isAsked(name, answers)) continue;
    const message = `${name}  ${spec.description.replaceAll("`", "")}`;
    const validate = (value: string | undefined) =>
      (value ?? "") === "" ? undefined : checkSetting(name, (value ?? "").trim());
    const answer =
      spec.secret === true
        ? await askSecret({ ...common, prompts, path, message, validate, isSet: current[name] !== undefined })
        : await prompts.text({
            ...common,
            message,
            initialValue: current[name] ?? environment[name] ?? "",
            placeholder: spec.default === undefined ? "empty: not set" : `empty: ${spec.default}`,
            validate,
          });
    if (typeof answer === "symbol") {
      throw withState(signal.aborted ? signal.reason : interrupted({ signal: "SIGINT" }), "nothing-written");
    }
    if (answer !== undefined) answers[name] = answer.trim();
  }
  return Object.entries(answers).map(([name, value]) => ({ name, value }));
}

/** The state is in S3, or in Terraform Cloud. */
function isAsked(name: VariableName, answers: Partial<Record<VariableName, string>>): boolean {
  const hasOrganization = (answers.TF_CLOUD_ORGANIZATION ?? "") !== "";
  if (name === "TF_WORKSPACE") return hasOrganization;
  if (name === "TF_STATE_BUCKET") return !hasOrganization;
  return true;
}

interface SecretQuestion {
  prompts: typeof clack;
  path: string;
  message: string;
  validate: (value: string | undefined) => string | undefined;
  isSet: boolean;
  output: NodeJS.WriteStream;
  signal: AbortSignal;
}

/** @returns undefined if the file is not to be changed; a symbol after Ctrl-C */
async function askSecret({ prompts, path, message, validate, isSet, ...common }: SecretQuestion) {
  const choices = secretChoices(path);
  const keeps = { value: "leave", label: "Leave it as it is", hint: "the file has a value" } as const;
  const where = await prompts.select({
    ...common,
    message: `${message} Where should it be?`,
    options: isSet ? [keeps, ...choices] : [...choices],
  });
  if (typeof where === "symbol") return where;
  if (where === "leave") return undefined;
  if (where === "keep-out") return "";
  return await prompts.password({ ...common, message, validate });
}
