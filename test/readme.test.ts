/** The tables of README.md and the page docs/variables.md are generated from the registries in core. */
import { readFileSync } from "node:fs";
import { join } from "node:path";
import { variables, type VariableSpec } from "@pilot-light/core/config/env";
import { describeRange } from "@pilot-light/core/config/numbers";
import { exitCodeMeanings } from "@pilot-light/core/ops-error";
import { expect, test } from "vitest";
import { expectGenerated, markdownTable, root } from "./generated.ts";

const entries = Object.entries<VariableSpec>(variables);

function exitCodesTable(): string {
  return markdownTable(["code", "meaning"], Object.entries(exitCodeMeanings));
}

function variablesTable(): string {
  const rows = entries.map(([name, spec]) => [
    `\`${name}\``,
    spec.description,
    spec.default === undefined ? "" : `\`${spec.default}\``,
  ]);
  return markdownTable(["variable", "meaning", "default"], rows);
}

/** `text` with what is between two markers replaced. */
function fill(text: string, marker: string, table: string): string {
  const [begin, end] = [`<!-- ${marker}:begin -->`, `<!-- ${marker}:end -->`];
  expect(text).toContain(begin);
  return `${text.slice(0, text.indexOf(begin))}${begin}\n\n${table}\n\n${text.slice(text.indexOf(end))}`;
}

test("the README has the tables of exit codes and variables from the registries", async () => {
  const text = readFileSync(join(root, "README.md"), "utf8");
  await expectGenerated(
    "README.md",
    fill(fill(text, "exit-codes", exitCodesTable()), "variables", variablesTable()),
  );
});

test("docs/variables.md explains every variable", async () => {
  const sections = entries.map(([name, { description, explanation, default: initial, number, secret }]) => {
    const facts = [
      ...(number === undefined ? [] : [`The value is ${describeRange(number)}.`]),
      ...(initial === undefined ? [] : [`Default: \`${initial}\`.`]),
      ...(secret === true ? ["Secret."] : []),
    ];
    const paragraphs = [description, explanation ?? "", facts.join(" ")].filter((text) => text !== "");
    return [`## \`${name}\``, ...paragraphs].join("\n\n");
  });
  const text = `# Variables

An option has precedence over a variable, a variable over a Terraform output, and an output over a default. A variable whose value
is empty counts as not set. \`--help\` of a command lists the variables that the command reads.

Every command reads variables from the file \`.env\` in the current directory. A variable of the environment has precedence over the file, also
when it is empty. \`--env-file <file>\` names another file. \`pnpm configure\` writes the file, \`.env.example\` is a template, and \`pnpm run doctor\`
shows where each value is from.

This page is generated from \`packages/core/src/config/env.ts\`.

${sections.join("\n\n")}
`;
  await expectGenerated("docs/variables.md", text);
});

test("the README's table of variables fits a screen: one short sentence each", () => {
  const long = entries.filter(([, { description }]) => description.length > 70).map(([name]) => name);
  expect(long).toEqual([]);
});
