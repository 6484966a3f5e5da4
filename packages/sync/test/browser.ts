/** Opens a page in a real browser: with the width of a phone and of a large screen, in light and in dark. */
import { delimiter, join } from "node:path";
import { accessSync } from "node:fs";
import { processEnvironment } from "@pilot-light/core/config/env";
import axe from "axe-core";
import { chromium, type Page } from "playwright-core";

/** Names of Chromium on Debian, Ubuntu and macOS. The set-up installs the first if none exists. */
const names = ["chromium", "chromium-browser", "google-chrome", "google-chrome-stable"];
const places = [
  ...(processEnvironment().PATH ?? "")
    .split(delimiter)
    .flatMap((folder) => names.map((name) => join(folder, name))),
  "/Applications/Google Chrome.app/Contents/MacOS/Google Chrome",
  "/Applications/Chromium.app/Contents/MacOS/Chromium",
];

/** @throws Error if no browser is installed */
function browserProgram(): string {
  const found = places.find((file) => {
    try {
      accessSync(file);
      return true;
    } catch {
      return false;
    }
  });
  if (found === undefined) throw new Error(`None of these browsers is installed: ${names.join(", ")}.`);
  return found;
}

/** The faults of a page. All lists must be empty. */
export interface Inspection {
  /** The width and the colors that the page was shown with. */
  view: string;
  /** Pixels that the page is wider than the screen. */
  overflow: number;
  /** Words of names that a line breaks inside of. A hash may break anywhere. */
  broken: string[];
  /** Commands that a person has to scroll. */
  hidden: string[];
  /** Addresses that the page has tried to load. */
  requests: string[];
  /** Messages of the console, and dialogs. */
  messages: string[];
  /** Rules of axe-core that the page breaks, each with the elements. */
  violations: string[];
}

/**
 * Shows a file at 360 and at 1200 pixels, in light and in dark.
 * @param screenshot gets the path of a picture for each view; undefined if none is to be kept
 */
export async function inspectPage(
  file: string,
  screenshot?: (view: string) => string,
): Promise<Inspection[]> {
  // CI containers run as root, and Chromium's sandbox does not work for root. The page is a file of this test.
  await using browser = await chromium.launch({ executablePath: browserProgram(), args: ["--no-sandbox"] });
  const found: Inspection[] = [];
  for (const width of [360, 1200]) {
    for (const colorScheme of ["light", "dark"] as const) {
      const view = `${width}-${colorScheme}`;
      const page = await browser.newPage({ viewport: { width, height: 900 }, colorScheme });
      const requests: string[] = [];
      const messages: string[] = [];
      page.on("request", (request) => requests.push(request.url()));
      page.on("console", (message) => messages.push(message.text()));
      page.on("dialog", (dialog) => {
        messages.push(dialog.message());
        void dialog.dismiss();
      });
      await page.goto(`file://${file}`);
      if (screenshot !== undefined) await page.screenshot({ path: screenshot(view), fullPage: true });
      await page.evaluate("for (const each of document.querySelectorAll('details')) each.open = true");
      const overflow = Number(
        await page.evaluate("document.documentElement.scrollWidth - document.documentElement.clientWidth"),
      );
      const [broken = [], hidden = []] = JSON.parse(String(await page.evaluate(brokenLines))) as string[][];
      const violations = await violationsOf(page);
      found.push({ view, overflow, broken, hidden, requests: requests.slice(1), messages, violations });
      await page.close();
    }
  }
  return found;
}

/** In the page: the words that continue on another line, and the commands that are wider than their box. */
const brokenLines = `
  (() => {
    const broken = [];
    const texts = document.createTreeWalker(document.querySelector("body"), NodeFilter.SHOW_TEXT);
    while (texts.nextNode()) {
      const { data } = texts.currentNode;
      for (const { 0: word, index } of data.matchAll(/[\\p{L}\\d]{2,32}(?![\\p{L}\\d])/gu)) {
        if (/[\\p{L}\\d]/u.test(data[index - 1] ?? "")) continue;
        const range = document.createRange();
        range.setStart(texts.currentNode, index);
        range.setEnd(texts.currentNode, index + word.length);
        const lines = new Set([...range.getClientRects()].map(({ top }) => Math.round(top)));
        if (lines.size > 1) broken.push(word + " in " + data.trim());
      }
    }
    const commands = [...document.querySelectorAll(".command pre")];
    const hidden = commands.filter((each) => each.scrollWidth > each.clientWidth);
    return JSON.stringify([broken, hidden.map((each) => each.textContent)]);
  })()`;

async function violationsOf(page: Page): Promise<string[]> {
  await page.evaluate(axe.source);
  const text = await page.evaluate(
    "axe.run(document, { resultTypes: ['violations'] }).then(({ violations }) => JSON.stringify(violations.map(({ id, nodes }) => `${id}: ${nodes.map(({ html }) => html).join(' ')}`)))",
  );
  return JSON.parse(String(text)) as string[];
}
