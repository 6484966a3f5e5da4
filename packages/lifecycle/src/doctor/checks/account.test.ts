import { expect, test } from "vitest";
import { judgeOffers } from "./account.ts";

const aws = { region: "eu-west-1" };
const wanted = { version: "18", instanceClass: "db.t3.micro" };

test("a major version is its newest minor version", () => {
  const versions = ["17.4", "18.2", "18.10", "180.1"];
  expect(judgeOffers(aws, wanted, { versions, isAnyOffered: true })).toEqual({
    summary: "PostgreSQL 18.10 on db.t3.micro",
  });
});

test("a version and a class that RDS does not offer here are failures, with the command that lists others", () => {
  expect(judgeOffers(aws, wanted, { versions: ["17.4"], isAnyOffered: true }).problems).toMatchObject([
    {
      severity: "failure",
      message: "RDS does not offer PostgreSQL 18 on db.t3.micro in eu-west-1",
      fix: { command: expect.stringContaining("--db-instance-class db.t3.micro") as string },
    },
  ]);
  expect(judgeOffers(aws, wanted, { versions: [], isAnyOffered: true }).problems).toMatchObject([
    { severity: "failure", message: "RDS does not offer db.t3.micro in eu-west-1" },
  ]);
});

test("an emulator that lists nothing proves nothing", () => {
  expect(judgeOffers(aws, wanted, { versions: [], isAnyOffered: false })).toMatchObject({ notChecked: true });
});
