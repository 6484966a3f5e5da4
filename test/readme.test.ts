/** The README's tables are made from the registries in core. `UPDATE=1 pnpm test:unit` writes them. */
import { readFileSync, writeFileSync } from "node:fs";
import { fileURLToPath } from "node:url";
import { processEnvironment, variables, type VariableSpec } from "@pilot-light/core/config/env";
import { exitCodeMeanings } from "@pilot-light/core/ops-error";
import { format } from "prettier";
import { expect, test } from "vitest";

const file = fileURLToPath(new URL("../README.md", import.meta.url));

function exitCodesTable(): string {
  const rows = Object.entries(exitCodeMeanings).map(([code, meaning]) => `| ${code} | ${meaning} |`);
  return ["| code | meaning |", "| --- | --- |", ...rows].join("\n");
}

function variablesTable(): string {
  const rows = Object.entries<VariableSpec>(variables).map(
    ([name, spec]) =>
      `| \`${name}\` | ${spec.description} | ${spec.default === undefined ? "" : `\`${spec.default}\``} |`,
  );
  return ["| variable | what for | default |", "| --- | --- | --- |", ...rows].join("\n");
}

/** `text` with what is between two markers replaced. */
function fill(text: string, marker: string, table: string): string {
  const [begin, end] = [`<!-- ${marker}:begin -->`, `<!-- ${marker}:end -->`];
  expect(text).toContain(begin);
  return `${text.slice(0, text.indexOf(begin))}${begin}\n\n${table}\n\n${text.slice(text.indexOf(end))}`;
}

test("the README's tables of exit codes and variables are those of the registries", async () => {
  const text = readFileSync(file, "utf8");
  const filled = fill(fill(text, "exit-codes", exitCodesTable()), "variables", variablesTable());
  const wanted = await format(filled, { parser: "markdown", printWidth: 110 });
  if (processEnvironment().UPDATE !== undefined) writeFileSync(file, wanted);
  else expect(text).toBe(wanted);
});
