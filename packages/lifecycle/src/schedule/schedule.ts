/** The time of a scheduled deactivation: reads it from `--for`, and formats it. Times are ISO 8601, in UTC. */
import { parseDuration } from "@pilot-light/core/cli/option-values";
import { usage } from "@pilot-light/core/errors";
import { formatMinute } from "@pilot-light/core/output/format";
import type { Schedule } from "../options.ts";

const hour = 3_600_000;
/** An activation itself takes some minutes. A shorter time is a mistake, such as `8s` for `8h`. */
const shortest = 60_000;
const longest = 31 * 24 * hour;

/** The command that a scheduler runs. */
export const ifDueCommand = "pnpm deactivate --if-due --yes";

/**
 * The value of `--for`: a duration, or `unlimited`.
 * @throws OpsError USAGE (usage)
 */
export function parseSchedule(text: string, now: Date): Schedule {
  if (text === "unlimited") return { text, at: null };
  const milliseconds = parseDuration(text, "--for");
  if (milliseconds < shortest || milliseconds > longest) {
    const range = `from ${shortest / 60_000}m to ${longest / hour}h`;
    throw usage({ problem: `--for must be ${range}, or unlimited, not "${text}".` });
  }
  return { text, at: new Date(now.getTime() + milliseconds).toISOString() };
}

export function isDue(at: string, now: Date): boolean {
  return Date.parse(at) <= now.getTime();
}

/** "2026-11-28 04:12 UTC, in 7.9 h", or "..., 0.4 h ago". */
export function describeTime(at: string, now: Date): string {
  const hours = (Date.parse(at) - now.getTime()) / hour;
  const distance = `${Math.abs(hours).toFixed(1)} h`;
  return `${formatMinute(at)} UTC, ${hours > 0 ? `in ${distance}` : `${distance} ago`}`;
}
