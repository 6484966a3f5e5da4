/** Turns the errors that terraform reports into errors that a person can act on. */
import { terraformFailed } from "@pilot-light/core/errors";
import type { OpsError } from "@pilot-light/core/ops-error";
import { shell } from "@pilot-light/core/output/shell";
import { tokenVariable } from "@pilot-light/core/terraform/login-tokens";
import { stateLocked, terraformLogin, untaintLine } from "../errors.ts";
import type { Diagnostic } from "./events.ts";
import { plainErrors } from "./plain-errors.ts";
import { plainLine, plainLines } from "@pilot-light/core/terraform/plain-text";

/** Lines of a diagnostic's detail that help. Further lines are advice about other commands. */
const mostLines = 6;

/** The hint if outputs or a state cannot be read. */
export const readingHint =
  "Check the AWS credentials, and where the state is (TF_STATE_BUCKET, TF_CLOUD_ORGANIZATION, TF_WORKSPACE).";

/** `address: summary` and the first lines of the detail. */
export function describeDiagnostic({ summary, detail, address }: Diagnostic): string[] {
  const text = plainLine(summary);
  return [address === undefined ? text : `${address}: ${text}`, ...detailOf({ summary, detail })];
}

function detailOf({ summary, detail }: Pick<Diagnostic, "summary" | "detail">): string[] {
  const lines = plainLines(detail.split("\n")).filter((line) => line.trim() !== plainLine(summary).trim());
  return lines.slice(0, mostLines);
}

/**
 * The error of a failed run of terraform.
 * @param attempt what was tried, as the start of a sentence: "Terraform cannot plan"
 * @param tail last lines of output. Without diagnostics, the errors are parsed from these lines; lines without errors become the details.
 * @param hint what to do about an error that has no hint
 */
export function terraformError(
  attempt: string,
  diagnostics: readonly Diagnostic[],
  tail: readonly string[],
  folder: string,
  hint = "Fix the error that Terraform reported. To see its command lines, add  --verbose",
): OpsError {
  const structured = diagnostics.filter(({ severity }) => severity === "error");
  const errors = structured.length > 0 ? structured : plainErrors(tail);
  const locked = errors.map(readLock).find((lock) => lock !== undefined);
  if (locked !== undefined) return stateLocked({ ...locked, folder });
  const host = errors.map(readHostWithoutLogin).find((found) => found !== undefined);
  if (host !== undefined) return loginNeeded(attempt, host, errors);
  const kept = errors.flatMap((error) => readProtected(error) ?? []);
  if (kept.length > 0) {
    const lines = kept.map((address) => untaintLine(folder, address));
    return terraformFailed({
      attempt,
      reason: "the plan would delete or replace a resource that holds data",
      details: kept,
      hint: `Terraform never deletes this resource (prevent_destroy). If a run that did not finish has marked it as tainted:  ${lines.join("\n  ")}`,
    });
  }
  const [first, ...others] = errors;
  // The message contains its summary.
  const place = first?.address === undefined ? [] : [`at ${first.address}`];
  const details =
    first === undefined
      ? plainLines(tail).slice(-10)
      : [...place, ...detailOf(first), ...others.flatMap(describeDiagnostic)];
  const reason =
    first === undefined ? "it ended with an error" : plainLine(first.summary).replace(/\.+$/, "");
  return terraformFailed({ attempt, reason, details, hint });
}

/** What Terraform reports about the lock of a state; "" for a field that it does not report. */
type StateLock = { workspace: string } | { id: string; holder: string; operation: string; since: string };

/**
 * The lock in the diagnostic of a run that could not get it. Such a diagnostic has no code, but the lines of its "Lock Info" are the
 * same for every backend (terraform, internal/states/statemgr/locker.go).
 */
function readLock({ summary, detail }: Pick<Diagnostic, "summary" | "detail">): StateLock | undefined {
  if (!summary.startsWith("Error acquiring the state lock")) return undefined;
  const field = (name: string) =>
    new RegExp(`^\\s*${name}:[ \\t]*(\\S.*)$`, "m").exec(detail)?.[1]?.trim() ?? "";
  // Terraform Cloud does not report the holder: "Lock Info" is that of the refused run itself
  // (github.com/hashicorp/terraform/issues/34732).
  const workspace = /\(lock ID: "([^"]+)"\)/.exec(detail)?.[1];
  if (workspace !== undefined) return { workspace };
  return {
    id: field("ID"),
    holder: field("Who"),
    operation: field("Operation")
      .replace(/^OperationType/, "")
      .toLowerCase(),
    since: field("Created"),
  };
}

/**
 * The address of a resource that `prevent_destroy` protects. Terraform's own advice is to remove the protection (terraform,
 * internal/terraform/node_resource_abstract_instance.go).
 */
function readProtected({ summary, detail }: Pick<Diagnostic, "summary" | "detail">): string | undefined {
  if (summary !== "Instance cannot be destroyed") return undefined;
  return /Resource (\S+) has/.exec(plainLine(detail))?.[1];
}

/**
 * The host that Terraform has no token for, or that rejected the token. Neither diagnostic has a code (terraform,
 * internal/cloud/backend.go).
 */
function readHostWithoutLogin({
  summary,
  detail,
}: Pick<Diagnostic, "summary" | "detail">): string | undefined {
  const isMissing = summary === "Required token could not be found";
  const isRefused = summary.startsWith("Failed to read organization") && /\sunauthorized$/.test(detail);
  if (!isMissing && !isRefused) return undefined;
  return /(?:at host|a token for) (\S+?):?(?:\s|$)/.exec(`${summary} ${detail}`)?.[1] ?? defaultHost;
}

const defaultHost = "app.terraform.io";

function loginNeeded(attempt: string, host: string, errors: readonly Diagnostic[]): OpsError {
  const loginCommand = host === defaultHost ? "terraform login" : shell`terraform login ${host}`;
  return terraformLogin(
    { attempt, host, loginCommand, tokenVariable: tokenVariable(host) },
    { details: errors.flatMap(describeDiagnostic) },
  );
}
