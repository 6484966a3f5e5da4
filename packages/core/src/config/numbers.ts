/** The one reader of the variables that are numbers. The registry of variables states the range of each. */
import { numberInvalid } from "../errors.ts";
import { readVariable, variables, type Environment, type VariableName, type VariableSpec } from "./env.ts";

/** A variable that is a number. */
export type NumericVariable = {
  [Name in VariableName]: (typeof variables)[Name] extends { number: object } ? Name : never;
}[VariableName];

/**
 * The number in a variable, or its default, in the unit of the variable.
 * @throws OpsError NUMBER_INVALID (configuration)
 */
export function readNumber(environment: Environment, name: NumericVariable): number {
  const spec: VariableSpec = variables[name];
  const { number: range = { from: 0, to: Infinity } } = spec;
  const text = readVariable(environment, name) ?? "";
  const value = /^\d+(?:\.\d+)?$/.test(text.trim()) ? Number(text) : Number.NaN;
  const isInRange = value >= range.from && value <= range.to;
  if (isInRange && (range.isWhole !== true || Number.isInteger(value))) return value;
  throw numberInvalid({ ...spec, name, value: text, range: describeRange(range) });
}

/**
 * Checks the numbers among the variables that a command reads, before the command starts.
 * @throws OpsError NUMBER_INVALID (configuration)
 */
export function assertNumbers(environment: Environment, names: readonly VariableName[]): void {
  for (const name of names) if (isNumeric(name)) readNumber(environment, name);
}

/** "a whole number from 1 to 3600". */
export function describeRange({ from, to, isWhole }: NonNullable<VariableSpec["number"]>): string {
  return `a ${isWhole === true ? "whole " : ""}number from ${from} to ${to}`;
}

function isNumeric(name: VariableName): name is NumericVariable {
  return "number" in variables[name];
}
