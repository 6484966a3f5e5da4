/** Policies of the commands: complete, restricted to the environment, and no more than the code calls. */
import { readdirSync, readFileSync } from "node:fs";
import { join } from "node:path";
import { actions, type Action } from "@pilot-light/core/aws/actions";
import { resourceNames } from "@pilot-light/core/contract";
import { actionOfCommand } from "@pilot-light/core/testing/called-actions";
import { expect, test } from "vitest";
import { policyWords } from "./policy-command.ts";
import { policyCommands, policyNotes, policyOf } from "./policies.ts";

const root = join(import.meta.dirname, "../../../..");
const scope = { project: "shop", names: resourceNames("shop"), region: "eu-west-1", account: "123456789012" };
const allowedBy = (command: (typeof policyCommands)[number], via?: "direct") =>
  policyOf(command, scope, { via }).Statement.flatMap(({ Action }) => Action);

/** Names of the SDK's commands that the sources of a package send. */
function sentBy(name: string): Set<string> {
  const source = join(root, "packages", name, "src");
  const files = readdirSync(source, { recursive: true, encoding: "utf8" });
  const texts = files
    .filter((file) => file.endsWith(".ts") && !file.endsWith(".test.ts"))
    .map((file) => readFileSync(join(source, file), "utf8"))
    .filter((text) => /\bsdk(\.ts)?"/.test(text));
  const found = texts.flatMap((text) => [
    ...text.matchAll(/new (?:\(sdk\.\w+\(\)\.)?(\w+Command)\b/g),
    ...text.matchAll(/paginate(\w+)/g),
  ]);
  return new Set(found.map(([, command = ""]) => command));
}

test("every call that the code sends has an action in a policy, and every action of a policy has a call", () => {
  const known = Object.keys(actions);
  const sent = ["core", "sync", "validate", "lifecycle"].flatMap((name) => [...sentBy(name)]);
  const unknown = sent.filter((command) => actionOfCommand(command, known) === undefined);
  expect(unknown).toEqual([]);
  const called = new Set(sent.map((command) => actionOfCommand(command, known)));
  const allowed = new Set(policyCommands.flatMap((command) => allowedBy(command)));
  expect([...called].filter((action) => action !== undefined && !allowed.has(action))).toEqual([]);
  // AWS checks these as part of RunTask.
  const implied = ["ecs:TagResource", "iam:PassRole"];
  expect(known.filter((action) => !called.has(action) && !implied.includes(action))).toEqual([]);
  expect([...allowed].sort()).toEqual([...known].sort());
});

test("a mode change may do everything that its own package calls", () => {
  const known = Object.keys(actions);
  const commands = ["activate", "deactivate", "snapshots", "doctor"] as const;
  const allowed = new Set(commands.flatMap((command) => allowedBy(command)));
  const own = [...sentBy("lifecycle")].map((command) => actionOfCommand(command, known) ?? command);
  expect(own.filter((action) => !allowed.has(action))).toEqual([]);
  expect(policyNotes("activate").join()).toContain("Terraform");
});

test("only commands that reach RDS may start tasks and sessions, and not on another route", () => {
  const starts = policyCommands.filter((command) => allowedBy(command).includes("ssm:StartSession"));
  expect(starts).toEqual([
    "sync",
    "sync restore",
    "sync undo",
    "compare",
    "tunnel",
    "activate",
    "deactivate",
  ]);
  expect(allowedBy("sync", "direct")).not.toContain("ecs:RunTask");
});

test("every action that AWS can restrict is restricted to the environment", () => {
  const open = new Set<string>();
  for (const command of policyCommands) {
    for (const { Action, Resource } of policyOf(command, scope, {}).Statement) {
      if (Resource.includes("*")) for (const action of Action) open.add(action);
    }
  }
  const writing = [...open].filter((action) => !/^\w+:(Get|List|Describe)/.test(action));
  expect(writing).toEqual([]);
  const { Statement } = policyOf("sync --on-fargate", scope, {});
  const resources = (action: Action) => Statement.find(({ Action }) => Action.includes(action))?.Resource;
  expect(resources("ecs:StopTask")).toEqual([
    "arn:aws:ecs:eu-west-1:123456789012:task/dev-shop-database-access/*",
  ]);
  expect(resources("iam:PassRole")).toContain("arn:aws:iam::123456789012:role/dev-shop-sync-*");
});

test("the journal of mode changes is readable if the state is in S3", () => {
  const { Statement } = policyOf("activate", scope, { stateBucket: "states" });
  expect(Statement.at(-1)).toMatchObject({
    Action: ["s3:GetObject", "s3:PutObject"],
    Resource: ["arn:aws:s3:::states/*"],
  });
});

test("the help lists every command with a policy", () => {
  expect([...policyWords, "sync --on-fargate"].sort()).toEqual([...policyCommands].sort());
});
