/** The table of a comparison, on the terminal and in docs/benchmarks.md. */
import { readFileSync, writeFileSync } from "node:fs";
import { availableParallelism, cpus, totalmem } from "node:os";
import { join } from "node:path";
import { mustRun, root } from "../run.mjs";
import { median } from "./median.mjs";

/** @typedef {import("./usage.mjs").Usage} Usage */

const page = join(root, "docs/benchmarks.md");

/** Processor, memory and versions. @param {{ postgres: string }} versions */
export function describeMachine({ postgres }) {
  const model = cpus()[0]?.model.trim() ?? "unknown processor";
  const memory = Math.round(totalmem() / 1_000_000_000);
  return `${availableParallelism()} cores (${model}), ${memory} GB, PostgreSQL ${postgres}, Node.js ${process.versions.node}`;
}

/**
 * A Markdown table with a row for each way.
 * @param {readonly { title: string, usages: readonly Usage[] }[]} rows
 * @param {string} base title of the row that the ratios refer to
 */
export function usageTable(rows, base) {
  const baseline = median(
    rows.find(({ title }) => title === base)?.usages.map(({ seconds }) => seconds) ?? [],
  );
  const lines = rows.map(({ title, usages }) => {
    const of = (/** @type {keyof Usage} */ field) =>
      median(usages.map((usage) => usage[field] ?? NaN).filter((value) => !Number.isNaN(value)));
    const seconds = of("seconds");
    const all = usages.map((usage) => usage.seconds.toFixed(1)).join(" ");
    const cells = [
      `\`${title}\``.replace(/^`(the .*)`$/, "$1"),
      seconds.toFixed(1),
      number(seconds / baseline, 2),
      number(of("clientCpu"), 1),
      number(of("serverCpu"), 1),
      number(of("peakMb"), 0),
      all,
    ];
    return `| ${cells.map((cell) => cell.replaceAll("|", "\\|")).join(" | ")} |`;
  });
  const head = [
    "way",
    "seconds",
    "ratio",
    "CPU s, client",
    "CPU s, servers",
    "peak MB of Node.js",
    "all runs",
  ];
  return [`| ${head.join(" | ")} |`, `| --- |${" ---: |".repeat(5)} --- |`, ...lines].join("\n");
}

/**
 * @param {number} value
 * @param {number} digits
 */
function number(value, digits) {
  return Number.isNaN(value) ? "-" : value.toFixed(digits);
}

/**
 * Writes a section of docs/benchmarks.md, or replaces the section with the same heading.
 * @param {string} heading
 * @param {string} text
 */
export async function writeSection(heading, text) {
  const [before = "", ...sections] = readFileSync(page, "utf8").split(/^(?=### )/m);
  const section = `### ${heading}\n\n${text}\n\n`;
  const index = sections.findIndex((each) => each.startsWith(`### ${heading}\n`));
  if (index === -1) sections.push(section);
  else sections[index] = section;
  writeFileSync(page, [before, ...sections].map((part) => `${part.trimEnd()}\n\n`).join(""));
  await mustRun(join(root, "node_modules/.bin/prettier"), ["--write", page]);
}
