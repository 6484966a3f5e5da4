/** Keeps secrets out of everything that is printed: a run adds each secret once, and every writer passes its text through. */

const mask = "****";

/** Characters. A shorter secret is not redacted, because ordinary words may contain it. */
const shortest = 4;

export class Redactor {
  readonly #secrets = new Set<string>();

  /** Hides `secret` from now on, as it is and as a URL, a pass file, JSON or a shell would write it. */
  add(secret: string): void {
    if (secret.length < shortest) return;
    this.#secrets.add(secret);
    this.#secrets.add(encodeURIComponent(secret));
    this.#secrets.add(encodeURI(secret));
    this.#secrets.add(secret.replaceAll(/[\\:]/g, "\\$&"));
    this.#secrets.add(secret.replaceAll("'", "''"));
    this.#secrets.add(JSON.stringify(secret).slice(1, -1));
  }

  /** `text` with every secret replaced, the longest first so that no part of one remains. */
  apply(text: string): string {
    let result = text;
    for (const secret of [...this.#secrets].sort((a, b) => b.length - a.length)) {
      result = result.replaceAll(secret, mask);
    }
    return result;
  }
}
