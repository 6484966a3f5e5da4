/** The free storage of an RDS instance. PostgreSQL does not know it; CloudWatch does. */
import type { AwsClients } from "./clients.ts";
import { sdk } from "./sdk.ts";

/** Milliseconds for which the answer is awaited: a network may not reach CloudWatch. */
const answerTime = 5000;

/** Milliseconds for which a value counts. RDS sends one each minute. */
const recent = 15 * 60_000;

/**
 * Bytes that are free, by the newest value; undefined if CloudWatch has none, as in the first minutes of an instance.
 * @throws what the SDK throws, or an error that states that CloudWatch did not answer
 */
export async function readFreeStorage(
  aws: AwsClients,
  identifier: string,
  signal: AbortSignal,
): Promise<number | undefined> {
  const { GetMetricDataCommand } = sdk.cloudWatch();
  const client = await aws.cloudWatch();
  const now = Date.now();
  const patience = AbortSignal.timeout(answerTime);
  const asking = client.send(
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
    { abortSignal: AbortSignal.any([signal, patience]) },
  );
  const { MetricDataResults = [] } = await asking.catch((cause: unknown) => {
    if (!patience.aborted) throw cause;
    throw new Error(`CloudWatch did not answer within ${answerTime / 1000} s`, { cause });
  });
  return MetricDataResults[0]?.Values?.[0];
}
