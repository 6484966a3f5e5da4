/** The steps of a run as a picture, and as a table for those who cannot see it. */
import type { LoggedStep } from "../output/run-log.ts";
import { formatDuration } from "../output/format.ts";
import { html, none, type Html } from "./html.ts";
import { tableOf } from "./tables.ts";

const rowHeight = 38;
const barHeight = 10;
const axisHeight = 26;

/** Positions are percentages and heights are pixels: the picture has any width without a change to the size of its texts. */
export function timeline(steps: readonly LoggedStep[]): Html {
  if (steps.length === 0) return none;
  const ordered = [...steps].sort((a, b) => a.startMs - b.startMs);
  const start = Math.min(...ordered.map(({ startMs }) => startMs));
  const end = Math.max(...ordered.map(({ startMs, durationMs }) => startMs + durationMs));
  const all = Math.max(end - start, 1);
  const percent = (milliseconds: number) => `${((milliseconds / all) * 100).toFixed(3)}%`;
  const height = ordered.length * rowHeight;
  const ticks = [0, 0.25, 0.5, 0.75, 1];
  const names = ordered.map(({ name, durationMs }) => `${name} ${formatDuration(durationMs)}`).join(", ");
  return html`<svg
      class="timeline"
      width="100%"
      height="${height + axisHeight}"
      role="img"
      aria-labelledby="timeline-title timeline-text"
    >
      <title id="timeline-title">Timeline of the steps</title>
      <desc id="timeline-text">${names}, ${formatDuration(all)} in all.</desc>
      ${ticks.map((tick) => html`<line class="grid" x1="${percent(tick * all)}" x2="${percent(tick * all)}" y1="0" y2="${height + 4}" />`)}
      ${ordered.map((step, index) => {
        const top = index * rowHeight;
        return html`<text class="name" x="0" y="${top + 14}"
            >${step.name}${step.outcome === "failed" ? " \u2717 not finished" : ""}</text
          >
          <text class="time" x="100%" y="${top + 14}" text-anchor="end"
            >${formatDuration(step.durationMs)}</text
          >
          <rect class="track" x="0" width="100%" y="${top + 20}" height="${barHeight}" rx="2" />
          <rect
            class="bar ${step.outcome}"
            x="${percent(step.startMs - start)}"
            width="${percent(Math.max(step.durationMs, all * 0.004))}"
            y="${top + 20}"
            height="${barHeight}"
            rx="2"
          /> `;
      })}
      ${ticks.map((tick) => html`<text class="tick${tick === 0.25 || tick === 0.75 ? " inner" : ""}" x="${percent(tick * all)}" y="${height + 20}" text-anchor="${tick === 0 ? "start" : tick === 1 ? "end" : "middle"}">${tick === 0 ? "0" : formatDuration(tick * all)}</text>`)}
    </svg>
    <details>
      <summary>The steps as a table</summary>
      ${tableOf(
        "Steps",
        ordered.map(({ name, outcome, startMs, durationMs, summary }) => ({
          step: name,
          outcome,
          startMs: startMs - start,
          durationMs,
          summary,
        })),
      )}
    </details>`;
}
