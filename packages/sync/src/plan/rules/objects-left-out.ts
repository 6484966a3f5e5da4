/** Rule: the plan names the objects that a sync does not copy, and the objects that the target loses. It refuses nothing. */
import type { DatabaseFacts } from "../../read/database-facts.ts";
import type { DatabasesRule, Finding } from "./rule.ts";

const list = (names: readonly string[], text: (names: string) => string): Finding[] =>
  names.length === 0 ? [] : [{ note: text(names.join(", ")) }];

const triggersAndPublications = ({ eventTriggers, publications }: DatabaseFacts) => [
  ...eventTriggers.map((name) => `event trigger ${name}`),
  ...publications.map((name) => `publication ${name}`),
];

export const objectsLeftOut: DatabasesRule = {
  id: "objects-left-out",
  needs: "databases",
  check: ({ direction, inPlace, source: { facts: source }, target: { facts: target } }) => {
    const leftOut = [
      ...triggersAndPublications(source),
      ...source.subscriptions.map((name) => `subscription ${name}`),
    ];
    return [
      ...list(
        leftOut,
        (names) =>
          `not copied from ${direction.source}, because they have effects outside of the database: ${names}`,
      ),
      ...list(
        source.commentedExtensions,
        (names) =>
          `not copied from ${direction.source}, because CREATE EXTENSION sets these comments: the comments on ${names}`,
      ),
      ...list(
        source.notDumped,
        (names) => `not copied from ${direction.source}, because a dump does not contain them: ${names}`,
      ),
      ...list(triggersAndPublications(target), (names) =>
        inPlace === undefined
          ? `the swap loses these objects of the target: ${names}`
          : `the target keeps these objects, and they act on the new contents: ${names}`,
      ),
    ];
  },
};
