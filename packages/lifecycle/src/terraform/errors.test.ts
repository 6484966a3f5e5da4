import { expect, test } from "vitest";
import { terraformError } from "./errors.ts";

/** As terraform 1.11 says it. */
const detail = `Error message: resource temporarily unavailable
Lock Info:
  ID:        525d08dc-fc1a-f987-4d15-496b02e06098
  Path:      terraform.shop-dev.tfstate
  Operation: OperationTypeApply
  Who:       anna@laptop
  Version:   1.11.4
  Created:   2026-11-24 11:00:00 +0000 UTC
  Info:      


Terraform acquires a state lock to protect the state from being written
by multiple users at the same time.`;

test("a lock that is taken names its holder and how to take it off", () => {
  const summary = "Error acquiring the state lock";
  const error = terraformError("Terraform cannot plan", [{ severity: "error", summary, detail }], [], "out");
  expect(error).toMatchObject({
    code: "STATE_LOCKED",
    exit: 4,
    message: "The Terraform state is locked by anna@laptop (apply), since 2026-11-24 11:00:00 +0000 UTC.",
  });
  expect(error.hint).toContain("force-unlock 525d08dc-fc1a-f987-4d15-496b02e06098");
});

test("a lock without a record of its holder is a lock all the same", () => {
  const summary = "Error acquiring the state lock";
  const error = terraformError(
    "Terraform cannot plan",
    [{ severity: "error", summary, detail: "denied" }],
    [],
    "out",
  );
  expect(error.code).toBe("STATE_LOCKED");
});

test("other errors are told with the resource they are about, warnings are not", () => {
  const error = terraformError(
    "Terraform failed",
    [
      { severity: "warning", summary: "Deprecated", detail: "" },
      {
        severity: "error",
        summary: "creating ECS Service: denied.",
        detail: "",
        address: "aws_ecs_service.x[0]",
      },
    ],
    ["noise"],
    "out",
  );
  expect(error).toMatchObject({
    code: "TERRAFORM_FAILED",
    exit: 7,
    message: "Terraform failed: creating ECS Service: denied.",
    details: ["aws_ecs_service.x[0]: creating ECS Service: denied."],
  });
});

test("without a word of Terraform's, the last lines stand in for it", () => {
  expect(terraformError("Terraform failed", [], ["killed"], "out").details).toEqual(["killed"]);
});
