/** What terraform says when it fails, as errors a person can act on. */
import { OpsError } from "@pilot-light/core/ops-error";
import { tokenVariable } from "@pilot-light/core/terraform/login-tokens";
import type { Diagnostic } from "./events.ts";
import { plainErrors } from "./plain-errors.ts";
import { plainLine, plainLines } from "@pilot-light/core/terraform/plain-text";

/** Lines of a diagnostic's detail that help; the rest is advice about other commands. */
const mostLines = 6;

/** What helps where outputs or a state cannot be read. */
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
 * The error of a run that has failed.
 * @param what what was tried, as a sentence's start: "Terraform cannot plan"
 * @param tail last lines of output: errors are looked for in them when there is no diagnostic, and without any they are shown
 * @param hint what to do about an error that is not known here
 */
export function terraformError(
  what: string,
  diagnostics: readonly Diagnostic[],
  tail: readonly string[],
  folder: string,
  hint = "Put right what Terraform says; --verbose shows its commands.",
): OpsError {
  const structured = diagnostics.filter(({ severity }) => severity === "error");
  const errors = structured.length > 0 ? structured : plainErrors(tail);
  const locked = errors.map(readLock).find((lock) => lock !== undefined);
  if (locked !== undefined) return stateLocked(locked, folder);
  const host = errors.map(readHostWithoutLogin).find((found) => found !== undefined);
  if (host !== undefined) return loginNeeded(what, host, errors);
  const [first, ...others] = errors;
  // Its summary is in the message.
  const place = first?.address === undefined ? [] : [`at ${first.address}`];
  const details =
    first === undefined
      ? plainLines(tail).slice(-10)
      : [...place, ...detailOf(first), ...others.flatMap(describeDiagnostic)];
  return new OpsError(
    "aws",
    "TERRAFORM_FAILED",
    `${what}: ${first === undefined ? "it ended with an error" : plainLine(first.summary).replace(/\.+$/, "")}.`,
    { details, hint },
  );
}

/** Who holds the state's lock; "" where that is not known. */
interface StateLock {
  id: string;
  /** Organization and workspace of a state in Terraform Cloud. */
  workspace: string;
  who: string;
  operation: string;
  created: string;
}

/**
 * The holder from the diagnostic of a lock that is taken, which has no code to tell it by; the lines of its "Lock Info" are the same
 * for every backend (terraform, internal/states/statemgr/locker.go).
 */
function readLock({ summary, detail }: Pick<Diagnostic, "summary" | "detail">): StateLock | undefined {
  if (!summary.startsWith("Error acquiring the state lock")) return undefined;
  const field = (name: string) =>
    new RegExp(`^\\s*${name}:[ \\t]*(\\S.*)$`, "m").exec(detail)?.[1]?.trim() ?? "";
  const workspace = /\(lock ID: "([^"]+)"\)/.exec(detail)?.[1];
  // It does not say who holds it: "Lock Info" is then that of the refused run itself (github.com/hashicorp/terraform/issues/34732).
  if (workspace !== undefined) return { id: workspace, workspace, who: "", operation: "", created: "" };
  return {
    id: field("ID"),
    workspace: "",
    who: field("Who"),
    operation: field("Operation"),
    created: field("Created"),
  };
}

function stateLocked({ id, workspace, who, operation, created }: StateLock, folder: string): OpsError {
  const holder = who === "" ? "somebody" : who;
  const since = created === "" ? "" : `, since ${created}`;
  const doing = operation === "" ? "" : ` (${operation.replace(/^OperationType/, "").toLowerCase()})`;
  const isCloud = workspace !== "";
  return new OpsError(
    "precondition",
    "STATE_LOCKED",
    isCloud
      ? `The workspace ${workspace} of Terraform Cloud is locked, by another run or by hand.`
      : `The Terraform state is locked by ${holder}${doing}${since}.`,
    {
      details: isCloud
        ? ["By whom, Terraform is not told: the workspace's page in Terraform Cloud says it."]
        : id === ""
          ? []
          : [`lock ${id}`],
      hint: `Wait for that run. Only if it is surely dead:  terraform -chdir=${folder} force-unlock ${id === "" ? "<id>" : id}`,
    },
  );
}

/**
 * The host that there is no token for, or that does not take it; neither has a code to tell it by (terraform,
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

function loginNeeded(what: string, host: string, errors: readonly Diagnostic[]): OpsError {
  const login = host === defaultHost ? "terraform login" : `terraform login ${host}`;
  return new OpsError(
    "aws",
    "TERRAFORM_LOGIN",
    `${what}: there is no token for ${host}, or it is not taken.`,
    {
      details: errors.flatMap(describeDiagnostic),
      hint: `Log in:  ${login}    or set ${tokenVariable(host)}`,
    },
  );
}
