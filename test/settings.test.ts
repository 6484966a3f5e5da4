/** `.env.example` is generated from the registry of variables. */
import { readFileSync } from "node:fs";
import { join } from "node:path";
import { variables, type VariableSpec } from "@pilot-light/core/config/env";
import { parseSettings } from "@pilot-light/core/config/settings-file";
import { expect, test } from "vitest";
import { expectText, root, updateCommand } from "./generated.ts";

const settings = Object.entries<VariableSpec>(variables).filter(([, { fromSystem }]) => fromSystem !== true);

/** A description as plain text. */
function comment({ description, secret }: VariableSpec): string {
  const text = description.replaceAll("`", "");
  return `# ${text}${secret === true ? " Secret." : ""}`;
}

function section(title: string, chosen: typeof settings): string {
  const entries = chosen.map(([name, spec]) => `${comment(spec)}\n#${name}=${spec.default ?? ""}\n`);
  return `# ${title}\n\n${entries.join("\n")}`;
}

test(".env.example offers every setting of the registry", () => {
  const isFirst = ([, { firstUse }]: (typeof settings)[number]) => firstUse === true;
  expectText(
    ".env.example",
    `# Settings for the commands of this repository. Copy this file to .env, or run:  pnpm configure
# A variable of the environment has precedence over the file. docs/variables.md explains each variable.
# The file .env may hold secrets: git ignores it, and only you should be able to read it:  chmod 600 .env

${section("What a first use needs", settings.filter(isFirst))}
${section(
  "Everything else",
  settings.filter((setting) => !isFirst(setting)),
)}`,
  );
});

test(".env.example sets nothing, and is well formed without its comment signs", () => {
  const text = readFileSync(join(root, ".env.example"), "utf8");
  expect(parseSettings(text, ".env.example")).toEqual({});
  const names = Object.keys(parseSettings(text.replaceAll(/^#(?=\w)/gm, ""), ".env.example"));
  const wanted = settings.map(([name]) => name).toSorted();
  expect(names.toSorted(), `.env.example is stale. To write it:  ${updateCommand}`).toEqual(wanted);
});

test("git ignores .env, and not its template", () => {
  const ignored = readFileSync(join(root, ".gitignore"), "utf8").split("\n");
  expect(ignored).toContain(".env");
  expect(ignored).not.toContain(".env*");
});

// Node.js takes --env-file of the command line for itself, and stops at a file that does not exist:
// https://github.com/nodejs/node/issues/54232
test("the scripts of package.json keep --env-file from Node.js", () => {
  const { scripts } = JSON.parse(readFileSync(join(root, "package.json"), "utf8")) as {
    scripts: Record<string, string>;
  };
  const own = Object.values(scripts).filter((line) => line.includes("/dist/bin.js"));
  expect(own.length).toBeGreaterThan(10);
  expect(own.filter((line) => !line.startsWith("node -- "))).toEqual([]);
});
