/**
 * An AWS budget, which sends an e-mail when the costs of a month come near an amount. It exists in both modes, if an amount and an address
 * are given, and costs nothing. It stops no resource.
 */
import { BudgetsBudget } from "@cdktf/provider-aws/lib/budgets-budget/index.js";
import { type IResolvable, Token, conditional } from "cdktf";
import { Construct } from "constructs";
import type { Gate } from "../gate.ts";

export interface BudgetProps {
  exists: Gate;
  name: string;
  /** Value of the tag `Project`. */
  project: string;
  monthlyUsd: number;
  email: string;
  /** Whether only resources with the tag count; otherwise those of the whole account do. */
  ofProject: IResolvable;
}

/** The alarms, in percent of the amount: for the costs so far, and for the costs that AWS expects for the whole month. */
const alarms = [
  ["ACTUAL", 80],
  ["ACTUAL", 100],
  ["FORECASTED", 100],
] as const;

export class Budget extends Construct {
  constructor(scope: Construct, id: string, props: BudgetProps) {
    super(scope, id);
    const { exists, name, project, monthlyUsd, email, ofProject } = props;
    const budget = exists.count(
      new BudgetsBudget(this, "budget", {
        name,
        budgetType: "COST",
        timeUnit: "MONTHLY",
        limitAmount: Token.asString(monthlyUsd),
        limitUnit: "USD",
        notification: alarms.map(([notificationType, threshold]) => ({
          notificationType,
          threshold,
          thresholdType: "PERCENTAGE",
          comparisonOperator: "GREATER_THAN",
          subscriberEmailAddresses: [email],
        })),
      }),
    );
    // CDKTF cannot make a block depend on a condition.
    budget.addOverride("dynamic.cost_filter", {
      for_each: conditional(ofProject, [1], []),
      content: { name: "TagKeyValue", values: [`user:Project$${project}`] },
    });
  }
}
