#!/usr/bin/env node
/**
 * Changes words in docs/transcripts, and wraps the rows that contain them again: `node scripts/reword.mjs "<old words>" "<new words>"`. For
 * a text that the tools print on one row. Prints the names of the changed files.
 */
import { readdirSync, readFileSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { reword } from "@pilot-light/sandbox/reword";

const [oldWords, newWords, ...others] = process.argv.slice(2);
if (oldWords === undefined || newWords === undefined || others.length > 0) {
  console.error('usage: node scripts/reword.mjs "<old words>" "<new words>"');
  process.exit(2);
}
const folder = join(import.meta.dirname, "../docs/transcripts");
for (const name of readdirSync(folder)) {
  const file = join(folder, name);
  const text = readFileSync(file, "utf8");
  const changed = reword(text, oldWords, newWords);
  if (changed === text) continue;
  writeFileSync(file, changed);
  console.log(name);
}
