/** The roles of GitHub's workflows may do what the commands of these workflows call. The commands' own tables of actions decide. */
import { readFileSync, readdirSync } from "node:fs";
import { join, resolve } from "node:path";
import { policyFor } from "@pilot-light/core/aws/policy";
import { resourceNames, syncTaskName } from "@pilot-light/core/contract";
import { registry } from "@pilot-light/validate/registry";
import { describe, expect, it } from "vitest";
import { type Allowed, githubStatements } from "@pilot-light/infra/testing/github-statements";
import { accountRules } from "@pilot-light/lifecycle/account";
import { policyOf } from "@pilot-light/lifecycle/policies";

const directory = resolve(import.meta.dirname, "../.github/workflows");
const textOf = (name: string) => readFileSync(join(directory, name), "utf8");
const scope = { project: "shop", names: resourceNames("shop"), region: "eu-west-1", account: "123456789012" };
const roles = githubStatements(scope);

const ofAccount = policyFor(
  accountRules.flatMap(({ actions }) => actions),
  scope,
  "Account",
);
const skipped = /--skip (\S+)/.exec(textOf("drift.yml"))?.[1]?.split(",") ?? [];
const ofValidation = policyFor(
  registry
    .filter(({ id, optional }) => !skipped.includes(id) && (optional === undefined || id === "drift"))
    .flatMap(({ actions }) => actions),
  scope,
  "Validate",
);
const policies = {
  "infra:diff": ofAccount,
  "infra:deploy": ofAccount,
  "--drift": ofValidation,
  activate: policyOf("activate", scope, {}),
  deactivate: policyOf("deactivate", scope, {}),
  "neon-to-rds": policyOf("sync", scope, {}),
  "rds-to-neon": policyOf("sync", scope, {}),
} as const;
type Command = keyof typeof policies;

/** A dry run does not call these. */
const onlyWithoutDryRun: readonly string[] = ["rds:CreateDBSnapshot", "ecs:UpdateService"];

/** The commands of each workflow, in the role that runs them. `approved.yml` plans in one role and runs in the other. */
const runs: readonly { workflow: string; role: keyof typeof roles; command: Command; dryRun?: true }[] = [
  { workflow: "activate.yml", role: "sync", command: "activate", dryRun: true },
  { workflow: "activate.yml", role: "deploy", command: "activate" },
  { workflow: "deactivate.yml", role: "sync", command: "deactivate", dryRun: true },
  { workflow: "deactivate.yml", role: "deploy", command: "deactivate" },
  { workflow: "deploy.yml", role: "sync", command: "infra:deploy", dryRun: true },
  { workflow: "deploy.yml", role: "deploy", command: "infra:deploy" },
  { workflow: "drift.yml", role: "plan", command: "--drift" },
  { workflow: "plan.yml", role: "plan", command: "infra:diff" },
  { workflow: "scheduled.yml", role: "deploy", command: "deactivate" },
  { workflow: "sync.yml", role: "sync", command: "neon-to-rds" },
  { workflow: "sync.yml", role: "sync", command: "rds-to-neon" },
];

/** Actions that a role lacks, each with the resource on which it lacks them. */
function missing(allowed: readonly Allowed[], command: Command, dryRun: boolean): string[] {
  const covers = (pattern: string, value: string) =>
    new RegExp(`^${pattern.replaceAll(/[.+?^${}()|[\]\\]/g, "\\$&").replaceAll("*", ".*")}$`).test(value);
  const may = (action: string, needed: string) =>
    allowed.some(
      ({ actions, resources }) =>
        actions.some((each) => covers(each, action)) &&
        // A role may name fewer resources than the table of the commands does.
        resources.some((each) => covers(each, needed) || covers(needed, each)),
    );
  // No workflow starts a sync inside AWS.
  const ofFargate = (needed: string) =>
    needed.includes(syncTaskName(scope.names.prefix)) && !needed.includes(":ecr:");
  return policies[command].Statement.flatMap(({ Action, Resource }) =>
    Action.filter((action) => !(dryRun && onlyWithoutDryRun.includes(action))).flatMap((action) =>
      Resource.filter((needed) => !ofFargate(needed) && !may(action, needed)).map(
        (needed) => `${action} on ${needed}`,
      ),
    ),
  );
}

describe("the roles of GitHub's workflows", () => {
  it.each(runs)(
    "$workflow: the role $role may do what $command calls",
    ({ workflow, role, command, dryRun }) => {
      expect(textOf(workflow)).toContain(command);
      expect(textOf(workflow)).toContain(`vars.AWS_${role.toUpperCase()}_ROLE_ARN`);
      expect(missing(roles[role], command, dryRun === true)).toEqual([]);
    },
  );

  it("are compared for every workflow that runs a command", () => {
    const callers = readdirSync(directory).filter((name) =>
      /dist\/bin\.js|workflows\/approved\.yml/.test(textOf(name)),
    );
    // approved.yml runs the commands of its callers.
    const expected = [...new Set(runs.map(({ workflow }) => workflow)), "approved.yml"].sort();
    expect(callers.filter((name) => name !== "ci.yml").sort()).toEqual(expected);
    for (const name of callers) expect(textOf(name)).not.toContain("--on-fargate");
  });

  it("lack something when a role is too small", () => {
    expect(missing(roles.plan, "deactivate", false)).toContain(
      "rds:CreateDBSnapshot on arn:aws:rds:eu-west-1:123456789012:db:shop-dev-db",
    );
    expect(missing(roles.plan, "neon-to-rds", true)).toContain(
      "secretsmanager:GetSecretValue on arn:aws:secretsmanager:eu-west-1:123456789012:secret:rds!db-*",
    );
  });
});
