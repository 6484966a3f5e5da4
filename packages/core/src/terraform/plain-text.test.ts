import { expect, test } from "vitest";
import { plainLine, plainLines } from "./plain-text.ts";

test.each([
  ["\u001B[31m╷\u001B[0m\u001B[0m", ""],
  ["\u001B[31m│\u001B[0m \u001B[0m\u001B[1m\u001B[31mError: \u001B[0mdenied", "Error: denied"],
  ["│   with aws_vpc.x,", "  with aws_vpc.x,"],
  ["╭──────╮", ""],
  ["│ text │", "text"],
  ["\u001B[2K\u001B[1A\u001B[2K\u001B[G", ""],
  ["⠋  Synthesizing", ""],
  ["10 %\r20 %\rdone\r", "done"],
  [
    "\u001B[91m[2026-11-25T21:09:04.046] [ERROR] default - \u001B[39mgetaddrinfo ENOTFOUND",
    "getaddrinfo ENOTFOUND",
  ],
  ["[2026-11-25] is text", "[2026-11-25] is text"],
])("%j is %j", (line, plain) => {
  expect(plainLine(line)).toBe(plain);
});

test("the error of a failed synthesis is printed once, although cdktf prints it on both streams", () => {
  // As cdktf 0.21 prints it.
  const problem = [
    "There are some problems with the CLI configuration:",
    "╷",
    "│ Warning: Unable to open CLI configuration file",
    "╵",
  ];
  const lines = [
    `\u001B[91m[2026-11-25T21:09:02.218] [ERROR] default - \u001B[39m${problem[0] ?? ""}`,
    ...problem.slice(1),
    "",
    "⠋  Synthesizing",
    "\u001B[2K\u001B[1A\u001B[2K\u001B[1A\u001B[2K\u001B[G",
    "⠙  Synthesizing",
    "Error: PROJECT_NAME is not usable in AWS names.",
    ...problem,
    "ERROR: cdktf encountered an error while synthesizing",
    "    Error: PROJECT_NAME is not usable in AWS names.",
  ];
  expect(plainLines(lines)).toEqual([
    "There are some problems with the CLI configuration:",
    "Warning: Unable to open CLI configuration file",
    "Error: PROJECT_NAME is not usable in AWS names.",
    "ERROR: cdktf encountered an error while synthesizing",
  ]);
});
