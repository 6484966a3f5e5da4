/** The budget: off by default, and with an alarm before the amount is reached. */
import { expect, it } from "vitest";
import { part, resource, synthesized } from "../testing/synthesized.ts";

const document = synthesized();

it("exists only with an address, and both variables are required together", () => {
  expect(part(document, "variable", "budget_email")).toMatchObject({ default: "" });
  expect(part(document, "variable", "budget_monthly_usd")).toMatchObject({
    default: 0,
    validation: expect.arrayContaining([
      expect.objectContaining({ condition: '${(var.budget_monthly_usd > 0) == (var.budget_email != "")}' }),
    ]) as unknown[],
  });
  expect(resource(document, "aws_budgets_budget", "budget/budget")).toMatchObject({
    name: "davidshaevel-dev",
    count: '${(var.budget_email != "") ? 1 : 0}',
    limit_amount: "${var.budget_monthly_usd}",
    time_unit: "MONTHLY",
  });
});

it("counts the whole account, unless the tag Project is chosen", () => {
  expect(part(document, "variable", "budget_of_project_only")).toMatchObject({ default: false });
  expect(resource(document, "aws_budgets_budget", "budget/budget")["dynamic"]).toEqual({
    cost_filter: {
      for_each: "${var.budget_of_project_only ? [1] : []}",
      content: { name: "TagKeyValue", values: ["user:Project$davidshaevel"] },
    },
  });
});

it("sends an e-mail at 80 and 100 percent, and when AWS expects more than the amount", () => {
  const { notification } = resource(document, "aws_budgets_budget", "budget/budget");
  expect(notification).toEqual(
    [
      ["ACTUAL", 80],
      ["ACTUAL", 100],
      ["FORECASTED", 100],
    ].map(([type, threshold]) => ({
      comparison_operator: "GREATER_THAN",
      notification_type: type,
      subscriber_email_addresses: ["${var.budget_email}"],
      threshold,
      threshold_type: "PERCENTAGE",
    })),
  );
});
