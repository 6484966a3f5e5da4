/** Which workflows can assume which role, and what the roles may do. */
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
  it("exist only with a repository, together with the provider, of which an account has one", () => {
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

  it("lets nobody but reviewers deploy, unless a variable allows the scheduled deactivation", () => {
    expect(part(document, "variable", "github_scheduled_deactivation")).toMatchObject({ default: false });
    expect(policyOf("plan-policy")).toMatch(
      /"Sid" = "ReadState".*?my-states.*?\/davidshaevel-dev\/lifecycle\.json/,
    );
  });

  it("let a plan change nothing, and read no dumps and not the password of the database", () => {
    const policy = policyOf("plan-policy");
    const withoutLock = policy.replace(/\{"Effect" = "Allow", "Sid" = "LockState".*?\}/, "");
    const actions = [...withoutLock.matchAll(/"([a-z0-9-]+:[A-Z]\w*\*?)"/g)].map(([, action]) => action);
    expect(actions.length).toBeGreaterThan(40);
    // AWS Budgets calls reading "view".
    for (const action of actions) expect(action).toMatch(/:(Get|List|Describe|View)/);
    expect(policy).not.toContain("rds!db");
    expect(policy).toContain("davidshaevel-dev/lifecycle.json");
    expect(policy).not.toMatch(/db-backups\/\*/);
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

  it("have policies that AWS accepts, for the longest project name as well", () => {
    const long = synthesized({ backend, project: "a-project-with-a-very-long-nam" });
    const managed = resources(long, "aws_iam_policy");
    expect(managed.length).toBeGreaterThan(5);
    // Terraform's calls are longer than the text that they make.
    for (const { policy } of managed) expect(String(policy).length).toBeLessThan(6144);
    for (const { name } of resources(long, "aws_iam_role")) {
      expect(String(name).length).toBeLessThanOrEqual(64);
    }
  });
});
