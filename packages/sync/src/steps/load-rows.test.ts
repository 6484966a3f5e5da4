import { expect, test } from "vitest";
import { LoadProgress } from "./load-rows.ts";

test("the progress is that of the slowest run, and names the table of this run", () => {
  const progress = new LoadProgress();
  expect(progress.describe(80_000_000)).toEqual({ done: 0, all: 80, noun: "MB", part: "" });
  const [fast, slow] = [{ bytes: 70_000_000 }, { bytes: 1_000_000 }];
  progress.add(fast)("public.small");
  const onTable = progress.add(slow);
  onTable("public.first");
  onTable("public.large");
  slow.bytes = 20_000_000;
  expect(progress.describe(80_000_000)).toEqual({ done: 20, all: 80, noun: "MB", part: "public.large" });
});
