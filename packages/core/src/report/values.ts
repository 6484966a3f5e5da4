/** Fields of documents as people read them: a label for each name, and units from the end of the name. */
import { formatBytes, formatCount, formatDuration, formatMinute } from "../output/format.ts";
import { breakable, html, none, type Html } from "./html.ts";

export type Fields = Readonly<Record<string, unknown>>;

export function isFields(value: unknown): value is Fields {
  return typeof value === "object" && value !== null && !Array.isArray(value);
}

/** Anything but an object and a list. */
export function isScalar(value: unknown): value is string | number | boolean | null | undefined {
  return typeof value !== "object" || value === null;
}

/** A list whose elements are all objects; not an empty one. */
export function isRows(value: unknown): value is readonly Fields[] {
  return Array.isArray(value) && value.length > 0 && value.every(isFields);
}

/** Labels for fields whose name alone is not a good label. */
const labels: Readonly<Record<string, string>> = {
  bytes: "Size",
  sha256: "SHA-256",
  unavailableMs: "Unavailable",
  archiveBytes: "Dump",
  backupBytes: "Backup",
  previous: "Previous target",
  previousBytes: "Size of the previous target",
  schemaObjects: "Schema objects",
  usd: "USD per month",
  isEqual: "Result",
  problem: "Difference",
  clientVersion: "pg_dump version",
  estimatedDurationMs: "Estimated duration",
  estimatedUnavailableMs: "Estimated time that others wait",
  durationMs: "Duration",
  targetRows: "Target rows before",
  identity: "Object",
  id: "Id",
};

/** `sourceRows` -> "Source rows", `neonHash` -> "Neon hash", `unavailableMs` -> "Unavailable". */
export function labelOf(name: string): string {
  const known = labels[name];
  if (known !== undefined) return known;
  const words = name
    .replace(/(?<=.)(?:Ms|Usd)$/, "")
    .replaceAll(/(?<=[a-z\d])[A-Z]/g, (letter) => ` ${letter.toLowerCase()}`)
    .replaceAll(/[-_]/g, " ")
    .replaceAll(/\brds\b/gi, "RDS")
    .replaceAll(/\bneon\b/gi, "Neon");
  return `${words.charAt(0).toUpperCase()}${words.slice(1)}`;
}

/** Names of fields whose values are copied rather than read. */
const code =
  /^(?:sha256|.*[Hh]ash|digest|reference|uri|archive|backup|key|host|database|table|sequence|identity|previous|snapshot|address|arn|staging)$/;

/** Whether a column of this field is aligned to the right. */
export function isNumeric(name: string, values: readonly unknown[]): boolean {
  const given = values.filter((value) => value !== null && value !== undefined);
  return given.length > 0 && given.every((value) => typeof value === "number") && name !== "port";
}

/** A number with its unit. */
function formatNumber(name: string, value: number): string {
  if (name === "port") return String(value);
  if (/(?:Ms|^ms)$/.test(name)) return formatDuration(value);
  if (/(?:Bytes|^bytes)$/.test(name)) return formatBytes(value);
  if (/(?:Usd|^usd)$/.test(name)) return formatDollars(value);
  return Number.isInteger(value) ? formatCount(value) : value.toFixed(2);
}

/** `$1,234.50`; a negative amount has a minus sign. */
export function formatDollars(usd: number): string {
  const amount = Math.abs(usd).toLocaleString("en-US", {
    minimumFractionDigits: 2,
    maximumFractionDigits: 2,
  });
  return `${usd < -0.005 ? "\u2212" : ""}$${amount}`;
}

type Tone = "good" | "warn" | "bad" | "quiet";

/** Words that state how something ended or what happens to it. Each has a sign, so that no meaning depends on color. */
const tones: Readonly<Record<string, Tone>> = {
  passed: "good",
  done: "good",
  "done before": "good",
  new: "good",
  replaced: "quiet",
  warning: "warn",
  waived: "warn",
  skipped: "quiet",
  "not-applicable": "quiet",
  failed: "bad",
  removed: "bad",
  different: "bad",
  "only-neon": "bad",
  "only-rds": "bad",
};
const signs = { good: "\u2713", warn: "!", bad: "\u2717", quiet: "\u2013" } as const satisfies Record<
  Tone,
  string
>;

/** A word with its sign and color. */
export function chip(word: string, tone: Tone = tones[word] ?? "quiet"): Html {
  return html`<span class="chip ${tone}"
    ><span aria-hidden="true">${signs[tone]}</span> ${word.replaceAll("-", " ")}</span
  >`;
}

/** Names of fields that hold such a word. */
const statusNames = new Set(["status", "outcome", "change", "problem", "severity"]);

/** The value of a field. */
export function valueOf(name: string, value: unknown): Html {
  if (value === null || value === undefined || value === "") return html`<span class="none">–</span>`;
  if (name === "isEqual") return value === true ? chip("equal", "good") : chip("different");
  if (typeof value === "boolean") return html`${value ? "yes" : "no"}`;
  if (typeof value === "number") return html`${formatNumber(name, value)}`;
  if (typeof value === "string") return valueOfText(name, value);
  if (Array.isArray(value)) return listOf(name, value);
  if (isFields(value)) {
    const parts = Object.entries(value).filter(([, part]) => part !== null && part !== undefined);
    return html`${parts.map(([part, inner], index) => html`${index === 0 ? "" : ", "}${labelOf(part)}: ${valueOf(part, inner)}`)}`;
  }
  return none;
}

function valueOfText(name: string, text: string): Html {
  if (statusNames.has(name) && text in tones) return chip(text);
  if (/At$/.test(name) && /^\d{4}-\d\d-\d\dT/.test(text)) {
    return html`<time datetime="${text}">${formatMinute(text)} UTC</time>`;
  }
  if (/^https:\/\/[^\s"'<>]+$/.test(text)) {
    return html`<a href="${text}" rel="noreferrer">${breakable(text)}</a>`;
  }
  if (!code.test(name)) return html`<span class="text">${breakable(text)}</span>`;
  return html`<code${/[A-Za-z\d]{33}/.test(text) ? html` class="hash"` : none}>${breakable(text)}</code>`;
}

function listOf(name: string, values: readonly unknown[]): Html {
  if (values.length === 0) return html`<span class="none">none</span>`;
  if (values.length === 1) return valueOf(name, values[0]);
  return html`<ul class="plain">
    ${values.map((value) => html`<li>${valueOf(name, value)}</li>`)}
  </ul>`;
}
