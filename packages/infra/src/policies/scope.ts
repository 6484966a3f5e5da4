/** The parts of ARNs in the policies of GitHub's roles. */
import type { BackendChoice } from "@pilot-light/core/terraform/backend";
import type { ResourceNames } from "@pilot-light/core/contract";
import type { Statement } from "../policy-document.ts";
import { text } from "../text.ts";

export interface PolicyScope {
  names: ResourceNames;
  project: string;
  region: string;
  /** Known to Terraform only. */
  account: string;
  partition: string;
  backend: BackendChoice;
  /** Name of the database's subnet group. */
  databaseSubnetGroup: string;
}

/** `arn:<partition>:<service>:<region>:<account>:<resource>` */
export function arn({ partition, region, account }: PolicyScope, service: string, resource: string): string {
  return text`arn:${partition}:${service}:${region}:${account}:${resource}`;
}

/** The ARN of a resource that belongs to no region. */
export function globalArn({ partition, account }: PolicyScope, service: string, resource: string): string {
  return text`arn:${partition}:${service}::${account}:${resource}`;
}

export function bucketArn({ partition }: PolicyScope, bucket: string): string {
  return text`arn:${partition}:s3:::${bucket}`;
}

/** Actions that support no resources, or create resources whose ids AWS chooses: restricted to the region. */
export function inRegion({ region }: PolicyScope, Sid: string, Action: readonly string[]): Statement {
  return { Sid, Action, Resource: "*", Condition: { StringEquals: { "aws:RequestedRegion": region } } };
}

/**
 * With the state in S3: a run reads the state and the journal of mode changes, and holds a lock object. `write` also lets it store a new
 * state and a new journal.
 */
export function stateStatements(scope: PolicyScope, write: boolean): Statement[] {
  const { backend, names } = scope;
  if (backend.kind !== "s3") return [];
  const bucket = bucketArn(scope, backend.bucket);
  const key = text`${bucket}/${names.stack}/terraform.tfstate`;
  return [
    { Sid: "FindState", Action: "s3:ListBucket", Resource: bucket },
    {
      Sid: "ReadState",
      Action: write ? ["s3:GetObject", "s3:PutObject"] : "s3:GetObject",
      Resource: [key, text`${bucket}/${names.stack}/lifecycle.json`],
    },
    {
      Sid: "LockState",
      Action: ["s3:GetObject", "s3:PutObject", "s3:DeleteObject"],
      Resource: text`${key}.tflock`,
    },
  ];
}
