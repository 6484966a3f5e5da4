/**
 * docs/errors.md, docs/json.md and docs/flags.md are generated from the registries of the packages, and the documents include
 * transcripts and tables of errors.
 */
import { readdirSync, readFileSync } from "node:fs";
import { join } from "node:path";
import { documentVersion } from "@pilot-light/core/cli/command";
import { failureSchema } from "@pilot-light/core/cli/documents";
import { exitCodes, stateSentences } from "@pilot-light/core/ops-error";
import { expect, test } from "vitest";
import { z } from "zod";
import { widestPart } from "@pilot-light/sandbox/transcript";
import { expectGenerated, markdownTable, root } from "./generated.ts";
import { documents, entries, flags, type AnyEntry } from "./registries.ts";

function exitCell({ failure }: AnyEntry): string {
  const classes = typeof failure === "string" ? [failure] : failure.oneOf;
  return classes.map((name) => `${exitCodes[name]} ${name}`).join(" or ");
}

const stateWords = {
  ...stateSentences,
  changed: "Part of the work is done. The message states which part.",
  unknown: "The message states where to look.",
};

test("docs/errors.md lists every error, with what to do", async () => {
  const rows = entries().map((entry) => {
    const state = entry.state === undefined ? "" : ` ${stateWords[entry.state]}`;
    return [`\`${entry.code}\``, exitCell(entry), `${entry.meaning}${state}`, entry.remedy];
  });
  const text = `# Errors

Every error has a code. A command prints it on the last line of an error, and in \`error.code\` of a \`--json\` document.
This page is generated from the registries: files \`errors.ts\` and \`script-errors.ts\` of the packages, and the rules in \`packages/sync/src/plan/rules\`.

${markdownTable(["code", "exit code and class", "when", "what to do"], rows)}
`;
  await expectGenerated("docs/errors.md", text);
});

test("a code stands for one error", () => {
  const codes = entries().map(({ code }) => code);
  expect(codes.filter((code, index) => codes.indexOf(code) !== index)).toEqual([]);
});

test("an error is created by a registry only", () => {
  const packages = readdirSync(join(root, "packages"));
  const sources = packages.flatMap((name) =>
    readdirSync(join(root, "packages", name, "src"), { recursive: true, encoding: "utf8" })
      .filter((file) => file.endsWith(".ts") && !file.endsWith(".test.ts"))
      .map((file) => `packages/${name}/src/${file}`),
  );
  const elsewhere = sources
    .filter((file) => file !== "packages/core/src/ops-error.ts")
    .filter((file) => readFileSync(join(root, file), "utf8").includes("new OpsError("));
  expect(elsewhere).toEqual([]);
});

/** The part of JSON Schema that zod's schemas of documents are converted to. */
interface JsonSchema {
  type?: string | readonly string[];
  description?: string;
  const?: unknown;
  enum?: readonly unknown[];
  items?: JsonSchema;
  anyOf?: readonly JsonSchema[];
  properties?: Readonly<Record<string, JsonSchema>>;
  required?: readonly string[];
  additionalProperties?: JsonSchema | boolean;
}

function typeOf(schema: JsonSchema): string {
  if (schema.const !== undefined) return `\`${JSON.stringify(schema.const)}\``;
  if (schema.enum !== undefined) {
    return schema.enum.map((value) => `\`${JSON.stringify(value)}\``).join(" or ");
  }
  if (schema.anyOf !== undefined) return schema.anyOf.map(typeOf).join(" or ");
  if (schema.type === "array") return `array of ${typeOf(schema.items ?? {})}`;
  if (isMap(schema)) return `object by name, of ${typeOf(schema.additionalProperties)}`;
  return [schema.type ?? "any value"].flat().join(" or ");
}

function isMap(schema: JsonSchema): schema is JsonSchema & { additionalProperties: JsonSchema } {
  return typeof schema.additionalProperties === "object" && schema.properties === undefined;
}

/** The fields of a schema, those of nested objects below theirs: `plan.tables[].sourceRows`. */
function fieldRows(schema: JsonSchema, path = ""): string[][] {
  return Object.entries(schema.properties ?? {}).flatMap(([name, field]) => {
    const here = `${path}${name}`;
    const optional = schema.required?.includes(name) === true ? "" : ", optional";
    const row = [`\`${here}\``, `${typeOf(field)}${optional}`, field.description ?? ""];
    return [row, ...nestedRows(field, here)];
  });
}

function nestedRows(field: JsonSchema, path: string): string[][] {
  if (field.anyOf !== undefined) return field.anyOf.flatMap((each) => nestedRows(each, path));
  if (field.type === "array") return nestedRows(field.items ?? {}, `${path}[]`);
  if (isMap(field)) return nestedRows(field.additionalProperties, `${path}.<name>`);
  return fieldRows(field, `${path}.`);
}

function fieldsTable(schema: z.ZodType): string {
  return markdownTable(["field", "type", "meaning"], fieldRows(z.toJSONSchema(schema) as JsonSchema));
}

