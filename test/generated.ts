/** Documents that are generated from registries: written with UPDATE=1, otherwise compared. The test of a stale one names this command. */
import { existsSync, readFileSync, writeFileSync } from "node:fs";
import { join, resolve } from "node:path";
import { processEnvironment } from "@pilot-light/core/config/env";
import { format } from "prettier";
import { expect } from "vitest";

export const root = resolve(import.meta.dirname, "..");

/** Writes every generated document. */
export const updateCommand = "UPDATE=1 npx vitest run --project unit test/";

/** A Markdown table. */
export function markdownTable(head: readonly string[], rows: readonly (readonly string[])[]): string {
  const line = (cells: readonly string[]) =>
    `| ${cells.map((cell) => cell.replaceAll("|", String.raw`\|`).replaceAll("\n", " ")).join(" | ")} |`;
  return [line(head), line(head.map(() => "---")), ...rows.map(line)].join("\n");
}

/** Compares a file with a text, formatted by Prettier. With UPDATE=1, writes the file. */
export async function expectGenerated(path: string, text: string): Promise<void> {
  expectText(path, await format(text, { parser: "markdown", printWidth: 110 }));
}

/** The same for a file that is not Markdown. */
export function expectText(path: string, wanted: string): void {
  const file = join(root, path);
  if (processEnvironment().UPDATE !== undefined) writeFileSync(file, wanted);
  else {
    const text = existsSync(file) ? readFileSync(file, "utf8") : "";
    expect(text, `${path} is stale. To write it:  ${updateCommand}`).toBe(wanted);
  }
}
