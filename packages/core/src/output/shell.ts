/** Words of printed commands, quoted so that a shell reads them as they are. */

/** A word as a person would type it. */
export function shellWord(word: string): string {
  return /^[\w@%+=:,./-]+$/.test(word) ? word : `'${word.replaceAll("'", String.raw`'\''`)}'`;
}

/** A command line: what is inserted is quoted as one word, or as a part of one. */
export function shell(parts: TemplateStringsArray, ...words: readonly string[]): string {
  return parts
    .map((part, index) => (index === 0 ? part : `${shellWord(words[index - 1] ?? "")}${part}`))
    .join("");
}
