/** Rule: the target offers the extensions that objects of the source need. An extension that no object needs is left out. */
import { ident } from "@pilot-light/core/postgres/identifiers";
import { defineError } from "@pilot-light/core/ops-error";
import type { Direction } from "../../direction.ts";
import type { DatabasesRule, Finding } from "./rule.ts";

const extensionMissing = defineError<{
  direction: Direction;
  extension: string;
  dependents: readonly string[];
}>({
  code: "EXTENSION_MISSING",
  failure: "precondition",
  meaning: "Objects of the source need an extension that the target's platform does not offer.",
  remedy: "In the source, remove the objects that need the extension.",
  message: ({ direction, extension }) =>
    `${direction.target} does not offer the extension ${extension}, which objects on ${direction.source} need.`,
  details: ({ dependents }) => dependents,
  hint: ({ direction }) =>
    `On ${direction.source}, remove the objects that need the extension. To list the extensions that ${direction.target} offers:  select name from pg_available_extensions;`,
});

const extensionNotCreatable = defineError<{ direction: Direction; extension: string; role: string }>({
  code: "EXTENSION_NOT_CREATABLE",
  failure: "precondition",
  meaning:
    "The source has an extension that the role of the sync may not create on the target: only a superuser may create it.",
  remedy: "Sync with a role that may create the extension, or drop the extension in the source.",
  message: ({ direction, extension, role }) =>
    `${direction.target}: the role ${role} may not create the extension ${extension} in a new database.`,
  hint: ({ direction, extension }) =>
    `If no object needs the extension, on ${direction.source}:  drop extension ${ident(extension)};`,
});

export const extensions: DatabasesRule = {
  id: "extensions",
  needs: "databases",
  errors: { extensionMissing, extensionNotCreatable },
  check: ({ direction, source, target }) =>
    source.facts.extensions.flatMap(({ name, dependents }): Finding[] => {
      const { available, creatable, role } = target.facts;
      if (available.includes(name)) {
        // Every new database has PL/pgSQL.
        if (creatable.includes(name) || name === "plpgsql") return [];
        return [{ refusal: extensionNotCreatable({ direction, extension: name, role }) }];
      }
      if (dependents.length > 0) {
        return [{ refusal: extensionMissing({ direction, extension: name, dependents }) }];
      }
      const note = `extension ${name} is not available on ${direction.target}; no object uses it, so it is left out`;
      return [{ skippedExtension: name }, { note }];
    }),
};
