/** The progress of work: the amount that is done, the rate, and the time left. */
import { formatCount, formatDuration } from "./format.ts";

/** How much of some work is done. */
export interface Amount {
  done: number;
  all: number;
  /** Plural: "rows", "tables". */
  noun: string;
  /** The part that is in progress, if one part takes long. */
  part?: string;
}

/** The rate covers the last seconds only, so that the time left follows a change within seconds. */
const windowMs = 10_000;

/** A shorter time does not give a reliable rate. */
const leastMs = 1000;

/** The rate of one kind of work, from its reports. */
export class Meter {
  #noun = "";
  #all = 0;
  #samples: { at: number; done: number }[] = [];

  /** Adds a report. Another kind of work, or work that begins again, starts from zero. */
  add({ done, all, noun }: Amount): void {
    const at = performance.now();
    const last = this.#samples.at(-1)?.done ?? 0;
    if (noun !== this.#noun || all !== this.#all || done < last) this.#samples = [];
    this.#noun = noun;
    this.#all = all;
    this.#samples.push({ at, done });
    // One sample from before the window is kept, so that rare reports have a rate as well.
    while (this.#samples.length > 2 && at - (this.#samples[1]?.at ?? at) > windowMs) this.#samples.shift();
  }

  /** `12 s left, 310,000/s`; empty while too little is known. */
  describe(): string {
    const [first] = this.#samples;
    const last = this.#samples.at(-1);
    if (first === undefined || last === undefined || last.at - first.at < leastMs) return "";
    const perSecond = ((last.done - first.done) / (last.at - first.at)) * 1000;
    if (perSecond <= 0 || last.done >= this.#all) return "";
    const since = performance.now() - last.at;
    const left = Math.max(0, ((this.#all - last.done) / perSecond) * 1000 - since);
    return `${formatDuration(Math.max(1000, left)).replace(/\.\d s$/, " s")} left, ${formatRate(perSecond)}`;
  }
}

function formatRate(perSecond: number): string {
  return `${perSecond < 10 ? perSecond.toFixed(1) : formatCount(Math.round(perSecond))}/s`;
}
