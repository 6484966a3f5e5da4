/**
 * docs/architecture.md contains the table of test/arrows.ts, which is generated, and the files that it names exist.
 */
import { existsSync, readFileSync } from "node:fs";
import { join } from "node:path";
import { expect, test } from "vitest";
import { folders } from "./arrows.ts";
import { expectGenerated, markdownTable, root } from "./generated.ts";

const page = "docs/architecture.md";
const text = readFileSync(join(root, page), "utf8");

test("the table of folders is that of the arrows", async () => {
  const rows = [...folders].flatMap(([name, arrows]) =>
    Object.entries(arrows).map(([folder, allowed]) => [
      `\`${name}/src/${folder}\``,
      allowed.length === 0 ? "no other folder" : allowed.map((each) => `\`${each}\``).join(", "),
    ]),
  );
  const [begin, end] = ["<!-- folders:begin -->", "<!-- folders:end -->"];
  const table = markdownTable(["folder", "may import"], rows);
  const [before = "", rest = ""] = text.split(begin);
  await expectGenerated(page, `${before}${begin}\n\n${table}\n\n${end}${rest.split(end)[1] ?? ""}`);
});

test("every file that it names exists", () => {
  const sections = text.split(/^### (?=packages\/)/m).slice(1);
  const missing = sections.flatMap((section) => {
    const folder = section.slice(0, section.indexOf("\n"));
    const own = section.split(/^## /m)[0] ?? "";
    const files = [...own.matchAll(/`([\w./-]+\.ts)`/g)].map(([, file = ""]) => `${folder}/src/${file}`);
    return files.filter((file) => !existsSync(join(root, file)));
  });
  expect(missing).toEqual([]);
});
