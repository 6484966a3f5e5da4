import { PassThrough } from "node:stream";
import type pg from "pg";
import { expect, test } from "vitest";
import { Loan } from "./loan.ts";

/** The connection of a client, with a listener for the answers of the server. */
function connection() {
  const stream = new PassThrough();
  const answers: string[] = [];
  const calls: string[] = [];
  stream.on("data", (bytes: Buffer) => answers.push(bytes.toString()));
  const fake = { stream, sync: () => calls.push("sync") };
  // A loan uses no other part of a connection.
  return { connection: fake as unknown as pg.Connection, stream, answers, calls };
}

test("the borrower gets the bytes of the server, and after the loan the client gets them again", async () => {
  const { connection: lent, stream, answers, calls } = connection();
  const loan = new Loan();
  loan.submit(lent);
  const wire = await loan.begun;
  const borrowed: string[] = [];
  const onData = (bytes: Buffer) => borrowed.push(bytes.toString());
  wire.on("data", onData).resume();
  stream.write("for the borrower");
  expect(borrowed).toEqual(["for the borrower"]);
  wire.pause().off("data", onData);
  loan.end();
  expect(calls).toEqual(["sync"]);
  loan.handleReadyForQuery();
  await loan.ended;
  stream.write("for the client");
  expect([borrowed, answers]).toEqual([["for the borrower"], ["for the client"]]);
});

test("while the connection waits for its borrower, no bytes of the server are lost", async () => {
  const { connection: lent, stream, answers } = connection();
  const loan = new Loan();
  loan.submit(lent);
  stream.write("early");
  const wire = await loan.begun;
  expect(String(wire.read())).toBe("early");
  expect(answers).toEqual([]);
});

test("a lost connection ends a loan that has begun, and one that has not", async () => {
  const lost = new Error("lost");
  const begun = new Loan();
  begun.submit(connection().connection);
  begun.handleError(lost);
  await expect(begun.ended).rejects.toBe(lost);
  const waiting = new Loan();
  waiting.handleError(lost);
  await expect(waiting.begun).rejects.toBe(lost);
});
