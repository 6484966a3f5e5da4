import { expect, test } from "vitest";
import { terraformError } from "./errors.ts";

/** As terraform 1.11 reports it. */
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

test("a lock names its holder, and the hint removes the lock", () => {
  const summary = "Error acquiring the state lock";
  const error = terraformError("Terraform cannot plan", [{ severity: "error", summary, detail }], [], "out");
  expect(error).toMatchObject({
    code: "STATE_LOCKED",
    exit: 4,
    message: "anna@laptop has locked the Terraform state (apply), since 2026-11-24 11:00:00 +0000 UTC.",
  });
  expect(error.hint).toContain("force-unlock 525d08dc-fc1a-f987-4d15-496b02e06098");
});

test("a lock without a record of its holder is reported as a lock", () => {
  const summary = "Error acquiring the state lock";
  const error = terraformError(
    "Terraform cannot plan",
    [{ severity: "error", summary, detail: "denied" }],
    [],
    "out",
  );
  expect(error.code).toBe("STATE_LOCKED");
});

test("other errors are reported with their resource, warnings are not", () => {
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
    details: ["at aws_ecs_service.x[0]"],
  });
});

test("without a message of Terraform, the last lines are the details", () => {
  expect(terraformError("Terraform failed", [], ["killed"], "out").details).toEqual(["killed"]);
});

test("a locked workspace of Terraform Cloud is named without a holder: the record is that of the refused run", () => {
  const error = terraformError(
    "Terraform cannot plan",
    [
      {
        severity: "error",
        summary: "Error acquiring the state lock",
        detail: detail.replace(
          /^Error message: .*/,
          'Error message: workspace already locked (lock ID: "acme/shop-dev")',
        ),
      },
    ],
    [],
    "out",
  );
  expect(error).toMatchObject({ code: "STATE_LOCKED", exit: 4 });
  expect(error.message).toBe(
    "Another run or a person has locked the Terraform Cloud workspace acme/shop-dev.",
  );
  expect(error.details.join()).not.toContain("anna");
  expect(error.hint).toContain("force-unlock acme/shop-dev");
});

test("the hint for a missing or rejected token logs in at its host", () => {
  const failed = (text: string) =>
    terraformError("Terraform cannot read the outputs", [], text.split("\n"), "out");
  const missing = failed(`Initializing HCP Terraform...

Error: Required token could not be found

Run the following command to generate a token for app.terraform.io:
    terraform login
`);
  expect(missing).toMatchObject({
    code: "TERRAFORM_LOGIN",
    exit: 7,
    hint: "Set TF_TOKEN_app_terraform_io, or log in:  terraform login",
  });
  // A terminal's colors and boxes, as some versions print them without one.
  const refused = failed(`\u001B[31m╷\u001B[0m\u001B[0m
\u001B[31m│\u001B[0m \u001B[0m\u001B[1mError: \u001B[0mFailed to read organization "acme" at host tfe.my-company.com
\u001B[31m│\u001B[0m
\u001B[31m│\u001B[0m Encountered an unexpected error while reading the organization settings:
\u001B[31m│\u001B[0m unauthorized
\u001B[31m╵\u001B[0m`);
  expect(refused).toMatchObject({
    code: "TERRAFORM_LOGIN",
    message:
      "Terraform cannot read the outputs: there is no token for tfe.my-company.com, or tfe.my-company.com rejected it.",
    hint: "Set TF_TOKEN_tfe_my__company_com, or log in:  terraform login tfe.my-company.com",
  });
});

test("the log of a run in Terraform Cloud is text, and its errors are found", () => {
  const log = ["aws_vpc.x: Creating...", "", "Error: creating VPC: denied", "", "  with aws_vpc.x,", "noise"];
  expect(terraformError("Terraform failed", [], log, "out")).toMatchObject({
    message: "Terraform failed: creating VPC: denied.",
    details: ["with aws_vpc.x,", "noise"],
  });
});

test("of several errors the first is the message, the others are details; no line is printed twice", () => {
  const error = (summary: string, address: string) => ({
    severity: "error",
    summary,
    detail: summary,
    address,
  });
  const failed = terraformError(
    "Terraform failed",
    [error("creating A: denied", "aws_a.x[0]"), error("creating B: denied", "aws_b.x[0]")],
    [],
    "out",
  );
  expect(failed.message).toBe("Terraform failed: creating A: denied.");
  expect(failed.details).toEqual(["at aws_a.x[0]", "aws_b.x[0]: creating B: denied"]);
});

test("an error contains no colors and no boxes, even if Terraform prints them", () => {
  const red = (text: string) => `\u001B[31m${text}\u001B[0m`;
  const errors = [
    terraformError(
      "Terraform failed",
      [{ severity: "error", summary: red("denied"), detail: `${red("│")} of ${red("AWS")}` }],
      [],
      "out",
    ),
    terraformError("Terraform failed", [], [red("╷"), `${red("│")} killed`, red("╵")], "out"),
  ];
  expect(errors.map(({ message, details }) => [message, ...details])).toEqual([
    ["Terraform failed: denied.", "of AWS"],
    ["Terraform failed: it ended with an error.", "killed"],
  ]);
});

test("the hint does not suggest a plan without the variables of the command", () => {
  const failed = terraformError("Terraform cannot plan", [], ["Error: denied"], "out");
  expect(failed.hint).toBe("Fix the error that Terraform reported. To see its command lines, add  --verbose");
});

test("a resource that Terraform must keep is named with the command that keeps it, and without the advice to unprotect it", () => {
  const detail =
    "Resource aws_s3_bucket.dumps has lifecycle.prevent_destroy set, but the plan calls for this resource to be destroyed. To avoid this error and continue with the plan, either disable lifecycle.prevent_destroy or reduce the scope of the plan using the -target option.";
  const protectedOne = { severity: "error", summary: "Instance cannot be destroyed", detail };
  const error = terraformError("Terraform cannot plan", [protectedOne], [], "out");
  expect(error).toMatchObject({
    code: "TERRAFORM_FAILED",
    message: "Terraform cannot plan: the plan would delete or replace a resource that holds data.",
    details: ["aws_s3_bucket.dumps"],
  });
  expect(error.hint).toContain("terraform -chdir=out untaint aws_s3_bucket.dumps");
  expect(error.hint).not.toContain("-target");
});
