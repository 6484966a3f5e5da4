/** Text with values that Terraform knows at plan or apply time only. */
import { Fn, Token } from "cdktf";

/**
 * A template: text`https://${domain}/`. Inside an expression (a function, a condition, a policy), CDKTF renders a plain template
 * incorrectly when it contains quotation marks, and warns of every template; this one becomes a `join`.
 */
export function text(literals: TemplateStringsArray, ...values: readonly (string | number)[]): string {
  const parts: string[] = [];
  const add = (part: string) => {
    const last = parts.at(-1);
    if (part === "") return;
    if (last === undefined || Token.isUnresolved(last) || Token.isUnresolved(part)) parts.push(part);
    else parts[parts.length - 1] = last + part;
  };
  for (const [index, literal] of literals.entries()) {
    add(literal);
    const value = values[index];
    if (value !== undefined) add(Token.isUnresolved(value) ? Token.asString(value) : String(value));
  }
  return Fn.join("", parts);
}
