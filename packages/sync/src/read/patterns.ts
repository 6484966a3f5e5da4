/**
 * Patterns of names, by the rules of pg_dump (`patternToSQLRegex` in src/fe_utils/string_utils.c): `*` and `?`, regular expressions,
 * lower case outside of double quotes, and one dot between schema and name.
 */

/** A pattern as regular expressions of PostgreSQL. Without a schema, it matches only objects in the search path. */
export interface NamePattern {
  schema?: string;
  name: string;
}

/** The pattern that matches only this name. */
export function namePattern(name: string): string {
  return /^[a-z_][a-z0-9_]*$/.test(name) ? name : `"${name.replaceAll('"', '""')}"`;
}

const special = /[|*+?()[\]{}.^$\\]/;

/** Parses a pattern. Returns undefined if it has more than one dot outside of quotes. */
export function parsePattern(pattern: string): NamePattern | undefined {
  const parts: string[] = [];
  let part = "";
  const add = (text: string) => {
    part += text;
  };
  let isQuoted = false;
  const characters = Array.from(pattern);
  for (let index = 0; index < characters.length; index += 1) {
    const character = characters[index] ?? "";
    if (character === '"') {
      if (isQuoted && characters[index + 1] === '"') {
        add('"');
        index += 1;
      } else {
        isQuoted = !isQuoted;
      }
    } else if (isQuoted) {
      add(special.test(character) ? `\\${character}` : character);
    } else if (character === "*") {
      add(".*");
    } else if (character === "?") {
      add(".");
    } else if (character === ".") {
      parts.push(part);
      part = "";
    } else if (character === "$" || (character === "[" && characters[index + 1] === "]")) {
      add(`\\${character}`);
    } else {
      add(character.replace(/[A-Z]/, (letter) => letter.toLowerCase()));
    }
  }
  const [schema, ...others] = parts;
  if (others.length > 0) return undefined;
  return { name: anchored(part), ...(schema === undefined ? {} : { schema: anchored(schema) }) };
}

function anchored(expression: string): string {
  return `^(${expression})$`;
}
