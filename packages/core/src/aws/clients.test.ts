import { expect, test } from "vitest";
import { createAwsClients } from "./clients.ts";

test.each(["us-east-1", "ap-southeast-5", "us-gov-west-1", "us-isob-east-1", "eusc-de-east-1"])(
  "%s is a region",
  (region) => {
    expect(createAwsClients({ AWS_REGION: region }).region).toBe(region);
  },
);

test("without a configured region, the default region is used", () => {
  expect(createAwsClients({ AWS_REGION: "" }).region).toBe("us-east-1");
});

test.each([
  "nonsense",
  "us-east",
  "US-EAST-1",
  "us-east-1 ",
  "us-east-1a",
  "us-east-1.example.com/",
  "-east-1",
])('"%s" is not a region, and is refused before any request', (region) => {
  expect(() => createAwsClients({ AWS_REGION: region })).toThrow(
    expect.objectContaining({
      code: "AWS_REGION_INVALID",
      exit: 3,
      message: `"${region}" is not an AWS region.`,
      hint: expect.stringContaining("AWS_REGION") as string,
    }) as Error,
  );
});
