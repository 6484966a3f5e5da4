import { readFileSync } from "node:fs";
import { join } from "node:path";
import { expect, test } from "vitest";
import { oldestPnpm, supportedNodes } from "./machine.ts";

test("the versions of Node.js and pnpm are those of package.json", () => {
  const file = join(import.meta.dirname, "../../../../../package.json");
  const { engines } = JSON.parse(readFileSync(file, "utf8")) as { engines: { node: string; pnpm: string } };
  const nodes = Object.entries(supportedNodes).map(([major, minor]) => `^${major}.${minor}.0`);
  expect(engines.node).toBe(nodes.join(" || "));
  expect(engines.pnpm).toBe(`>=${oldestPnpm}`);
});
