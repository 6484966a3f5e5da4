/** The RDS instance as AWS describes it. */
import type { DBInstance } from "@aws-sdk/client-rds";
import type { AwsClients } from "./clients.ts";
import { awsErrorName } from "./errors.ts";
import { sdk } from "./sdk.ts";

/**
 * The instance with an identifier; undefined when AWS has no such instance.
 * @throws what the SDK throws
 */
export async function describeDatabaseInstance(
  aws: AwsClients,
  identifier: string,
  signal: AbortSignal,
): Promise<DBInstance | undefined> {
  const { DescribeDBInstancesCommand } = sdk.rds();
  const client = await aws.rds();
  try {
    const { DBInstances = [] } = await client.send(
      new DescribeDBInstancesCommand({ DBInstanceIdentifier: identifier }),
      { abortSignal: signal },
    );
    return DBInstances[0];
  } catch (error) {
    // On the wire DBInstanceNotFound; the SDK adds a "Fault" to it.
    if (awsErrorName(error).startsWith("DBInstanceNotFound")) return undefined;
    throw error;
  }
}
