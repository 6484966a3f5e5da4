/** Settings that were given by options. */
import { variables, type Environment, type VariableSpec } from "@pilot-light/core/config/env";
import { isSecret } from "@pilot-light/core/config/settings-file";
import { settingInvalid } from "../errors.ts";
import { checkSetting } from "./check-setting.ts";
import type { SettingChange } from "./edit-settings.ts";

/**
 * @param set `NAME=value`, or `NAME` for the value of that environment variable: arguments are visible to every user of the machine
 * @throws OpsError SETTING_INVALID (usage)
 */
export function givenSettings(set: readonly string[], environment: Environment): SettingChange[] {
  const changes = set.map((text): SettingChange => {
    const { name, value } = /^(?<name>[A-Za-z_]\w*)(?:=(?<value>.*))?$/s.exec(text)?.groups ?? {};
    if (name === undefined) {
      throw settingInvalid({
        name: "",
        problem: "--set takes NAME=value, or NAME for the value of an environment variable.",
      });
    }
    if (value !== undefined && value !== "" && isSecret(name, value)) {
      throw settingInvalid({
        name,
        problem: `${name} is a secret, and other users of this machine can see arguments. Set the environment variable, and give --set ${name}.`,
      });
    }
    const used = value ?? environment[name];
    if (used === undefined || (value === undefined && used === "")) {
      throw settingInvalid({ name, problem: `The environment variable ${name} is not set.` });
    }
    const spec = (variables as Readonly<Record<string, VariableSpec>>)[name];
    if (spec === undefined && !/^(?:AWS|TF)_/.test(name)) {
      throw settingInvalid({
        name,
        problem: `No command reads a variable ${name}. docs/variables.md lists all variables.`,
      });
    }
    if (spec?.fromSystem === true) {
      throw settingInvalid({ name, problem: `${name} is not a setting of a file.` });
    }
    const problem = used === "" ? undefined : checkSetting(name, used);
    if (problem !== undefined) throw settingInvalid({ name, problem });
    return { name, value: used };
  });
  const twice = changes.find(
    ({ name }, index) => changes.findIndex((change) => change.name === name) !== index,
  );
  if (twice !== undefined) {
    throw settingInvalid({ name: twice.name, problem: `${twice.name} is given twice.` });
  }
  return changes;
}
