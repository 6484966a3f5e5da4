/** Values of options as people type them. */
import { usage } from "../errors.ts";

const units = { s: 1000, m: 60_000, h: 3_600_000 } as const;

/**
 * Milliseconds of a duration such as `90s`, `15m`, `1h`.
 * @throws OpsError USAGE (usage) that names the option
 */
export function parseDuration(text: string, option: string): number {
  const match = /^(?<count>\d+(?:\.\d+)?)(?<unit>[smh])$/.exec(text);
  const unit = match?.groups?.unit;
  const scale = unit === "s" || unit === "m" || unit === "h" ? units[unit] : 0;
  const milliseconds = Number(match?.groups?.count) * scale;
  if (milliseconds > 0) return milliseconds;
  throw usage({ problem: `${option} must be a duration such as 30s, 15m or 1h, not "${text}".` });
}

/** @throws OpsError USAGE (usage) */
export function parseJobs(jobs: number, most: number): number {
  if (Number.isInteger(jobs) && jobs >= 1 && jobs <= most) return jobs;
  throw usage({ problem: `--jobs must be a whole number from 1 to ${most}.` });
}

/**
 * A number of things, at least 1.
 * @throws OpsError USAGE (usage) that names the option
 */
export function parseCount(option: string, count: number): number {
  if (Number.isInteger(count) && count >= 1) return count;
  throw usage({ problem: `--${option} must be a whole number, at least 1.` });
}
