/** Rule: each pattern of `--schema` matches a schema, and no object of the chosen schemas needs an object that is left out. */
import { plural, shortList } from "@pilot-light/core/output/format";
import { defineError } from "@pilot-light/core/ops-error";
import type { DatabaseSystem } from "@pilot-light/core/postgres/endpoint";
import { commandLine } from "@pilot-light/core/process";
import { namePattern } from "../../read/patterns.ts";
import type { BrokenLink } from "../../read/scope.ts";
import type { DatabasesRule } from "./rule.ts";

const schemaMatchesNothing = defineError<{
  system: DatabaseSystem;
  patterns: readonly string[];
  schemas: readonly string[];
}>({
  code: "SCHEMA_MATCHES_NOTHING",
  failure: "precondition",
  meaning: "No schema of the source matches a pattern of `--schema`.",
  remedy:
    "Correct the pattern. It follows the rules of pg_dump, without a database name: a name in upper case needs double quotes.",
  state: "nothing-written",
  message: ({ system, patterns }) => `No schema of ${system} matches --schema ${patterns.join(", ")}.`,
  hint: ({ system, schemas }) => `The schemas of ${system} are ${shortList(schemas).join(", ")}.`,
});

const schemasNeedOthers = defineError<{ broken: readonly BrokenLink[] }>({
  code: "SCHEMAS_NEED_OTHERS",
  failure: "precondition",
  meaning: "Objects of the schemas that `--schema` chooses need objects that the option leaves out.",
  remedy:
    "Add the schemas that the hint names. Objects in no schema, such as foreign servers, are copied only without `--schema`.",
  state: "nothing-written",
  message: ({ broken }) => {
    const objects = new Set(broken.map(({ object }) => object)).size;
    return `${plural(objects, "object")} of the chosen schemas ${objects === 1 ? "needs" : "need"} objects that --schema leaves out.`;
  },
  details: ({ broken }) => shortList(broken.map(({ object, needs }) => `${object} needs ${needs}`)),
  hint: ({ broken }) => {
    const missing = [...new Set(broken.flatMap(({ schema }) => schema ?? []))].sort();
    const flags = missing.map((schema) => commandLine("--schema", [namePattern(schema)]));
    if (broken.some(({ schema }) => schema === null)) {
      return "Objects in no schema are copied only without --schema. Sync without the option. Or, in the source, remove the objects that need such objects.";
    }
    return `Add these schemas:  ${flags.join(" ")}`;
  },
});

export const schemas: DatabasesRule = {
  id: "schemas",
  needs: "databases",
  errors: { schemaMatchesNothing, schemasNeedOthers },
  check: ({ direction, scope, target }) => {
    if (scope === undefined) return [];
    const { broken, extensions, leftOut, patterns } = scope;
    const unmatched = patterns.filter((each) => each.schemas.length === 0).map(({ pattern }) => pattern);
    if (unmatched.length > 0) {
      const all = [...scope.schemas, ...leftOut].sort();
      const facts = { system: direction.source, patterns: unmatched, schemas: all };
      return [{ refusal: schemaMatchesNothing(facts) }];
    }
    if (broken.length > 0) return [{ refusal: schemasNeedOthers({ broken }) }];
    const copied = [...extensions].filter((name) => name !== "plpgsql");
    const others = leftOut.length === 0 ? "" : `the schemas ${shortList(leftOut).join(", ")}, and `;
    return [
      {
        note: `not copied from ${direction.source}, because of --schema: ${others}objects in no schema, such as casts, foreign servers and large objects`,
      },
      ...(copied.length === 0
        ? []
        : [
            {
              note: `copied as well, because the chosen schemas need or contain them: the extensions ${copied.join(", ")}`,
            },
          ]),
      {
        note: `the complete database ${target.facts.database} on ${direction.target} is replaced: everything that it has outside of the chosen schemas is removed`,
      },
    ];
  },
};
