/** IAM policies as JSON that Terraform writes, because the ARNs are known at apply time only. */
import { Fn } from "cdktf";

export interface Statement {
  Sid: string;
  Effect?: "Allow" | "Deny";
  Action: string | readonly string[];
  Resource: string | readonly string[];
  Condition?: Readonly<Record<string, Readonly<Record<string, string | readonly string[]>>>>;
}

/** Sessions of Systems Manager in a task: ECS Exec, and forwarded ports. */
export function sessionStatement(): Statement {
  return {
    Sid: "EcsExec",
    Action: ["Control", "Data"].flatMap((kind) => [
      `ssmmessages:Create${kind}Channel`,
      `ssmmessages:Open${kind}Channel`,
    ]),
    // These actions do not support resources.
    Resource: "*",
  };
}

/** A policy with these statements; "Allow" is the default. */
export function policyDocument(statements: readonly Statement[]): string {
  const allowed = statements.map((statement) => ({ Effect: "Allow", ...statement }));
  return Fn.jsonencode({ Version: "2012-10-17", Statement: allowed });
}

/** A policy that lets an AWS service assume a role. */
export function assumedBy(service: string): string {
  return JSON.stringify({
    Version: "2012-10-17",
    Statement: [{ Effect: "Allow", Principal: { Service: service }, Action: "sts:AssumeRole" }],
  });
}
