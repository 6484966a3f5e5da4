/** The report of a run: one HTML page, made from the record of the run. It loads nothing, and its policy forbids it. */
import { describeBy, type RunRecord } from "../history/run-record.ts";
import { stateSentences } from "../ops-error.ts";
import { formatDuration } from "../output/format.ts";
import { breakable, html, none, Html } from "./html.ts";
import { sectionsOf, type Section } from "./sections.ts";
import { style } from "./style.ts";
import { timeline } from "./timeline.ts";
import { chip, isFields, type Fields } from "./values.ts";

/**
 * Renders the page.
 * @param record without secrets
 */
export function renderReport(record: RunRecord): string {
  const { command, outcome, run } = record;
  const sections = [
    ...errorSections(record),
    ...nextSection(record),
    ...warningSection(record),
    ...timelineSection(record),
    ...sectionsOf(record).map(render),
  ];
  const page = html`<!doctype html>
    <html lang="en">
      <head>
        <meta charset="utf-8" />
        <meta name="viewport" content="width=device-width, initial-scale=1" />
        <meta http-equiv="Content-Security-Policy" content="default-src 'none'; style-src 'unsafe-inline'" />
        <meta name="referrer" content="no-referrer" />
        <title>${command}: ${outcome}, ${run.id}</title>
        <style>
          ${new Html(style)}
        </style>
      </head>
      <body>
        <header>
          <p class="eyebrow">${outcomeChip(record)} <strong>pnpm ${command}</strong></p>
          <h1>${breakable(run.summary)}</h1>
          <dl class="meta">
            <div>
              <dt>Run by</dt>
              <dd>${breakable(describeBy(run))}</dd>
            </div>
            <div>
              <dt>Duration</dt>
              <dd>${formatDuration(run.durationMs)}</dd>
            </div>
            <div>
              <dt>Exit code</dt>
              <dd>exit code ${run.exit}</dd>
            </div>
            ${
              run.by.url === null
                ? none
                : html`<div>
                    <dt>CI run</dt>
                    <dd><a href="${run.by.url}">${breakable(run.by.url)}</a></dd>
                  </div>`
            }
          </dl>
        </header>
        <main>${sections}</main>
        <footer>
          <p><code>${breakable(run.commandLine)}</code></p>
          <p>Run ${run.id}. Document version ${record.version}. Times are UTC.</p>
        </footer>
      </body>
    </html> `;
  return page.text;
}

function render({ title, body }: Pick<Section, "title" | "body">): Html {
  return html`<section>
    <h2>${title}</h2>
    ${body}
  </section> `;
}

function outcomeChip({ outcome, run }: RunRecord): Html {
  if (outcome === "failed") return chip("failed", "bad");
  return chip(outcome, run.exit !== 0 ? "bad" : outcome === "planned" ? "quiet" : "good");
}

/** Why a run failed, what it has changed, and what to do. */
function errorSections({ error }: RunRecord): Html[] {
  if (!isFields(error)) return [];
  const { code, message, details, hint } = error;
  const lines = Array.isArray(details) ? details.map(String) : [];
  const body = html`<p class="lead">${breakable(String(message))}</p>
    ${
      lines.length === 0
        ? none
        : html`<ul>
            ${lines.map((line) => html`<li><span class="text">${breakable(line)}</span></li>`)}
          </ul>`
    }
    <p><strong>${stateOf(error)}</strong></p>
    ${typeof hint !== "string" || hint === "" ? none : html`<p><span class="text">${breakable(hint)}</span></p>`}
    <p>Error code: <code>${String(code)}</code></p>`;
  return [
    html`<section class="alert">
      <h2>What happened, and what to do</h2>
      ${body}
    </section> `,
  ];
}

function stateOf({ state }: Fields): string {
  if (state === "nothing-written" || state === "target-unchanged") return stateSentences[state];
  if (state === "changed") return "Part of the work is done: the message states which part.";
  return "What the run has changed is not known: the message states where to look.";
}

function nextSection({ run }: RunRecord): Html[] {
  if (run.next.length === 0) return [];
  const commands = run.next.map(
    ({ purpose, command }) =>
      html`<div class="command">
        ${purpose.charAt(0).toUpperCase()}${purpose.slice(1)}:
        <pre><code>${breakable(command)}</code></pre>
      </div> `,
  );
  return [render({ title: "Commands that follow", body: html`${commands}` })];
}

function warningSection({ run }: RunRecord): Html[] {
  if (run.warnings.length === 0) return [];
  return [
    html`<section class="caution">
      <h2>Warnings</h2>
      <ul>
        ${run.warnings.map((warning) => html`<li><span class="text">${breakable(warning)}</span></li>`)}
      </ul>
    </section> `,
  ];
}

function timelineSection({ run }: RunRecord): Html[] {
  return run.steps.length === 0 ? [] : [render({ title: "Timeline", body: timeline(run.steps) })];
}
