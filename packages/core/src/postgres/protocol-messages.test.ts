import { PassThrough } from "node:stream";
import { expect, test } from "vitest";
import { Frames, message, Requests } from "./protocol-messages.ts";

test("a message is its type, its length without the type, and its contents", () => {
  expect([...message("Q", "select 1\0")]).toEqual([0x51, 0, 0, 0, 13, ...Buffer.from("select 1\0")]);
  expect([...message("S", "")]).toEqual([0x53, 0, 0, 0, 4]);
});

test("the ends of messages of a type are found, wherever the network splits the stream", () => {
  // The contents of the first message look like the type that is searched.
  const messages = [message("D", "ZZZZZZZZ"), message("Z", "T"), message("C", ""), message("Z", "I")];
  const stream = Buffer.concat(messages);
  for (let size = 1; size <= stream.length; size += 1) {
    const frames = new Frames();
    const found: number[] = [];
    for (let at = 0; at < stream.length; at += size) {
      found.push(...frames.ends(stream.subarray(at, at + size), "Z").map((end) => at + end));
    }
    expect({ size, found, isBetween: frames.isBetween }).toEqual({ size, found: [19, 30], isBetween: true });
  }
});

test.each([1, 5, 8])("a stream that stopped after %i of 9 bytes is inside a message", (bytes) => {
  const frames = new Frames();
  frames.ends(message("D", "1234").subarray(0, bytes), "Z");
  expect(frames.isBetween).toBe(false);
});

test("the messages of a program are read in parts of any size", async () => {
  const program = new PassThrough();
  const requests = new Requests(program);
  const sent = Buffer.concat([message("Q", "select 1\0"), message("X", "")]);
  const next = requests.next();
  for (const byte of sent.subarray(0, 7)) program.write(Buffer.of(byte));
  expect(await next).toMatchObject({ type: "Q", rest: 9 });
  const body = requests.take(9);
  program.end(sent.subarray(7));
  expect((await body)?.toString()).toBe("select 1\0");
  expect(await requests.next()).toMatchObject({ type: "X", rest: 0 });
  expect((await requests.take(0))?.length).toBe(0);
  expect(await requests.next()).toBeUndefined();
});

test("of a message that a program does not finish, nothing is returned", async () => {
  const program = new PassThrough();
  const requests = new Requests(program);
  program.end(message("Q", "select 1\0").subarray(0, 9));
  expect(await requests.next()).toMatchObject({ type: "Q", rest: 9 });
  expect(await requests.take(9)).toBeUndefined();
});
