/**
 * Lets a program take few round trips that sends the same statements as a program before it: the statements of the first are recorded, and sent
 * to the server together when the second connects. Each statement gets its answer in the run that asks for it. Only for programs whose statements
 * read, in one snapshot, and which end at an error, such as pg_dump: its statements then have the same answers in any order.
 */
import type { Answer, Statements } from "./relay.ts";

/** Bytes. Larger answers take longer than a round trip, and are not asked for in advance. */
const largest = 1024 * 1024;

/** Bytes of all statements and answers that a replay may keep in memory. */
const limit = 16 * largest;

/** Records the statements of a program. */
export class Recording implements Statements {
  readonly longest = largest;
  readonly status = "I";
  readonly #asked: { statement: Buffer; answer: Answer }[] = [];
  #bytes = 0;

  readonly answer: Statements["answer"] = (statement, ask) => {
    const answer = ask(statement);
    this.#bytes += statement.length;
    if (this.#bytes <= limit) this.#asked.push({ statement, answer });
    return answer;
  };

  /** The statements whose answers are complete and small, in the order of the program. */
  get statements(): readonly Buffer[] {
    let bytes = 0;
    return this.#asked
      .filter(({ answer }) => answer.isComplete && answer.bytes <= largest)
      .filter(({ statement, answer }) => (bytes += statement.length + answer.bytes) <= limit)
      .map(({ statement }) => statement);
  }
}

/**
 * Asks for recorded statements when a program connects. The program gets these answers, each of them once. Other statements go to the server
 * after the recorded ones. If a recorded statement fails, the transaction of the program fails, and the program reports it.
 */
export function replay(recorded: readonly Buffer[]): Statements {
  const answers = new Map<string, Answer[]>();
  return {
    longest: largest,
    status: "I",
    begin: (ask) => {
      answers.clear();
      for (const statement of recorded) {
        const key = statement.toString("latin1");
        answers.set(key, [...(answers.get(key) ?? []), ask(statement)]);
      }
    },
    answer: (statement, ask) => answers.get(statement.toString("latin1"))?.shift() ?? ask(statement),
  };
}
