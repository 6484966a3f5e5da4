import { afterEach, beforeEach, expect, test, vi } from "vitest";
import { protect } from "../async/protect.ts";
import { Printer } from "../output/printer.ts";
import { fakeTerminal } from "../testing/fake-terminal.ts";
import { Signals } from "./signals.ts";

let listening: Signals | undefined;
beforeEach(() => vi.useFakeTimers());
afterEach(() => {
  listening?.[Symbol.dispose]();
  vi.useRealTimers();
});

function listen({ forwardsSignals = false } = {}) {
  const { stream, text } = fakeTerminal();
  const printer = new Printer({ environment: {}, verbose: false, json: false, color: false, stderr: stream });
  const exits: string[] = [];
  const exit = (error: { code: string }) => exits.push(error.code);
  const signals = (listening = new Signals({ printer, forwardsSignals, exit }));
  return { signals, text, exits };
}

/** The process gets a signal, this number of milliseconds after the one before. */
function send(after = 0): void {
  vi.advanceTimersByTime(after);
  process.emit("SIGHUP", "SIGHUP");
}

test("the first signal aborts the work; the same Ctrl-C, which arrives again, does nothing", () => {
  const { signals, text, exits } = listen();
  send();
  send(900);
  expect(signals.work.reason).toMatchObject({ code: "INTERRUPTED" });
  expect(text()).toBe("\n  SIGHUP: stopping safely ...\n");
  expect(exits).toEqual([]);
});

test("a second signal ends the process, but not while protected work runs", async () => {
  const { text, exits } = listen();
  let end: () => void = () => undefined;
  const work = protect(new Promise<void>((resolve) => (end = resolve)));
  send();
  send(1001);
  expect(text()).toContain("waiting until the swap has ended or is reverted ...");
  expect(exits).toEqual([]);
  end();
  await work;
  send();
  expect(exits).toEqual(["INTERRUPTED_TWICE"]);
});

test("signals that another program gets abort the work, are not printed, and never end the process", () => {
  const { signals, text, exits } = listen({ forwardsSignals: true });
  send();
  send(1001);
  expect(signals.work.aborted).toBe(true);
  expect(text()).toBe("");
  expect(exits).toEqual([]);
});

test("after the end of the command, another signal aborts what follows", () => {
  const { signals, exits } = listen();
  send();
  signals.commandEnded();
  send(900);
  expect(signals.after.aborted).toBe(false);
  send(200);
  expect(signals.after.reason).toMatchObject({ code: "INTERRUPTED" });
  expect(exits).toEqual([]);
});

test("the listeners are removed", () => {
  const before = process.listenerCount("SIGHUP");
  const { signals } = listen();
  expect(process.listenerCount("SIGHUP")).toBe(before + 1);
  signals[Symbol.dispose]();
  expect(process.listenerCount("SIGHUP")).toBe(before);
});
