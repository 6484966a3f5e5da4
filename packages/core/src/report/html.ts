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

/** A word of so many characters needs no break: the narrowest column has room for it. */
const shortWord = 16;

/** Between a separator and what follows: where a name may break. */
const insideName = /(?<=[^\s._/@:=-][._/@:=-]+)(?=[^\s._/@:=-])/;

/** A text whose long names break after their separators, and not inside of a word. The clipboard gets the text without the breaks. */
export function breakable(text: string): Html {
  const words = text.split(/(?<=\s)(?=\S)/).map((word) => {
    const parts = word.length > shortWord ? word.split(insideName) : [word];
    return parts.map(escapeHtml).join("<wbr />");
  });
  return new Html(words.join(""));
}

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
