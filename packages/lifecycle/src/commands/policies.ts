/** Least-privilege IAM policies of the commands, and what they do not include. Pure. */
import { policySid, type Action, type PolicyScope } from "@pilot-light/core/aws/actions";
import { commandActions, reachingCommands, sessionActions } from "@pilot-light/core/aws/command-actions";
import { policyFor, type Policy } from "@pilot-light/core/aws/policy";
import type { Via } from "@pilot-light/core/config/via";
import { accountRules } from "../account/index.ts";
import { registry } from "@pilot-light/validate/registry";

const validateActions: readonly Action[] = registry.flatMap(({ actions }) => actions);

/** What every mode change calls, in addition to Terraform. */
const modeChangeActions: readonly Action[] = [
  ...commandActions.sync,
  ...validateActions,
  "rds:DescribeDBSnapshots",
];

/** The calls of the rules about the account, before an apply. */
const accountActions: readonly Action[] = accountRules.flatMap(({ actions }) => actions);

/** What `pnpm run doctor` calls, in addition to the state of Terraform in S3. */
const doctorActions: readonly Action[] = [
  "sts:GetCallerIdentity",
  "s3:ListBucket",
  "secretsmanager:GetSecretValue",
  "ecs:ListTasks",
  "ecs:DescribeTasks",
  ...accountActions,
];

const actions = {
  ...commandActions,
  doctor: doctorActions,
  validate: validateActions,
  status: validateActions,
  activate: [...modeChangeActions, ...accountActions],
  deactivate: [...modeChangeActions, "rds:CreateDBSnapshot", "ecs:UpdateService"],
  snapshots: [
    "sts:GetCallerIdentity",
    "rds:DescribeDBInstances",
    "rds:DescribeDBSnapshots",
    "rds:DeleteDBSnapshot",
  ],
} as const satisfies Record<string, readonly Action[]>;

export type PolicyCommand = keyof typeof actions;
export const policyCommands = Object.keys(actions) as PolicyCommand[];

/** Commands that run Terraform, and those that read or write the journal of a mode change. */
const withTerraform: ReadonlySet<string> = new Set(["activate", "deactivate", "status"]);
const withJournal: ReadonlySet<string> = new Set([...withTerraform, "dumps", "doctor"]);
const onlyReading: ReadonlySet<string> = new Set(["dumps", "status", "doctor"]);

export interface PolicyOptions {
  via?: Via | undefined;
  /** S3 bucket with the Terraform state, if the state is in S3. */
  stateBucket?: string | undefined;
}

/** The policy of a command. With `via` other than `auto` and `ssm`, it has nothing for Systems Manager. */
export function policyOf(
  command: PolicyCommand,
  scope: PolicyScope,
  { via = "auto", stateBucket }: PolicyOptions,
): Policy {
  const usesSession = reachingCommands.has(command) && (via === "auto" || via === "ssm");
  const allowed = [...actions[command], ...(usesSession ? sessionActions : [])];
  const policy = policyFor(allowed, scope, policySid(command));
  if (stateBucket === undefined || !withJournal.has(command)) return policy;
  const journal = {
    Sid: `${policySid(command)}Journal`,
    Effect: "Allow" as const,
    Action: ["s3:GetObject", ...(onlyReading.has(command) ? [] : ["s3:PutObject"])],
    Resource: [`arn:aws:s3:::${stateBucket}/*`],
  };
  return { ...policy, Statement: [...policy.Statement, journal] };
}

/** What a person who uses the policy of a command must know. */
export function policyNotes(command: PolicyCommand): string[] {
  return withTerraform.has(command)
    ? ["Terraform reads and changes the environment with its own calls, which this policy does not include."]
    : [];
}
