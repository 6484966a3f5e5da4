/** Commands of the AWS CLI that hints name. */
import type { AwsClients } from "./clients.ts";

/**
 * `aws <words> --region <region>`: the CLI may be configured for another region than that of the environment.
 * AWS allows no character in its names and ids that a shell reads, so the words need no quotes.
 * @param words without the leading `aws`: "rds describe-events --source-type db-instance"
 */
export function awsCommand({ region }: Pick<AwsClients, "region">, words: string): string {
  return region === "" ? `aws ${words}` : `aws ${words} --region ${region}`;
}
