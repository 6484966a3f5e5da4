/** The IAM actions of the AWS calls that `--verbose` lists, for tests that compare them with a policy. */

/** The action of a call, if it is not named after it (Service Authorization Reference). */
const actionNames: Readonly<Record<string, string>> = {
  "S3Client HeadBucket": "s3:ListBucket",
  "S3Client HeadObject": "s3:GetObject",
  "S3Client ListObjectsV2": "s3:ListBucket",
  "S3Client CreateMultipartUpload": "s3:PutObject",
  "S3Client UploadPart": "s3:PutObject",
  "S3Client CompleteMultipartUpload": "s3:PutObject",
  "S3Client DeleteObjects": "s3:DeleteObject",
  "S3Client ListMultipartUploads": "s3:ListBucketMultipartUploads",
  "S3Client GetBucketLifecycleConfiguration": "s3:GetLifecycleConfiguration",
  "S3Client GetBucketEncryption": "s3:GetEncryptionConfiguration",
  "S3Client GetPublicAccessBlock": "s3:GetBucketPublicAccessBlock",
};
const prefixes: Readonly<Record<string, string>> = {
  EFSClient: "elasticfilesystem",
  ElasticLoadBalancingV2Client: "elasticloadbalancing",
  CloudWatchLogsClient: "logs",
};

/** @param printed stderr of a command with `--verbose` */
export function calledActions(printed: string): string[] {
  return [...printed.matchAll(/^(\w+Client) (\w+)$/gm)].map(([call, client = "", name = ""]) => {
    const prefix = prefixes[client] ?? client.replace(/Client$/, "").toLowerCase();
    return actionNames[call] ?? `${prefix}:${name}`;
  });
}

/** The action of a call by the name of its class alone, such as `HeadObjectCommand`. */
export function actionOfCommand(command: string, actions: readonly string[]): string | undefined {
  const name = command.replace(/Command$/, "");
  return actionNames[`S3Client ${name}`] ?? actions.find((action) => action.endsWith(`:${name}`));
}
