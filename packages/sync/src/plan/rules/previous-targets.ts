/** Rule: the plan names the previous targets that the sync drops, and those that only a person may drop. It refuses nothing. */
import { ident } from "@pilot-light/core/postgres/identifiers";
import { replacedTargets, undoneTargets } from "../../target/target-state.ts";
import type { DatabasesRule } from "./rule.ts";

export const previousTargets: DatabasesRule = {
  id: "previous-targets",
  needs: "databases",
  check: ({ inPlace, room, targetState }) => [
    ...replacedTargets(targetState).map((name) => ({
      note:
        room?.dropPreviousFirst === true
          ? `the previous target ${name} will be dropped first: from then on, no undo can return to it, even if the sync fails`
          : inPlace === undefined
            ? `the previous target ${name} will be dropped at the end`
            : `the previous target ${name}, of an earlier sync, is kept. When nobody needs it:  drop database ${ident(name)};`,
    })),
    ...undoneTargets(targetState).map((name) => ({
      note: `${name}, which \`sync undo\` replaced, is kept: no dump of it exists. When nobody needs it:  drop database ${ident(name)};`,
    })),
  ],
};
