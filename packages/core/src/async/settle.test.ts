import { OpsError } from "../ops-error.ts";
import { expect, test } from "vitest";
import { acquireAll, combine, drain, settleAll } from "./settle.ts";

const refused = (code: string) =>
  new OpsError("precondition", code, `${code} happened`, { hint: `fix ${code}`, details: ["first"] });

test("the results have the order of the work", async () => {
  expect(await settleAll([Promise.resolve(1), Promise.resolve("two")])).toEqual([1, "two"]);
});

test("the first failure is thrown when everything has ended, with the other failures in its details", async () => {
  let ended = false;
  const slow = new Promise((resolve) => setTimeout(resolve, 50)).then(() => {
    ended = true;
    throw refused("SECOND");
  });
  await expect(settleAll([Promise.reject(refused("FIRST")), slow])).rejects.toMatchObject({
    code: "FIRST",
    hint: "fix FIRST",
    details: ["first", "also: SECOND happened", "      fix SECOND"],
  });
  expect(ended).toBe(true);
});

test("a bug has precedence over other errors, and the same message is not repeated", () => {
  const bug = new TypeError("undefined is not a function");
  expect(combine([refused("FIRST"), bug])).toBe(bug);
  expect(combine([refused("SAME"), refused("SAME")])).toMatchObject({ details: ["first"] });
});

test("the resources that were opened are closed if another one cannot be opened", async () => {
  let open = 0;
  const resource = () => {
    open += 1;
    return {
      [Symbol.asyncDispose]: () => {
        open -= 1;
        return Promise.resolve();
      },
    };
  };
  await acquireAll([Promise.resolve(resource()), Promise.resolve(resource())]);
  expect(open).toBe(2);
  const failing = acquireAll([Promise.resolve(resource()), Promise.reject(refused("NO"))]);
  await expect(failing).rejects.toMatchObject({ code: "NO" });
  expect(open).toBe(2);
});

test("work is shared among the workers, and none begins after a failure", async () => {
  const done: string[] = [];
  await drain([1, 2, 3, 4, 5], ["a", "b"], async (item, worker) => {
    await Promise.resolve();
    done.push(`${worker}${item}`);
  });
  expect(done.map((text) => text.slice(1)).sort()).toEqual(["1", "2", "3", "4", "5"]);

  const begun: number[] = [];
  const failing = drain([1, 2, 3, 4], ["a"], (item) => {
    begun.push(item);
    return item === 2 ? Promise.reject(refused("TWO")) : Promise.resolve();
  });
  await expect(failing).rejects.toMatchObject({ code: "TWO" });
  expect(begun).toEqual([1, 2]);
});
