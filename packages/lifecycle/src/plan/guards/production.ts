/** Stops a deactivation of the environment that serves production. */
import { productionHere } from "../../errors.ts";
import { lineAllowing, type Finding, type Guard, type GuardFacts } from "./guard.ts";

export const productionGuard = {
  id: "production",
  commands: ["deactivate"],
  codes: [productionHere.entry.code],
  allow: {
    summary: "Deactivate even if this environment serves, or may serve, production",
    meaning:
      "The domain is behind a proxy that hides where it points, and you know that it does not point to this environment.",
  },
  check(facts: Pick<GuardFacts, "command" | "options" | "production">): Finding[] {
    const { production } = facts;
    if (production === undefined || production.place === "elsewhere") return [];
    const { place, reason, isUnset = false } = production;
    const anywayCommand = lineAllowing(facts, productionGuard.id);
    return [
      {
        refusal: productionHere({ place, reason, isUnset, anywayCommand }),
        note: `production: ${place}: ${reason} (--allow-production)`,
      },
    ];
  },
} satisfies Guard;