test("docs/json.md describes every --json document", async () => {
  const sections = documents.map(({ commands, outcomes, schema }) => {
    const list = Object.entries(outcomes).map(([outcome, when]) => `- \`"outcome": "${outcome}"\`: ${when}`);
    return `## ${commands.map((command) => `\`${command}\``).join(", ")}

${list.join("\n")}

${Object.keys(schema.shape).length === 0 ? "No further fields." : fieldsTable(schema)}`;
  });
  const text = `# JSON documents

With \`--json\` a command prints one document on stdout. Its schemas are in \`packages/*/src/documents.ts\`; this page is generated
from them. Sizes are in bytes, durations in milliseconds (names end in \`Ms\`), times are UTC in ISO 8601.

Every document has these fields:

- \`version\`: ${documentVersion}. It is raised when a field changes its meaning or is removed. New fields do not raise it.
- \`command\`: the command, as below.
- \`outcome\`: the result of the command, as below, or \`failed\`.

## A command that failed

The field \`outcome\` is \`failed\`. See [errors.md](errors.md) for the codes.

${fieldsTable(failureSchema)}

${sections.join("\n\n")}
`;
  await expectGenerated("docs/json.md", text);
});

test("a command and an outcome have one document", () => {
  const keys = documents.flatMap(({ commands, outcomes }) =>
    commands.flatMap((command) => Object.keys(outcomes).map((outcome) => `${command}: ${outcome}`)),
  );
  expect(keys.filter((key, index) => keys.indexOf(key) !== index)).toEqual([]);
});

test("every field of a document is described", () => {
  const rows = documents.flatMap(({ schema }) => fieldRows(z.toJSONSchema(schema) as JsonSchema));
  expect(rows.filter(([, , meaning]) => meaning === "").map(([field]) => field)).toEqual([]);
});

const transcripts = join(root, "docs/transcripts");
const marked = /<!-- transcript:(?<name>[\w-]+) begin -->[\s\S]*?<!-- transcript:\k<name> end -->/g;

/** Markdown files that may include transcripts. */
function pages(): string[] {
  const docs = readdirSync(join(root, "docs"), { recursive: true, encoding: "utf8" });
  return ["README.md", ...docs.filter((file) => file.endsWith(".md")).map((file) => `docs/${file}`)];
}

test("the documents include the transcripts unchanged", async () => {
  for (const page of pages()) {
    const text = readFileSync(join(root, page), "utf8");
    const filled = text.replace(marked, (_, name: string) => {
      const shown = widestPart(readFileSync(join(transcripts, `${name}.txt`), "utf8"));
      return `<!-- transcript:${name} begin -->\n\n\`\`\`\n${shown}\n\`\`\`\n\n<!-- transcript:${name} end -->`;
    });
    if (filled !== text) await expectGenerated(page, filled);
  }
});

const errorBlock = /<!-- errors:(?<codes>[A-Z_ ]+) begin -->[\s\S]*?<!-- errors:\k<codes> end -->/g;

test("the documents list errors as the registries describe them", async () => {
  const byCode = new Map(entries().map((entry) => [entry.code, entry]));
  for (const page of pages()) {
    const text = readFileSync(join(root, page), "utf8");
    const filled = text.replace(errorBlock, (_, codes: string) => {
      const rows = codes.split(" ").map((code) => {
        const entry = byCode.get(code);
        if (entry === undefined) throw new Error(`${page} names ${code}, which no registry defines.`);
        return [`\`${code}\``, entry.meaning, entry.remedy];
      });
      const table = markdownTable(["code", "when", "what to do"], rows);
      return `<!-- errors:${codes} begin -->\n\n${table}\n\n<!-- errors:${codes} end -->`;
    });
    if (filled !== text) await expectGenerated(page, filled);
  }
});

test("docs/flags.md lists every flag that allows a refusal", async () => {
  const list = (texts: readonly string[]) => texts.map((text) => `\`${text}\``).join(", ");
  const rows = flags.map(({ option, commands, codes, describe, meaning }) => [
    `\`--${option}\``,
    list(commands),
    list(codes),
    `${describe}.`,
    meaning,
  ]);
  const text = `# Flags that allow a refusal

A command refuses to run when a check finds a likely mistake. If the finding may be intended, a flag allows it. The plan then
contains a line with what the flag allows. See [errors.md](errors.md) for the codes. This page is generated from the checks: for a
sync, the rules in \`packages/sync/src/plan/rules\`; for a mode change, the guards in \`packages/lifecycle/src/plan/guards\`.

${markdownTable(["flag", "commands", "allows", "what it does", "when to give it"], rows)}
`;
  await expectGenerated("docs/flags.md", text);
});

test("a flag allows errors that a registry lists", () => {
  const codes = entries().map(({ code }) => code);
  expect(flags.flatMap((flag) => flag.codes).filter((code) => !codes.includes(code))).toEqual([]);
});
