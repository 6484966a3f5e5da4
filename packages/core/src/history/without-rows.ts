/** Removes from the texts of a record: rows of the databases, which errors of PostgreSQL quote, and values of Terraform variables. */

/** Lines of PostgreSQL that quote a row: `DETAIL:  Key (email)=(ada@example.org) already exists.` */
const rowLine = /^\s*(?:DETAIL|CONTEXT):/;

/** Messages that quote a value: `invalid input syntax for type integer: "ada"`. */
const quotedValue = /(\b(?:invalid input|malformed|out of range)\b[^"\n]*: |\bvalue )"[^\n]*"/g;

/** A variable of Terraform in a command line, as `commandLine` writes it. */
const variable = /--var([ =])(?:'(?<quoted>(?:[^']|'\\'')*)'|(?<plain>[\w@%+=:,./-]+))/g;

/** Lines of an error without those that quote rows. */
export function withoutRows(lines: readonly string[]): string[] {
  return lines.flatMap((text) => {
    const kept = text.split("\n").filter((line) => !rowLine.test(line));
    return kept.length === 0 ? [] : [withoutValues(kept.join("\n"))];
  });
}

/** A text without the values that PostgreSQL quotes. */
function withoutValues(text: string): string {
  return text.replace(quotedValue, '$1"****"');
}

/** A text without the values of Terraform variables in command lines. Any value may be a secret. */
export function withoutVariables(text: string): string {
  return text.replace(variable, (all: string, separator: string, quoted?: string, plain?: string) => {
    const word = quoted ?? plain ?? "";
    return word.includes("=") ? `--var${separator}${word.replace(/=.*$/s, "=****")}` : all;
  });
}
