/** Rules for every check. */
import { existsSync, readFileSync, readdirSync } from "node:fs";
import { join } from "node:path";
import { resourceNames } from "@pilot-light/core/contract";
import { describe, expect, test } from "vitest";
import { policyForChecks } from "./policy.ts";
import { registry } from "./registry.ts";

const root = join(import.meta.dirname, "../../..");
const pages = join(root, "docs/checks");
const ids = registry.map(({ id }) => id);

test("the first eleven checks keep their ids and their order, because waivers and scripts use them", () => {
  const first = [
    "aws-credentials",
    "terraform-outputs",
    "ecr-repositories",
    "backups-bucket",
    "rds-instance",
    "vpc",
    "ecs-cluster",
    "ecs-services",
    "alb-health",
    "cloudfront",
    "service-discovery",
  ];
  expect(ids.filter((id) => first.includes(id))).toEqual(first);
});

test("every file of src/checks is registered", () => {
  const files = readdirSync(join(import.meta.dirname, "checks")).filter((file) => !file.endsWith(".test.ts"));
  const found = files.map((file) => file.replace(/\.ts$/, "")).sort();
  expect(found, "add each file to the list in registry.ts; its name is the id of the check").toEqual(
    [...ids].sort(),
  );
});

describe.each(registry.map((check) => ({ check, id: check.id })))("$id", ({ check, id }) => {
  test("stands after what it needs", () => {
    const before = ids.slice(0, ids.indexOf(id));
    expect(check.needs.filter((need) => !before.includes(need))).toEqual([]);
  });

  test("needs the credentials, and the outputs if it applies to one mode", () => {
    if (check.mode !== undefined) expect(check.needs).toContain("terraform-outputs");
    if (check.essential !== true) expect(check.needs).toContain("aws-credentials");
  });

  test("has a page that describes what it checks, why it fails, and what to do", () => {
    const file = join(pages, `${id}.md`);
    expect(existsSync(file), `write docs/checks/${id}.md as CONTRIBUTING.md describes`).toBe(true);
    const text = readFileSync(file, "utf8");
    expect(text.startsWith(`# ${id}\n`)).toBe(true);
    for (const heading of ["## What it checks", "## When it fails"]) expect(text).toContain(heading);
    for (const action of check.actions) {
      expect(text, `docs/checks/${id}.md names every IAM action`).toContain(`\`${action}\``);
    }
  });
});

const sources = ["packages/validate/src", "packages/core/src"].flatMap((directory) =>
  readdirSync(join(root, directory), { recursive: true, encoding: "utf8" })
    .filter((file) => file.endsWith(".ts") && !file.endsWith(".test.ts"))
    .map((file) => readFileSync(join(root, directory, file), "utf8").replaceAll("\\`", "`")),
);

const pageIds = readdirSync(pages).map((file) => file.replace(/\.md$/, ""));

test.each(pageIds)("the page %s quotes messages that a check prints; … stands for what varies", (id) => {
  const rows = readFileSync(join(pages, `${id}.md`), "utf8").matchAll(/^\| (?<message>[^|]+?) +\|/gm);
  const messages = [...rows].map(({ groups }) => groups?.["message"] ?? "").slice(2);
  expect(messages, `docs/checks/${id}.md has a table of messages`).not.toEqual([]);
  const parts = messages.flatMap((message) => message.replace(" (warning)", "").split("…"));
  const unknown = parts.filter((part) => !sources.some((source) => source.includes(part.trim())));
  expect(unknown, `docs/checks/${id}.md quotes what no check prints`).toEqual([]);
});

test("there is no page without a check", () => {
  expect(pageIds.filter((id) => !ids.includes(id))).toEqual([]);
});

describe("the policy", () => {
  const scope = {
    project: "shop",
    names: resourceNames("shop"),
    region: "eu-west-1",
    account: "123456789012",
  };
  const { Statement } = policyForChecks(registry, scope);

  const allowed = Statement.flatMap(({ Action }) => Action);

  test("allows every action of the checks once", () => {
    const needed = new Set(registry.flatMap(({ actions }) => actions));
    expect([...allowed].sort()).toEqual([...needed].sort());
  });

  test("allows only reading", () => {
    for (const action of allowed) expect(action).toMatch(/^[a-z0-9]+:(Get|List|Describe)/);
  });

  test("is restricted to the environment if AWS allows that", () => {
    const resources = (action: string) => Statement.find(({ Action }) => Action.includes(action))?.Resource;
    expect(resources("s3:ListBucket")).toEqual(["arn:aws:s3:::shop-dev-db-backups"]);
    expect(resources("rds:DescribeDBInstances")).toEqual([
      "arn:aws:rds:eu-west-1:123456789012:db:shop-dev-db",
    ]);
    expect(resources("secretsmanager:GetSecretValue")).toEqual([
      "arn:aws:secretsmanager:eu-west-1:123456789012:secret:rds!db-*",
    ]);
    expect(resources("ec2:DescribeVpcs")).toEqual(["*"]);
  });
});
