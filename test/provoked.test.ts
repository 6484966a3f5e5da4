/**
 * Every code of the registries is the asserted value of an integration test, which provokes it with real servers and programs. The few other
 * codes are in a list, each with the reason and with the unit test that creates it.
 */
import { existsSync, readdirSync, readFileSync } from "node:fs";
import { join } from "node:path";
import ts from "typescript";
import { expect, test } from "vitest";
import { root } from "./generated.ts";
import { entries } from "./registries.ts";
import { unprovoked } from "./unprovoked.ts";

/** The codes that a file contains as a string or in a regular expression. Comments, and what a test expects not to see, do not count. */
function namedIn(file: string): Set<string> {
  const source = ts.createSourceFile(file, readFileSync(join(root, file), "utf8"), ts.ScriptTarget.Latest);
  const found = new Set<string>();
  const visit = (node: ts.Node): void => {
    if (ts.isCallExpression(node) && /\.not\.\w+$/.test(node.expression.getText(source))) {
      // The part before `.not` may be a helper that provokes a code.
      visit(node.expression);
      return;
    }
    if (ts.isStringLiteralLike(node) || ts.isRegularExpressionLiteral(node) || isTemplatePart(node)) {
      for (const [word] of node.text.matchAll(/\b[A-Z][A-Z\d]*(?:_[A-Z\d]+)*\b/g)) found.add(word);
    }
    ts.forEachChild(node, visit);
  };
  visit(source);
  return found;
}

function isTemplatePart(node: ts.Node): node is ts.TemplateHead | ts.TemplateMiddle | ts.TemplateTail {
  return ts.isTemplateHead(node) || ts.isTemplateMiddle(node) || ts.isTemplateTail(node);
}

/** Files of a folder of all packages. */
function filesIn(folder: "src" | "test"): string[] {
  return readdirSync(join(root, "packages"))
    .map((name) => `packages/${name}/${folder}`)
    .filter((path) => existsSync(join(root, path)))
    .flatMap((path) =>
      readdirSync(join(root, path), { recursive: true, encoding: "utf8" })
        .filter((file) => file.endsWith(".ts"))
        .map((file) => `${path}/${file}`),
    );
}

const codes = entries().map(({ code }) => code);
const provoked = new Set(filesIn("test").flatMap((file) => [...namedIn(file)]));

test("an integration test provokes each code, or the list states why none can, and which unit test creates the error", () => {
  const without = codes.filter((code) => !provoked.has(code) && !(code in unprovoked));
  expect(without, "Add an integration test, or an entry to test/unprovoked.ts.").toEqual([]);
});

test("the list has no entry for a code that does not exist, or that an integration test provokes", () => {
  const stale = Object.keys(unprovoked).filter((code) => !codes.includes(code) || provoked.has(code));
  expect(stale).toEqual([]);
});

test.each(Object.entries(unprovoked))("%s: the unit test of the list names it", (code, { unit }) => {
  expect(filesIn("src").filter((file) => file.endsWith(".test.ts"))).toContain(unit);
  expect(namedIn(unit)).toContain(code);
});

test("a code in a comment, and one that a test expects not to see, do not count", () => {
  // IN_A_COMMENT
  expect("").not.toContain("NOT_EXPECTED");
  const named = namedIn("test/provoked.test.ts");
  expect(["IN_A_STRING", "IN_A_" + "COMMENT", "NOT_" + "EXPECTED"].filter((code) => named.has(code))).toEqual(
    ["IN_A_STRING"],
  );
});
