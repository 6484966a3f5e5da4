import { expect, test } from "vitest";
import { assertSamePlace } from "./same-account.ts";

const outputs = {
  aws_region: "us-east-1",
  backend_ecr_repository_url: "123456789012.dkr.ecr.us-east-1.amazonaws.com/shop/backend",
};
const at = (account: string, region: string) => () => assertSamePlace(outputs, { account }, region);

test("the account and the region of the deployment are accepted", () => {
  expect(at("123456789012", "us-east-1")).not.toThrow();
});

test("another region is refused: Terraform would create everything again there", () => {
  expect(at("123456789012", "eu-west-1")).toThrow(expect.objectContaining({ code: "WRONG_REGION", exit: 4 }));
});

test("another account is refused", () => {
  expect(at("999999999999", "us-east-1")).toThrow(
    expect.objectContaining({ code: "WRONG_ACCOUNT", exit: 4 }),
  );
});
