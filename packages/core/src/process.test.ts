import { expect, test } from "vitest";
import { interrupted } from "./errors.ts";
import { commandLine, isProcessAlive, run } from "./process.ts";

const environment = { PATH: "/usr/bin:/bin", GREETING: "it's $HOME" };

test("a program gets its arguments unchanged, and only the given environment", async () => {
  const words = ["a b", "$HOME", "it's", '"', "\\", ";", "*", ""];
  const script = "process.stdout.write(JSON.stringify([process.argv.slice(1), process.env]))";
  const result = await run(process.execPath, ["-e", script, "--", ...words], { environment });
  expect(JSON.parse(result.stdout)).toEqual([words, environment]);
});

test("the last forty lines of stderr are kept, and each line is reported as it arrives", async () => {
  const lines: string[] = [];
  const script = "for (let i = 1; i <= 100; i += 1) console.error(i); process.exitCode = 3";
  const onStderr = (line: string) => lines.push(line);
  const result = await run(process.execPath, ["-e", script], { environment, onStderr });
  expect(result).toMatchObject({ exitCode: 3, stdout: "" });
  expect([result.stderr.length, result.stderr.at(0), result.stderr.at(-1)]).toEqual([40, "61", "100"]);
  expect(lines).toHaveLength(100);
});

test("an interruption ends the program, and its reason is thrown", async () => {
  const controller = new AbortController();
  const running = run(process.execPath, ["-e", "setTimeout(() => {}, 60_000)"], {
    environment,
    signal: controller.signal,
    onStart: () => setTimeout(() => controller.abort(interrupted({ signal: "SIGINT" })), 100),
  });
  await expect(running).rejects.toMatchObject({ code: "INTERRUPTED" });
});

test("a missing program is a configuration error", async () => {
  const running = run("/nowhere/pg_dump", [], { environment });
  await expect(running).rejects.toMatchObject({ code: "PROGRAM_MISSING", exit: 3 });
});

test("a command line is shown as a shell would read it", () => {
  expect(commandLine("/bin/echo", ["plain", "two words", "it's", "$HOME"])).toBe(
    String.raw`/bin/echo plain 'two words' 'it'\''s' '$HOME'`,
  );
});

test("a process counts as alive until it has ended, even one of another user", async () => {
  expect(isProcessAlive(process.pid)).toBe(true);
  // Process 1 may belong to another user.
  expect(isProcessAlive(1)).toBe(true);
  const { stdout } = await run(process.execPath, ["-e", "process.stdout.write(String(process.pid))"], {
    environment,
  });
  expect(isProcessAlive(Number(stdout))).toBe(false);
});
