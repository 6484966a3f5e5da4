import { expect, test } from "vitest";
import { CopiedRows } from "./copy-progress.ts";

test("a table whose COPY has ended counts completely, and the sum is never more than the planned rows", () => {
  const copied = new CopiedRows(
    new Map([
      ["public.a", 1000],
      ["public.b", 500],
      ["public.hidden", null],
    ]),
  );
  expect(copied.all).toBe(1500);
  expect(copied.update(new Map([["public.a", 400]]))).toBe(400);
  expect(copied.update(new Map([["public.b", 100]]))).toBe(1100);
  expect(copied.update(new Map([["public.b", 700]]))).toBe(1500);
});
