import { interrupted, usage } from "@pilot-light/core/errors";
import { describe, expect, test } from "vitest";
import { swapBroken } from "../errors.ts";
import { stating } from "./resulting-state.ts";

const error = usage({ problem: "x" }).with({ state: undefined });
const broken = swapBroken({ live: "a", incoming: "b", previous: "c", system: "rds", reason: "r" });
const never = new AbortController().signal;
const aborted = AbortSignal.abort(interrupted({ signal: "SIGINT" }));
const failing = (signal: AbortSignal, thrown: unknown) =>
  stating("target-unchanged", signal, () => Promise.reject(thrown as Error));

describe("an error of a part", () => {
  test("gets the part's state", async () => {
    await expect(failing(never, error)).rejects.toMatchObject({ code: "USAGE", state: "target-unchanged" });
  });

  test("keeps its own state, after an interruption as well", async () => {
    await expect(failing(never, broken)).rejects.toBe(broken);
    await expect(failing(aborted, broken)).rejects.toBe(broken);
  });

  test("that an interruption caused becomes the interruption", async () => {
    const expected = { code: "INTERRUPTED", state: "target-unchanged" };
    await expect(failing(aborted, error)).rejects.toMatchObject(expected);
    await expect(failing(aborted, new Error("socket closed"))).rejects.toMatchObject(expected);
  });

  test("that is a bug is thrown unchanged", async () => {
    const bug = new TypeError("undefined is not a function");
    await expect(failing(never, bug)).rejects.toBe(bug);
  });
});
