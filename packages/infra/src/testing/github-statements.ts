/** For tests: the statements of the roles that GitHub's workflows assume, with plain values for what only Terraform knows. */
import type { ResourceNames } from "@pilot-light/core/contract";
import { App, DefaultTokenResolver, StringConcat, TerraformStack, Tokenization } from "cdktf";
import type { Statement } from "../policy-document.ts";
import { deployStatements } from "../policies/deploy.ts";
import { planStatements } from "../policies/plan.ts";
import { syncStatements } from "../policies/sync.ts";

export interface Allowed {
  actions: readonly string[];
  /** ARNs; `*` stands for any characters. */
  resources: readonly string[];
}

export interface PlainScope {
  names: ResourceNames;
  project: string;
  region: string;
  account: string;
}

/** What each role may do; as `GithubRoles` attaches the policies. */
export function githubStatements(plain: PlainScope): Record<"plan" | "sync" | "deploy", Allowed[]> {
  const scope = {
    ...plain,
    partition: "aws",
    databaseSubnetGroup: `${plain.names.databaseInstance}-subnet-group`,
    backend: { kind: "s3", bucket: "states", region: "eu-west-1" },
  } as const;
  const resolver = new DefaultTokenResolver(new StringConcat());
  const options = { scope: new TerraformStack(new App(), "statements"), resolver, preparing: false };
  const valuesOf = (value: Statement["Action"]): string[] =>
    [Tokenization.resolve(value, options) as string | string[]].flat().map(literal);
  const allowed = (statements: readonly Statement[]) =>
    statements.map(({ Action, Resource }) => ({ actions: valuesOf(Action), resources: valuesOf(Resource) }));
  const plan = allowed(planStatements(scope));
  const sync = [...allowed(syncStatements(scope)), ...plan];
  const deploy = allowed(Object.values(deployStatements(scope)).flat());
  return { plan, sync, deploy: [...deploy, ...sync] };
}

/** Terraform's `join("", [...])` of plain texts, as the text that it makes. */
function literal(value: string): string {
  if (!value.startsWith("${")) return value;
  return [...value.matchAll(/"([^"]*)"/g)].map(([, part = ""]) => part).join("");
}
