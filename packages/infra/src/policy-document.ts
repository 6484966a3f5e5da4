/** IAM policies as Terraform writes them: JSON whose ARNs are known at apply time only. */
import { Fn } from "cdktf";

export interface Statement {
  Sid: string;
  Effect?: "Allow" | "Deny";
  Action: string | readonly string[];
  Resource: string | readonly string[];
  Condition?: Readonly<Record<string, Readonly<Record<string, string | readonly string[]>>>>;
}

/** A policy that allows what the statements say. */
export function policyDocument(statements: readonly Statement[]): string {
  const allowed = statements.map((statement) => ({ Effect: "Allow", ...statement }));
  return Fn.jsonencode({ Version: "2012-10-17", Statement: allowed });
}

/** Lets a service of AWS take a role. */
export function assumedBy(service: string): string {
  return JSON.stringify({
    Version: "2012-10-17",
    Statement: [{ Effect: "Allow", Principal: { Service: service }, Action: "sts:AssumeRole" }],
  });
}
