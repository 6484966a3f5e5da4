/** The costs of each mode, and the page that shows them. */
import { join } from "node:path";
import { describe, expect, it } from "vitest";
import { part, synthesized } from "../testing/synthesized.ts";
import { prices } from "./prices.ts";
import { costsDocument, total } from "./table.ts";

describe("the costs", () => {
  it("are on the page in the form of the data", async () => {
    const page = join(import.meta.dirname, "../../../../docs/costs.md");
    await expect(costsDocument()).toMatchFileSnapshot(page);
  });

  it("are highest in active mode, and nearly zero without compute and database", () => {
    expect(total("withoutDatabase")).toBeLessThan(2);
    expect(total("pilotLight")).toBeLessThan(20);
    expect(total("active")).toBeGreaterThan(8 * total("pilotLight"));
    expect(total("cheapActive")).toBeLessThan(0.6 * total("active"));
  });

  it("each have a link to their page of AWS", () => {
    for (const { price } of prices) {
      expect(price.source).toMatch(/^https:\/\/aws\.amazon\.com\/.+\/pricing\/$/);
    }
  });

  it("count the tasks' sizes that the variables have by default", () => {
    const document = synthesized();
    const value = (name: string) => Number(part(document, "variable", name)["default"]);
    const sum = (suffix: string) =>
      ["frontend", "backend", "prometheus", "grafana"].reduce(
        (whole, name) => whole + value(`${name}_desired_count`) * value(`${name}_task_${suffix}`),
        0,
      );
    const counted = (item: string) => prices.find((price) => price.item.startsWith(item))?.quantity.active;
    expect(counted("Fargate, 2 vCPU")).toBe(sum("cpu") / 1024);
    expect(counted("Fargate, 4 GB")).toBe(sum("memory") / 1024);
  });
});
