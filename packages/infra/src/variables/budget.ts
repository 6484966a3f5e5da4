/** The variables of the budget. */
import type { IResolvable } from "cdktf";
import type { VariableDefinitions } from "./definitions.ts";

export interface BudgetVariables {
  hasBudget: IResolvable;
  monthlyUsd: number;
  email: string;
  ofProject: IResolvable;
}

export function budgetVariables(define: VariableDefinitions): BudgetVariables {
  return {
    hasBudget: define.isSet("budget_email"),
    monthlyUsd: define.integer(
      "budget_monthly_usd",
      0,
      [0, 1_000_000],
      "USD a month at which AWS sends an e-mail to budget_email. 0: no budget.",
      [
        [
          '(var.budget_monthly_usd > 0) == (var.budget_email != "")',
          "budget_monthly_usd must be set together with budget_email.",
        ],
      ],
    ),
    email: define.text("budget_email", "", "E-mail address for the alarms of the budget. Empty: no budget.", [
      'var.budget_email == "" || can(regex("^[^@[:space:]]+@[^@[:space:]]+[.][^@[:space:]]+$", var.budget_email))',
      "budget_email must be an e-mail address.",
    ]),
    ofProject: define.flag(
      "budget_of_project_only",
      false,
      "True: only resources with the tag Project count. First activate that tag in AWS Billing as a cost allocation tag. Otherwise the costs are 0, and AWS sends no alarm.",
    ),
  };
}
