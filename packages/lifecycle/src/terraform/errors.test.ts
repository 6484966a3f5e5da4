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
    details: ["at aws_ecs_service.x[0]"],
  });
});

test("without a word of Terraform's, the last lines stand in for it", () => {
  expect(terraformError("Terraform failed", [], ["killed"], "out").details).toEqual(["killed"]);
});

test("a workspace of Terraform Cloud that is locked is named, and nobody is said to hold it: the record is the refused run's own", () => {
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
    "The workspace acme/shop-dev of Terraform Cloud is locked, by another run or by hand.",
  );
  expect(error.details.join()).not.toContain("anna");
  expect(error.hint).toContain("force-unlock acme/shop-dev");
});

test("a missing token and one that is not taken say how to log in at that host", () => {
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
    hint: "Log in:  terraform login    or set TF_TOKEN_app_terraform_io",
  });
  // A terminal's colours and boxes, as some versions print them without one.
  const refused = failed(`\u001B[31m╷\u001B[0m\u001B[0m
\u001B[31m│\u001B[0m \u001B[0m\u001B[1mError: \u001B[0mFailed to read organization "acme" at host tfe.my-company.com
\u001B[31m│\u001B[0m
\u001B[31m│\u001B[0m Encountered an unexpected error while reading the organization settings:
\u001B[31m│\u001B[0m unauthorized
\u001B[31m╵\u001B[0m`);
  expect(refused).toMatchObject({
    code: "TERRAFORM_LOGIN",
    message:
      "Terraform cannot read the outputs: there is no token for tfe.my-company.com, or it is not taken.",
    hint: "Log in:  terraform login tfe.my-company.com    or set TF_TOKEN_tfe_my__company_com",
  });
});

test("the log of a run in Terraform Cloud is text: its errors are found in it", () => {
  const log = ["aws_vpc.x: Creating...", "", "Error: creating VPC: denied", "", "  with aws_vpc.x,", "noise"];
  expect(terraformError("Terraform failed", [], log, "out")).toMatchObject({
    message: "Terraform failed: creating VPC: denied.",
    details: ["with aws_vpc.x,", "noise"],
  });
});

test("of several errors the first is the message, the others are told whole; no line is told twice", () => {
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

test("no colour and no box gets into an error, whatever Terraform was told", () => {
  const red = (text: string) => `\u001B[31m${text}\u001B[0m`;
  const told = [
    terraformError(
      "Terraform failed",
      [{ severity: "error", summary: red("denied"), detail: `${red("│")} of ${red("AWS")}` }],
      [],
      "out",
    ),
    terraformError("Terraform failed", [], [red("╷"), `${red("│")} killed`, red("╵")], "out"),
  ];
  expect(told.map(({ message, details }) => [message, ...details])).toEqual([
    ["Terraform failed: denied.", "of AWS"],
    ["Terraform failed: it ended with an error.", "killed"],
  ]);
});

test("a plan of one's own, without the variables of this one, is not what helps", () => {
  const failed = terraformError("Terraform cannot plan", [], ["Error: denied"], "out");
  expect(failed.hint).toBe("Put right what Terraform says; --verbose shows its commands.");
});
