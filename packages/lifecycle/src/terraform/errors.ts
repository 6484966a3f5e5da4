/** What terraform says when it fails, as errors a person can act on. */
import { OpsError } from "@pilot-light/core/errors";
import type { Diagnostic } from "./events.ts";

/** Lines of a diagnostic's detail that help; the rest is advice about other commands. */
const mostLines = 6;

/** `address: summary` and the first lines of the detail. */
export function describeDiagnostic({ summary, detail, address }: Diagnostic): string[] {
  const lines = detail.split("\n").filter((line) => line.trim() !== "" && line.trim() !== summary);
  return [address === undefined ? summary : `${address}: ${summary}`, ...lines.slice(0, mostLines)];
}

/**
 * The error of a run that has failed.
 * @param what what was tried, as a sentence's start: "Terraform cannot plan"
 * @param tail last lines of output, shown when there is no diagnostic
 */
export function terraformError(
  what: string,
  diagnostics: readonly Diagnostic[],
  tail: readonly string[],
  folder: string,
): OpsError {
  const errors = diagnostics.filter(({ severity }) => severity === "error");
  const locked = errors.map(readLock).find((lock) => lock !== undefined);
  if (locked !== undefined) return stateLocked(locked, folder);
  const details = errors.flatMap(describeDiagnostic);
  const [first] = errors;
  return new OpsError(
    "aws",
    "TERRAFORM_FAILED",
    `${what}: ${first?.summary.replace(/\.+$/, "") ?? "it ended with an error"}.`,
    {
      details: details.length > 0 ? details : tail.filter((line) => line.trim() !== "").slice(-10),
      hint: `See it whole:  terraform -chdir=${folder} plan`,
    },
  );
}

/** Who holds the state's lock. */
interface StateLock {
  id: string;
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
  return { id: field("ID"), who: field("Who"), operation: field("Operation"), created: field("Created") };
}

function stateLocked({ id, who, operation, created }: StateLock, folder: string): OpsError {
  const holder = who === "" ? "somebody" : who;
  const since = created === "" ? "" : `, since ${created}`;
  const doing = operation === "" ? "" : ` (${operation.replace(/^OperationType/, "").toLowerCase()})`;
  return new OpsError(
    "precondition",
    "STATE_LOCKED",
    `The Terraform state is locked by ${holder}${doing}${since}.`,
    {
      details: id === "" ? [] : [`lock ${id}`],
      hint: `Wait for that run. Only if it is surely dead:  terraform -chdir=${folder} force-unlock ${id === "" ? "<id>" : id}`,
    },
  );
}
