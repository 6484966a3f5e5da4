/** Checks every import and every package.json of the workspace against the table of arrows. */
import { existsSync, readFileSync, readdirSync } from "node:fs";
import { dirname, join, resolve } from "node:path";
import { describe, expect, it } from "vitest";
import { circlesOf, importsOf, scope, wrongDependencies, wrongImport } from "./arrows.ts";
import type { Manifest } from "./arrows.ts";

const root = resolve(import.meta.dirname, "..");
const folders = readdirSync(join(root, "packages")).map((name) => `packages/${name}`);

/** The TypeScript files of a package, relative to the root. */
function sourcesOf(folder: string): string[] {
  const parts = ["src", "test", "test-support"].filter((part) => existsSync(join(root, folder, part)));
  return parts.flatMap((part) => {
    const files = readdirSync(join(root, folder, part), { recursive: true, encoding: "utf8" });
    return files.filter((file) => file.endsWith(".ts")).map((file) => `${folder}/${part}/${file}`);
  });
}

describe("the workspace follows the arrows", () => {
  it.each(folders)("%s: every import", (folder) => {
    const files = sourcesOf(folder);
    const wrong = files.flatMap((file) =>
      importsOf(readFileSync(join(root, file), "utf8")).flatMap((specifier) => {
        const reason = wrongImport(file, specifier);
        return reason === undefined ? [] : [`${file}: "${specifier}": ${reason}`];
      }),
    );
    expect(files).not.toEqual([]);
    expect(wrong).toEqual([]);
  });

  it.each(folders)("%s: no circle of imports between its files", (folder) => {
    const files = sourcesOf(folder).filter((file) => file.startsWith(`${folder}/src/`));
    const imports = files.map((file): [string, string[]] => {
      const specifiers = importsOf(readFileSync(join(root, file), "utf8"));
      return [
        file,
        specifiers.filter((each) => each.startsWith(".")).map((each) => join(dirname(file), each)),
      ];
    });
    expect(circlesOf(new Map(imports))).toEqual([]);
  });

  it.each(["sync", "lifecycle"])("%s: at most ten files at the top of src, tests not counted", (name) => {
    const files = readdirSync(join(root, "packages", name, "src"), { withFileTypes: true });
    const top = files.filter((entry) => entry.isFile() && !entry.name.endsWith(".test.ts"));
    expect(top.map((entry) => entry.name).slice(10)).toEqual([]);
  });

  it.each(folders)("%s: its package.json", (folder) => {
    const file = `${folder}/package.json`;
    const manifest = JSON.parse(readFileSync(join(root, file), "utf8")) as Manifest;
    expect(wrongDependencies(file, manifest)).toEqual([]);
  });
});

describe("a wrong arrow is found", () => {
  it.each([
    ["packages/core/src/a.ts", "@pilot-light/sync"],
    ["packages/core/src/a.test.ts", "@pilot-light/sandbox/up"],
    ["packages/infra/src/a.ts", "@pilot-light/core/process"],
    ["packages/infra/src/a.ts", "@cdktf/provider-aws"],
    ["packages/sync/src/a.ts", "@cdktf/provider-aws/lib/vpc/index.js"],
    ["packages/sync/src/a.ts", "@pilot-light/sandbox/up"],
    ["packages/sync/src/a.ts", "../../core/src/env.ts"],
    ["packages/sync/src/deep/a.ts", "../../../core/dist/env.js"],
    ["packages/sync/test/a.ts", "/packages/core/src/env.ts"],
    ["packages/validate/src/a.ts", "@pilot-light/sync"],
    ["packages/sandbox/src/a.ts", "@pilot-light/lifecycle"],
    ["packages/sync/src/read/a.ts", "../plan/b.ts"],
    ["packages/sync/src/other/a.ts", "../plan/b.ts"],
    ["packages/core/src/config/a.ts", "../cli/command.ts"],
  ])("%s must not import %s", (file, specifier) => {
    expect(wrongImport(file, specifier)).toBeDefined();
  });

  it.each([
    ["packages/infra/src/a.ts", "@pilot-light/core/contract"],
    ["packages/infra/src/a.ts", "@cdktf/provider-aws/lib/vpc/index.js"],
    ["packages/sync/test/a.int.test.ts", "@pilot-light/sandbox/up"],
    ["packages/sync/src/a.test.ts", "@pilot-light/sandbox/up"],
    ["packages/sync/test/a.int.test.ts", "../src/plan.ts"],
    ["packages/lifecycle/src/a.ts", "@pilot-light/validate"],
    ["packages/core/src/a.ts", "node:fs"],
    ["packages/sync/src/plan/a.ts", "../read/b.ts"],
    ["packages/sync/src/plan/a.ts", "./b.ts"],
    ["packages/sync/src/plan/a.test.ts", "../steps/run.ts"],
    ["packages/sync/src/a.ts", "./steps/run.ts"],
  ])("%s may import %s", (file, specifier) => {
    expect(wrongImport(file, specifier)).toBeUndefined();
  });

  it("finds circles, even one through several files", () => {
    const imports = new Map([
      ["a", ["b"]],
      ["b", ["c"]],
      ["c", ["a", "d"]],
      ["d", ["e"]],
      ["e", ["d"]],
      ["f", ["a"]],
    ]);
    expect(circlesOf(imports)).toEqual([
      ["d", "e"],
      ["a", "b", "c"],
    ]);
  });

  it("reads every kind of import", () => {
    const source = `import a from "static"; import type { B } from "type-only"; export * from "re-export"; import "for-effect";
      type C = import("type-query").C; const d = await import("dynamic"); const e = require("required"); // import "comment"`;
    expect(importsOf(source).sort()).toEqual([
      "dynamic",
      "for-effect",
      "re-export",
      "required",
      "static",
      "type-only",
      "type-query",
    ]);
  });

  it.each<[string, Manifest, string]>([
    ["core", { dependencies: { "@pilot-light/sync": "workspace:*" } }, "may not depend on sync"],
    ["sync", { dependencies: { "@pilot-light/sandbox": "workspace:*" } }, "may not depend on sandbox"],
    ["sync", { dependencies: { "@cdktf/provider-aws": "21.22.1" } }, "only infra uses @cdktf/provider-aws"],
    ["sync", { dependencies: { "@pilot-light/core": "0.1.0" } }, "core is not from the workspace"],
  ])("in the package.json of %s: %j", (name, manifest, reason) => {
    expect(wrongDependencies(`packages/${name}/package.json`, { name: scope + name, ...manifest })).toEqual([
      reason,
    ]);
  });

  it("a package that the table does not name is an error", () => {
    expect(() => wrongImport("packages/other/src/a.ts", "node:fs")).toThrow("add it to test/arrows.ts first");
  });
});
