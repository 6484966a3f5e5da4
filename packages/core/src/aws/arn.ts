/** Reads ARNs: `arn:<partition>:<service>:<region>:<account>:<resource>`. */

/** The region that an ARN names; undefined for a resource of a global service, and for a text that is not an ARN. */
export function regionOfArn(arn: string): string | undefined {
  return arn.split(":")[3] || undefined;
}
