/** Rule: the role of the sync may create functions with the parameters that functions of the source set. */
import { defineError } from "@pilot-light/core/ops-error";
import { ident } from "@pilot-light/core/postgres/identifiers";
import type { Direction } from "../../direction.ts";
import type { DatabasesRule } from "./rule.ts";

const functionSettingsNotSettable = defineError<{
  direction: Direction;
  role: string;
  settings: readonly { parameter: string; function: string }[];
}>({
  code: "FUNCTION_SETTINGS_NOT_SETTABLE",
  failure: "precondition",
  meaning:
    "Functions of the source set parameters (`set log_statement = ...`) that the role of the sync may not set on the target, or parameters of an application (`app.user`), which only a superuser may set on the target.",
  remedy:
    "As an administrator of the target: `grant set on parameter <name> to <role>;` (PostgreSQL 15 and newer), or reset the parameter in the source: `alter function ... reset <name>;`.",
  message: ({ direction, role, settings }) =>
    `Functions on ${direction.source} set parameters that the role ${role} may not set on ${direction.target}: ${[...new Set(settings.map(({ parameter }) => parameter))].join(", ")}.`,
  details: ({ settings }) => settings.map((setting) => `${setting.parameter} of ${setting.function}`),
  hint: ({ direction, role, settings: [first] }) =>
    `As an administrator of ${direction.target} 15 or newer:  grant set on parameter ${first === undefined ? "<name>" : quoted(first.parameter)} to ${ident(role)};`,
});

/** A parameter, whose name may have parts: `app.user`. */
const quoted = (parameter: string) => ident(...parameter.split("."));

export const functionSettings: DatabasesRule = {
  id: "function-settings",
  needs: "databases",
  errors: { functionSettingsNotSettable },
  check: ({ direction, source, target }) => {
    const { parameters, role, superuser } = target.facts;
    if (superuser) return [];
    const extensions = new Set(source.facts.extensions.map(({ name }) => name));
    const lost = source.facts.functionSettings.filter(({ parameter }) => {
      const isSettable = parameters[parameter.toLowerCase()];
      if (isSettable !== undefined) return !isSettable;
      // The server does not list all its parameters, such as `role`. Parameters of an extension exist once its library is loaded.
      const [prefix = "", ...rest] = parameter.split(".");
      return rest.length > 0 && !extensions.has(prefix);
    });
    if (lost.length === 0) return [];
    return [{ refusal: functionSettingsNotSettable({ direction, role, settings: lost }) }];
  },
};
