/** Stops a command if AWS would refuse a part of its plan: the apply would stop in the middle. */
import { renderFix } from "@pilot-light/validate/fix";
import type { Problem } from "@pilot-light/validate/check";
import { accountNotReady } from "../../errors.ts";
import { lineAllowing, type Finding, type Guard, type GuardFacts } from "./guard.ts";

export const accountGuard = {
  id: "account",
  commands: ["activate", "infra:deploy", "infra:adopt"],
  codes: [accountNotReady.entry.code],
  allow: {
    summary: "Continue even if AWS reports limits that would stop the deployment",
    meaning:
      "You know that AWS will accept the deployment, such as after an increase of a quota that AWS does not report yet.",
  },
  check(facts: Pick<GuardFacts, "command" | "options" | "account">): Finding[] {
    const problems = facts.account?.problems ?? [];
    if (problems.length === 0) return [];
    return [
      {
        refusal: accountRefusal(problems, lineAllowing(facts, accountGuard.id)),
        note: `AWS will refuse a part of the deployment: ${problems.map(({ message }) => message).join("; ")} (--allow-account)`,
      },
    ];
  },
} satisfies Guard;

export function accountRefusal(problems: readonly Problem[], anywayCommand: string) {
  const described = problems.map(({ message, fix }) => ({ message, fix: renderFix(fix) }));
  return accountNotReady({ problems: described, anywayCommand });
}
