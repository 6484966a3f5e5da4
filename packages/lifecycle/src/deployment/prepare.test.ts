import { expect, test } from "vitest";
import type { LifecycleContext } from "../context.ts";
import { assertSameImages } from "./prepare.ts";

/** Without running services, nothing is read from AWS. */
const context = { signal: new AbortController().signal } as Pick<
  LifecycleContext,
  "aws" | "names" | "signal"
>;
const mode = { name: "dev_activated", value: "false" };

test("a plan whose variables are those of the environment is applied", async () => {
  await expect(assertSameImages({ kept: [], from: null }, context)).resolves.toBeUndefined();
  await expect(assertSameImages({ kept: [mode], from: "pilot-light" }, context)).resolves.toBeUndefined();
});

test("a plan that keeps an image that no service runs is refused", async () => {
  const kept = [mode, { name: "backend_image", value: "registry/backend:old" }];
  await expect(assertSameImages({ kept, from: "pilot-light" }, context)).rejects.toMatchObject({
    code: "STATE_CHANGED",
  });
});
