/** Which workflows can assume which role, and what the roles may do. */
import { commandActions, sessionActions } from "@pilot-light/core/aws/command-actions";
import { describe, expect, it } from "vitest";
import { part, resource, resources, synthesized } from "../testing/synthesized.ts";

const backend = { kind: "s3", bucket: "my-states", region: "us-east-1" } as const;
const document = synthesized({ backend });

const policyOf = (path: string, type = "aws_iam_role_policy") =>
  String(resource(document, type, `github-roles/${path}`)["policy"]);
const deployPolicies = resources(document, "aws_iam_policy").filter(({ name }) =>
  String(name).includes("-github-deploy-"),
);

describe("the roles of GitHub's workflows", () => {
  it("exist only with a repository, together with the provider if the account has none", () => {
    expect(part(document, "variable", "github_repository")).toMatchObject({ default: "" });
    expect(resource(document, "aws_iam_openid_connect_provider", "github-roles/provider")).toMatchObject({
      url: "https://token.actions.githubusercontent.com",
      client_id_list: ["sts.amazonaws.com"],
      count: '${((var.github_repository != "") && var.github_oidc_provider_created) ? 1 : 0}',
    });
  });

  it.each([
    ["images", ["ref:refs/heads/main"]],
    ["plan", ["pull_request", "ref:refs/heads/main"]],
    ["deploy", ["environment:dev"]],
    ["sync", ["environment:dev-plan", "environment:dev-sync"]],
  ])("%s trusts these tokens of the repository only: %j", (name, subjects) => {
    const role = resource(document, "aws_iam_role", `github-roles/${name}`);
    expect(role["name"]).toBe(`dev-davidshaevel-github-${name}`);
    const trust = String(role["assume_role_policy"]);
    expect(trust).toContain('"Action" = "sts:AssumeRoleWithWebIdentity"');
    expect(trust).toContain('"token.actions.githubusercontent.com:aud" = "sts.amazonaws.com"');
    const accepted = subjects.map((subject) => `join("", ["repo:", var.github_repository, ":${subject}"])`);
    expect(trust).toContain(`"StringEquals" = {`);
    const scheduled = `join("", ["repo:", var.github_repository, ":", var.github_scheduled_deactivation ? "environment:dev-scheduled" : "environment:dev"])`;
    const all = name === "deploy" ? [...accepted, scheduled] : accepted;
    expect(trust).toContain(`"token.actions.githubusercontent.com:sub" = [${all.join(", ")}]`);
    expect(trust).not.toContain("StringLike");
  });

  it("let a plan read the state and hold its lock, but store no state", () => {
    const policy = policyOf("plan-policy");
    expect(policy).toMatch(/"Sid" = "ReadState", "Action" = "s3:GetObject"/);
    const [, lock = ""] = /"Sid" = "LockState", (.*?)\}/.exec(policy) ?? [];
    expect(lock).toContain('"Action" = ["s3:GetObject", "s3:PutObject", "s3:DeleteObject"]');
    expect(lock).toMatch(/my-states"\]\), "\/davidshaevel-dev\/terraform\.tfstate"\]\), "\.tflock"\]\)$/);
  });

  it("let only reviewers start a deployment, unless a variable allows the scheduled deactivation", () => {
    expect(part(document, "variable", "github_scheduled_deactivation")).toMatchObject({ default: false });
    expect(policyOf("plan-policy")).toMatch(
      /"Sid" = "ReadState".*?my-states.*?\/davidshaevel-dev\/lifecycle\.json/,
    );
  });

  it("let a plan change nothing, and read neither dumps nor the password of the database", () => {
    const policy = policyOf("plan-policy");
    const withoutLock = policy.replace(/\{"Effect" = "Allow", "Sid" = "LockState".*?\}/, "");
    const actions = [...withoutLock.matchAll(/"([a-z0-9-]+:[A-Z]\w*\*?)"/g)].map(([, action]) => action);
    expect(actions.length).toBeGreaterThan(40);
    // AWS Budgets calls reading "view".
    for (const action of actions) expect(action).toMatch(/:((Batch)?Get|List|Describe|View)/);
    const [, values = ""] = /"Action" = "secretsmanager:GetSecretValue", (.*?)\}/.exec(policy) ?? [];
    expect(values).toContain("resend-api-key");
    expect(values).not.toMatch(/rds!db|neon-url|-\*:|dev-davidshaevel-\*/);
    expect(policy).toContain("davidshaevel-dev/lifecycle.json");
    expect(policy).not.toMatch(/db-backups\/\*/);
  });

  it("let a plan read the settings of every secret of the stack", () => {
    const names = resources(document, "aws_secretsmanager_secret").map(({ name }) => String(name));
    expect(names.length).toBeGreaterThan(2);
    for (const name of names) expect(name).toMatch(/^dev-davidshaevel-/);
    expect(policyOf("plan-policy")).toMatch(
      /"Action" = \["secretsmanager:DescribeSecret", "secretsmanager:GetResourcePolicy"\], "Resource" = [^}]*secret:dev-davidshaevel-\*/,
    );
  });

  it("let a deployment change every role that a task of the stack has", () => {
    const roles = resources(document, "aws_iam_role").map(({ name }) => String(name));
    const ofTasks = roles.filter((name) => !name.includes("-github-"));
    expect(ofTasks.length).toBeGreaterThan(6);
    for (const name of ofTasks) {
      expect(name).toMatch(
        /^dev-davidshaevel-(ecs-task-execution-role|.+-(start|task)-role|secret-restart-.+-role)$/,
      );
    }
    const allowed = deployPolicies.map(({ policy }) => String(policy)).join("\n");
    expect(allowed).toContain("dev-davidshaevel-*-start-role");
    expect(allowed).toContain("dev-davidshaevel-secret-restart-*-role");
  });

  // No emulator checks these, and a call needs them in addition to its own action (Service Authorization Reference).
  it.each([
    ["aws_efs_mount_target", "ec2:CreateNetworkInterface"],
    ["aws_efs_mount_target", "ec2:DeleteNetworkInterface"],
    ["aws_db_instance", "kms:DescribeKey"],
    ["aws_db_instance", "pg:default*"],
    ["aws_db_instance", "og:default*"],
    ["aws_lb", "elasticloadbalancing.amazonaws.com"],
    ["aws_service_discovery_private_dns_namespace", "route53:AssociateVPCWithHostedZone"],
  ])("let a deployment create %s, for which AWS also checks %s", (type, needed) => {
    expect(resources(document, type)).not.toEqual([]);
    expect(deployPolicies.map(({ policy }) => String(policy)).join("\n")).toContain(needed);
  });

  it("let a sync make all of its calls, and open its route", () => {
    const policy = policyOf("sync-policy");
    const missing = [...commandActions.sync, ...sessionActions].filter(
      (action) => !policy.includes(`"${action}"`),
    );
    expect(missing).toEqual([]);
  });

  it("let a deployment store the state, and change no role of GitHub", () => {
    const all = deployPolicies.map(({ policy }) => String(policy)).join("\n");
    expect(all).toMatch(/"Sid" = "ReadState", "Action" = \["s3:GetObject", "s3:PutObject"\]/);
    const changes = /"Sid" = "TaskRoles".*?"Resource" = \[(.*?)\]\}/.exec(all)?.[1] ?? "";
    expect(changes).toContain("dev-davidshaevel-ecs-task-execution-role");
    expect(changes).toContain("dev-davidshaevel-*-task-role");
    expect(changes).not.toContain("github");
    expect(all).not.toMatch(/iam:(AttachRolePolicy|CreatePolicy|PutUserPolicy)/);
  });

  it("have policies that AWS accepts, even with the longest project name", () => {
    const long = synthesized({ backend, project: "a-project-with-a-very-long-nam" });
    const managed = resources(long, "aws_iam_policy");
    expect(managed.length).toBeGreaterThan(5);
    // A Terraform expression is longer than the text that it returns.
    for (const { policy } of managed) expect(String(policy).length).toBeLessThan(6144);
    for (const { name } of resources(long, "aws_iam_role")) {
      expect(String(name).length).toBeLessThanOrEqual(64);
    }
  });
});
