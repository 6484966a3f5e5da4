import { describe, expect, test } from "vitest";
import { variables, type VariableSpec } from "./env.ts";
import { assertNumbers, describeRange, readNumber, type NumericVariable } from "./numbers.ts";

const numeric = Object.entries<VariableSpec>(variables).flatMap(([name, spec]) =>
  spec.number === undefined ? [] : [{ name: name as NumericVariable, ...spec, number: spec.number }],
);

test("variables whose names or descriptions speak of seconds or days are numbers", () => {
  const named = Object.entries<VariableSpec>(variables)
    .filter(
      ([name, { description }]) =>
        /_(?:SECONDS|DAYS|TIMEOUT)$/.test(name) || /^(?:Seconds|Days)/.test(description),
    )
    .map(([name]) => name);
  expect(numeric.map(({ name }) => name)).toEqual(named);
});

describe.each(numeric)("$name", ({ name, number, default: initial, option }) => {
  const { from, to, isWhole } = number;

  test("has a default in its range, which an empty variable has too", () => {
    expect(readNumber({}, name)).toBe(Number(initial));
    expect(readNumber({ [name]: "" }, name)).toBe(Number(initial));
  });

  test("accepts both ends of its range", () => {
    expect([from, to].map((value) => readNumber({ [name]: String(value) }, name))).toEqual([from, to]);
  });

  test.each([
    "abc",
    "3m",
    " ",
    "-1",
    "1e2",
    "0x10",
    "1,000",
    "NaN",
    "Infinity",
    String(to + 1),
    ...(from > 0 ? ["0"] : []),
    ...(isWhole === true ? ["1.5"] : []),
  ])("refuses %j, and names the variable, the value and the range", (value) => {
    expect(() => readNumber({ [name]: value }, name)).toThrow(
      expect.objectContaining({ code: "NUMBER_INVALID", exit: 3, state: "nothing-written" }),
    );
    expect(() => readNumber({ [name]: value }, name)).toThrow(`"${value}"`);
    const subject = option === undefined ? name : `${name} (${option})`;
    const message = `${subject} is "${value}", but it must be ${describeRange(number)}.`;
    expect(() => assertNumbers({ [name]: value }, ["AWS_REGION", name])).toThrow(message);
  });
});

test("a command checks only the variables that it reads", () => {
  expect(() => assertNumbers({ PGCONNECT_TIMEOUT: "soon" }, ["AWS_REGION"])).not.toThrow();
});
