/** HTML that is safe by construction: every text in a template is escaped. Names of tables can hold any text, even `<script>`. */

/** A piece of HTML. */
export class Html {
  readonly text: string;

  /** @param text is not escaped */
  constructor(text: string) {
    this.text = text;
  }
}

type Part = Html | string | number | readonly Html[];

/** A template whose values are escaped, except those that are HTML already. */
export function html(strings: TemplateStringsArray, ...parts: readonly Part[]): Html {
  const texts = strings.map((text, index) => text + (index < parts.length ? textOf(parts[index] ?? "") : ""));
  return new Html(texts.join(""));
}

/** Nothing. */
export const none = new Html("");

function textOf(part: Part): string {
  if (part instanceof Html) return part.text;
  if (typeof part === "object") return part.map(({ text }) => text).join("");
  return escapeHtml(String(part));
}

/** Text as it may stand between tags and in quoted attributes. Characters that HTML does not allow are replaced. */
function escapeHtml(text: string): string {
  return (
    text
      // eslint-disable-next-line no-control-regex -- these are the characters to replace
      .replaceAll(/[\u0000-\u0008\u000B\u000C\u000E-\u001F\u007F]/g, "\uFFFD")
      .replaceAll("&", "&amp;")
      .replaceAll("<", "&lt;")
      .replaceAll(">", "&gt;")
      .replaceAll('"', "&quot;")
      .replaceAll("'", "&#39;")
  );
}
