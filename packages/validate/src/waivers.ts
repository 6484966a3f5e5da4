/** Failures and warnings that are accepted until a date, from a file. */
import { readFile } from "node:fs/promises";
import { messageOf } from "@pilot-light/core/ops-error";
import { z } from "zod";
import type { Check } from "./check.ts";
import type { CheckResult } from "./documents.ts";
import { waiversInvalid, waiversUnreadable } from "./errors.ts";

const waiverSchema = z.strictObject({
  check: z.string().min(1),
  /** The last day on which the waiver is valid, UTC. */
  until: z.iso.date(),
  reason: z.string().min(1),
});
const fileSchema = z.strictObject({ waivers: z.array(waiverSchema) });

export type Waiver = z.infer<typeof waiverSchema>;

/**
 * Reads a waivers file.
 * @throws OpsError WAIVERS_UNREADABLE, WAIVERS_INVALID (configuration)
 */
export async function readWaivers(file: string, registry: readonly Check[]): Promise<Waiver[]> {
  let document: unknown;
  try {
    document = JSON.parse(await readFile(file, "utf8"));
  } catch (cause) {
    const reason = cause instanceof SyntaxError ? "it is not JSON" : messageOf(cause);
    throw waiversUnreadable({ file, reason }, { cause });
  }
  const parsed = fileSchema.safeParse(document);
  const problems = parsed.success
    ? parsed.data.waivers.flatMap(({ check }) => notWaivable(check, registry))
    : parsed.error.issues.map(({ path, message }) => `${path.join(".")}: ${message}`);
  if (!parsed.success || problems.length > 0) {
    throw waiversInvalid({ file, problems });
  }
  return parsed.data.waivers;
}

function notWaivable(id: string, registry: readonly Check[]): string[] {
  const check = registry.find((candidate) => candidate.id === id);
  if (check === undefined) return [`there is no check "${id}"`];
  return check.essential === true ? [`${id} cannot be waived: every other check needs it`] : [];
}

/** Gives a failure or a warning the status `waived` while a waiver for its check is valid. */
export function applyWaivers(result: CheckResult, waivers: readonly Waiver[], now: Date): CheckResult {
  if (result.status !== "failed" && result.status !== "warning") return result;
  const waiver = waivers.find((candidate) => candidate.check === result.id && !isExpired(candidate, now));
  if (waiver === undefined) return result;
  const { until, reason } = waiver;
  return { ...result, status: "waived", summary: `${result.summary} (waived until ${until}: ${reason})` };
}

/** Notes about waivers that have expired. */
export function waiverNotes(waivers: readonly Waiver[], now: Date): string[] {
  return waivers
    .filter((waiver) => isExpired(waiver, now))
    .map(({ check, until }) => `the waiver for ${check} expired on ${until} and has no effect`);
}

function isExpired({ until }: Waiver, now: Date): boolean {
  return now.toISOString().slice(0, 10) > until;
}
