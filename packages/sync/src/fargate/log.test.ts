import type { AwsClients } from "@pilot-light/core/aws/clients";
import { expect, test } from "vitest";
import { TaskLog } from "./log.ts";

/** A page that CloudWatch returns, or the error of its request. */
type Reply = { events: { message: string }[]; nextForwardToken: string } | Error;

/** A log whose requests get these replies, one after the other. `tokens` lists the token of each request. */
function logOf(replies: Reply[]) {
  const tokens: (string | undefined)[] = [];
  const send = ({ input }: { input: { nextToken?: string } }) => {
    tokens.push(input.nextToken);
    const reply = replies.shift();
    return reply instanceof Error ? Promise.reject(reply) : Promise.resolve(reply);
  };
  const aws = { logs: () => Promise.resolve({ send }) } as unknown as AwsClients;
  const log = new TaskLog(aws, { group: "g", stream: "s" });
  return { tokens, read: () => log.read(new AbortController().signal) };
}

const page = (message: string, nextForwardToken: string) => ({ events: [{ message }], nextForwardToken });
const end = (nextForwardToken: string) => ({ events: [], nextForwardToken });

test("an error of a later page loses no line and repeats none", async () => {
  const { read, tokens } = logOf([page("one", "a"), new Error("throttled"), page("two", "b"), end("b")]);
  expect(await read()).toEqual(["one"]);
  expect(await read()).toEqual(["two"]);
  expect(tokens).toEqual([undefined, "a", "a", "b"]);
});

test("an error of the first page is thrown, and the next reading requests the same page", async () => {
  const { read, tokens } = logOf([new Error("throttled"), page("one", "a"), end("a")]);
  await expect(read()).rejects.toThrow("throttled");
  expect(await read()).toEqual(["one"]);
  expect(tokens).toEqual([undefined, undefined, "a"]);
});
