/** Rule: both databases have the same encoding. Values are compared byte by byte, so both sides must write them alike. */
import { defineError } from "@pilot-light/core/ops-error";
import { ident, literal } from "@pilot-light/core/postgres/identifiers";
import type { Direction } from "../../direction.ts";
import { keptName } from "../../target/database-names.ts";
import type { DatabasesRule } from "./rule.ts";

const encodingDiffers = defineError<{
  direction: Direction;
  source: string;
  target: string;
  /** Of the target. */
  database: string;
  owner: string;
}>({
  code: "ENCODING_DIFFERS",
  failure: "precondition",
  meaning: "Source and target have different encodings.",
  remedy:
    "Rename the target, and create it again with the encoding of the source: run the statements of the hint. The renamed database keeps all rows. Drop it when nobody needs it.",
  message: ({ direction, source, target }) =>
    `${direction.source} has the encoding ${source}, but ${direction.target} has ${target}.`,
  hint: ({ direction, source, database, owner }) => {
    // Only the locale C fits every encoding.
    const locale = source === "UTF8" ? "" : " locale 'C'";
    const statements = [
      `alter database ${ident(database)} rename to ${ident(keptName(database))};`,
      `create database ${ident(database)} owner ${ident(owner)} encoding ${literal(source)}${locale} template template0;`,
    ];
    return `Rename the target, which keeps its rows, and create it again with the encoding of the source. End the sessions in the target. Then run, in another database on ${direction.target}:  ${statements.join(" ")}`;
  },
});

export const encoding: DatabasesRule = {
  id: "encoding",
  needs: "databases",
  errors: { encodingDiffers },
  check: ({ direction, source, target }) => {
    const encodings = { source: source.facts.encoding, target: target.facts.encoding };
    if (encodings.source === encodings.target) return [];
    const { database, owner } = target.facts;
    return [{ refusal: encodingDiffers({ direction, ...encodings, database, owner }) }];
  },
};
