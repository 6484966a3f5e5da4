/** Rule: the target offers the extensions that objects of the source need. An extension that no object needs is left out. */
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

export const extensions: DatabasesRule = {
  id: "extensions",
  needs: "databases",
  errors: { extensionMissing },
  check: ({ direction, source, target }) =>
    source.facts.extensions.flatMap(({ name, dependents }): Finding[] => {
      if (target.facts.available.includes(name)) return [];
      if (dependents.length > 0) {
        return [{ refusal: extensionMissing({ direction, extension: name, dependents }) }];
      }
      const note = `extension ${name} is not available on ${direction.target}; no object uses it, so it is left out`;
      return [{ skippedExtension: name }, { note }];
    }),
};
