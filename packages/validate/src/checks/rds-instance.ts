/** Check: the RDS instance is available, private and encrypted, and its secret can be read. */
import type { DBInstance } from "@aws-sdk/client-rds";
import { awsCommand } from "@pilot-light/core/aws/command-line";
import { describeDatabaseInstance } from "@pilot-light/core/aws/database-instance";
import type { Check, CheckContext, Finding, Problem } from "../check.ts";
import { failure, transient } from "../check.ts";

/** States in which the database accepts connections during maintenance (RDS documentation, "Viewing DB instance status"). */
const working = new Set(["backing-up", "storage-optimization", "configuring-enhanced-monitoring"]);
/** States that lead to `available` without a change. */
const changing = new Set([
  "creating",
  "starting",
  "modifying",
  "rebooting",
  "renaming",
  "resetting-master-credentials",
  "maintenance",
  "upgrading",
  "configuring-log-exports",
  "configuring-iam-database-auth",
]);

export const rdsInstance: Check = {
  id: "rds-instance",
  title: "The RDS instance is available, private and encrypted, and its secret can be read",
  needs: ["aws-credentials", "terraform-outputs"],
  actions: ["rds:DescribeDBInstances", "secretsmanager:GetSecretValue"],
  async run(context) {
    const [instance, outputs] = await Promise.all([
      describeDatabaseInstance(context.aws, context.names.databaseInstance, context.signal),
      context.reads.outputs(),
    ]);
    const expected = outputs.values.database_endpoint !== "" || outputs.values.dev_activated;
    if (instance === undefined) return expected ? missing(context) : { summary: "none, as the outputs show" };
    if (outputs.values.database_secret_arn !== "") await context.reads.databaseSecret();
    const { DBInstanceStatus: status = "unknown", EngineVersion = "", DBInstanceClass = "" } = instance;
    return {
      summary: `${context.names.databaseInstance}: ${status}, PostgreSQL ${EngineVersion}, ${DBInstanceClass}`,
      problems: problemsOf(context, instance, outputs.values.database_secret_arn),
    };
  },
};

function missing({ names }: CheckContext): Finding {
  const problem = failure(
    `there is no RDS instance ${names.databaseInstance}, but the outputs contain its endpoint`,
    {
      text: "Create the instance again",
      deploy: true,
    },
  );
  return { summary: "missing", problems: [problem] };
}

function problemsOf({ aws }: CheckContext, instance: DBInstance, secretArn: string): Problem[] {
  const { DBInstanceStatus: status = "unknown", DBInstanceIdentifier: identifier = "" } = instance;
  const problems: Problem[] = [];
  const events = `rds describe-events --source-type db-instance --source-identifier ${identifier}`;
  if (status !== "available" && !working.has(status)) {
    const fix = { text: "Show the events of the instance", command: awsCommand(aws, events) };
    problems.push((changing.has(status) ? transient : failure)(`the instance has status ${status}`, fix));
  }
  if (instance.PubliclyAccessible !== false) {
    const fix = { text: "Make the instance private", deploy: true } as const;
    problems.push(failure("the instance can be reached from the internet", fix));
  }
  if (instance.StorageEncrypted !== true) {
    const fix = {
      text: "Restore a snapshot into an encrypted instance: the encryption of an existing instance cannot change.",
    };
    problems.push(failure("the storage of the instance is not encrypted", fix));
  }
  if (secretArn === "") {
    const fix = { text: "Deploy again", deploy: true } as const;
    problems.push(failure("the output database_secret_arn is empty", fix));
  }
  return problems;
}
