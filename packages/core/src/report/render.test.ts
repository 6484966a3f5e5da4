import { readFile, readdir, writeFile } from "node:fs/promises";
import { join } from "node:path";
import { expect, test } from "vitest";
import { temporaryDirectory } from "../testing/temporary-directory.ts";
import { jobSummary } from "./job-summary.ts";
import { renderReport } from "./render.ts";
import { openReport } from "./report-file.ts";
import { hostileName, sampleRecord } from "./sample-record.ts";

/** The page without the spaces between tags, and without the places where a name may break. */
function rendered(record: Parameters<typeof renderReport>[0]): string {
  return renderReport(record).replaceAll("<wbr />", "").replaceAll(/\s+/g, " ").replaceAll("> <", "><");
}

test("text from databases is escaped, and no element of it exists", () => {
  const page = rendered(sampleRecord);
  expect(page).toContain("public.&quot;&lt;script&gt;document.title=1&lt;/script&gt;&amp;&quot;");
  expect(page).not.toMatch(/<script|<img|<[^>]*\son\w+=/);
  expect(page).not.toMatch(/(?:src|xlink:href)="|url\(|@import/);
});

test("tables have the rows of both sides, the size and the hash", () => {
  const page = rendered(sampleRecord);
  const row = /<tr><th scope="row"><code>public\.contacts<\/code><\/th>(?<cells>.*?)<\/tr>/s.exec(page)
    ?.groups?.cells;
  expect(
    row
      ?.replaceAll(/<[^>]*>/g, " ")
      .replaceAll(/\s+/g, " ")
      .trim(),
  ).toBe("340 331 \u2013 replaced 340 262.1 kB -197530864219753086");
});

test("costs are shown before and after, with the difference", () => {
  const page = rendered(sampleRecord);
  expect(page).toContain("$87.97 per month more than before.");
  expect(page).toMatch(/Total<\/span><\/th><td class="number">\$17\.01<\/td><td class="number">\$104\.98/);
});

test("a field that the report does not know becomes a section", () => {
  const masking = {
    file: "mask.sql",
    statements: 3,
    tables: [{ name: "a", maskedRows: 1200 }],
    longText: "x",
  };
  const page = rendered({ ...sampleRecord, masking });
  expect(page).toContain("<h2>Masking</h2>");
  expect(page).toContain("Masked rows");
  expect(page).toContain("1,200");
});

test("a failed run states what is unchanged and what to do", () => {
  const error = {
    code: "SHRINK_REFUSED",
    message: "The target has 52,340 rows.",
    hint: "To sync anyway: pnpm sync neon-to-rds --allow-shrink",
    details: ["public.events: 52,100 -> 0"],
    exit: 4,
    state: "target-unchanged",
  };
  const page = rendered({ ...sampleRecord, outcome: "failed", error });
  for (const text of [error.code, error.message, error.hint, "The target is unchanged."]) {
    expect(page).toContain(text);
  }
  expect(page).toContain("public.events: 52,100 -&gt; 0");
});

test("the summary of a job has no Markdown or HTML of a table's name", () => {
  const summary = jobSummary(sampleRecord);
  expect(summary).toContain("davidshaevel dev is active and healthy.");
  expect(summary).toContain("| deploy | 61 resources | 4 min 0 s |");
  expect(summary).not.toContain(hostileName);
  expect(summary).not.toContain("<script>");
});

test("a report replaces a file in one step, and a file that cannot be written is refused first", async () => {
  const directory = await temporaryDirectory();
  const path = join(directory, "report.html");
  await writeFile(path, "earlier");
  const file = await openReport(path);
  expect(await readFile(path, "utf8")).toBe("earlier");
  await file.write("later");
  expect(await readFile(path, "utf8")).toBe("later");
  expect(await readdir(directory)).toEqual(["report.html"]);
  await expect(openReport(join(directory, "none", "report.html"))).rejects.toMatchObject({
    code: "REPORT_FILE_UNWRITABLE",
    state: "nothing-written",
  });
  await expect(openReport(directory)).rejects.toMatchObject({ code: "REPORT_FILE_UNWRITABLE" });
});
