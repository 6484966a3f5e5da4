/**
 * The output of a command in a task. stdout and stderr arrive in one log, in their order: lines about the progress, and the JSON document,
 * which begins with the line `{` and ends with the line `}`.
 */
export class TaskOutput {
  readonly #tail: string[] = [];
  #open: string[] | undefined;
  #document: string | undefined;

  /** Adds lines of the log. Returns those that are not part of the document, for a person. */
  add(lines: readonly string[]): string[] {
    const shown: string[] = [];
    for (const line of lines) {
      if (line === "{") {
        this.#open = [line];
      } else if (this.#open === undefined) {
        shown.push(line);
      } else {
        this.#open.push(line);
        if (line === "}") {
          this.#document = this.#open.join("\n");
          this.#open = undefined;
        }
      }
    }
    this.#tail.push(...shown.filter((line) => line.trim() !== ""));
    this.#tail.splice(0, this.#tail.length - tailLines);
    return shown;
  }

  /** The last document, if it is complete. */
  get document(): string | undefined {
    return this.#document;
  }

  /** The last lines for a person. */
  get tail(): readonly string[] {
    return this.#tail;
  }
}

const tailLines = 10;
