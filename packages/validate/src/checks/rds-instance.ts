/** Check: the RDS instance is available, private and encrypted, and its credentials can be read. */
import type { DBInstance } from "@aws-sdk/client-rds";
import { awsCommand } from "@pilot-light/core/aws/command-line";
import { describeDatabaseInstance } from "@pilot-light/core/aws/database-instance";
import type { Check, CheckContext, Finding, Problem } from "../check.ts";
import { failure, transient } from "../check.ts";

/** States in which the database answers although it is busy with itself (RDS documentation, "Viewing DB instance status"). */
const working = new Set(["backing-up", "storage-optimization", "configuring-enhanced-monitoring"]);
/** States that lead to `available` without anybody's help. */
const onItsWay = new Set([
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
  title: "The RDS instance is available, private and encrypted, and its secret is readable",
  needs: ["aws-credentials", "terraform-outputs"],
  actions: ["rds:DescribeDBInstances", "secretsmanager:GetSecretValue"],
  async run(context) {
    const [instance, outputs] = await Promise.all([
      describeDatabaseInstance(context.aws, context.names.databaseInstance, context.signal),
      context.reads.outputs(),
    ]);
    const expected = outputs.values.database_endpoint !== "" || outputs.values.dev_activated;
    if (instance === undefined) return expected ? missing(context) : { summary: "none, as the outputs say" };
    if (outputs.values.database_secret_arn !== "") await context.reads.databaseSecret();
    const { DBInstanceStatus: status = "unknown", EngineVersion = "", DBInstanceClass = "" } = instance;
    return {
      summary: `${context.names.databaseInstance}: ${status}, PostgreSQL ${EngineVersion}, ${DBInstanceClass}`,
      problems: judge(context, instance, outputs.values.database_secret_arn),
    };
  },
};

function missing({ names }: CheckContext): Finding {
  const problem = failure(
    `there is no RDS instance ${names.databaseInstance}, though the outputs name its endpoint`,
    "Create it again:  pnpm infra:deploy",
  );
  return { summary: "missing", problems: [problem] };
}

function judge({ aws }: CheckContext, instance: DBInstance, secretArn: string): Problem[] {
  const { DBInstanceStatus: status = "unknown", DBInstanceIdentifier: identifier = "" } = instance;
  const problems: Problem[] = [];
  const look = `Look at it:  ${awsCommand(aws, `rds describe-events --source-type db-instance --source-identifier ${identifier}`)}`;
  if (status !== "available" && !working.has(status)) {
    problems.push((onItsWay.has(status) ? transient : failure)(`its status is ${status}`, look));
  }
  if (instance.PubliclyAccessible !== false) {
    problems.push(failure("it can be reached from the internet", "Make it private:  pnpm infra:deploy"));
  }
  if (instance.StorageEncrypted !== true) {
    const fix = "Restore a snapshot into an encrypted instance: encryption cannot be switched on later.";
    problems.push(failure("its storage is not encrypted", fix));
  }
  if (secretArn === "") {
    problems.push(failure("the output database_secret_arn is empty", "Deploy again:  pnpm infra:deploy"));
  }
  return problems;
}
