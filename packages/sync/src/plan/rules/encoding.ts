/** Rule: both databases have the same encoding. Values are compared byte by byte, so both sides must write them alike. */
import { defineError } from "@pilot-light/core/ops-error";
import type { Direction } from "../../direction.ts";
import type { DatabasesRule } from "./rule.ts";

const encodingDiffers = defineError<{ direction: Direction; source: string; target: string }>({
  code: "ENCODING_DIFFERS",
  failure: "precondition",
  meaning: "Source and target have different encodings.",
  remedy: "Create the target's database again, with the encoding of the source.",
  message: ({ direction, source, target }) =>
    `${direction.source} has the encoding ${source}, but ${direction.target} has ${target}.`,
  hint: ({ direction, source }) =>
    `Create the database on ${direction.target} again:  create database ... encoding '${source}' template template0;`,
});

export const encoding: DatabasesRule = {
  id: "encoding",
  needs: "databases",
  errors: { encodingDiffers },
  check: ({ direction, source, target }) => {
    const encodings = { source: source.facts.encoding, target: target.facts.encoding };
    if (encodings.source === encodings.target) return [];
    return [{ refusal: encodingDiffers({ direction, ...encodings }) }];
  },
};
