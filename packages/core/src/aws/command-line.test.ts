import { expect, test } from "vitest";
import { awsCommand } from "./command-line.ts";

test("a command of the AWS CLI names the region if it is known", () => {
  expect(awsCommand({ region: "eu-west-1" }, "rds describe-events")).toBe(
    "aws rds describe-events --region eu-west-1",
  );
  expect(awsCommand({ region: "" }, "rds describe-events")).toBe("aws rds describe-events");
});
