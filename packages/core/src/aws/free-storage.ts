/** The free storage of an RDS instance. PostgreSQL does not know it; CloudWatch does. */
import type { AwsClients } from "./clients.ts";
import { sdk } from "./sdk.ts";

/** Milliseconds for which a value counts. RDS sends one each minute. */
const recent = 15 * 60_000;

/**
 * Bytes that are free, by the newest value; undefined where CloudWatch has none, as in the first minutes of an instance.
 * @throws what the SDK throws
 */
export async function readFreeStorage(
  aws: AwsClients,
  identifier: string,
  signal: AbortSignal,
): Promise<number | undefined> {
  const { GetMetricDataCommand } = sdk.cloudWatch();
  const client = await aws.cloudWatch();
  const now = Date.now();
  const { MetricDataResults = [] } = await client.send(
    new GetMetricDataCommand({
      StartTime: new Date(now - recent),
      EndTime: new Date(now + 60_000),
      ScanBy: "TimestampDescending",
      MetricDataQueries: [
        {
          Id: "free",
          MetricStat: {
            Metric: {
              Namespace: "AWS/RDS",
              MetricName: "FreeStorageSpace",
              Dimensions: [{ Name: "DBInstanceIdentifier", Value: identifier }],
            },
            Period: 60,
            Stat: "Minimum",
          },
        },
      ],
    }),
    { abortSignal: signal },
  );
  return MetricDataResults[0]?.Values?.[0];
}
