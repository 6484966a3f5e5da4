/** Numbers as people read them: separators, units, aligned. JSON gets plain numbers instead. */

/** 52340 -> "52,340". */
export function formatCount(count: number): string {
  // toLocaleString takes 6 ms at its first call.
  return String(count).replaceAll(/\B(?=(?:\d{3})+$)/g, ",");
}

/** Bytes as kB, MB or GB (powers of 1000). */
export function formatBytes(bytes: number): string {
  if (bytes < 1000) return `${bytes} B`;
  if (bytes < 1_000_000) return `${(bytes / 1000).toFixed(1)} kB`;
  if (bytes < 1_000_000_000) return `${(bytes / 1_000_000).toFixed(1)} MB`;
  return `${(bytes / 1_000_000_000).toFixed(2)} GB`;
}

/** Milliseconds as "3 ms", "0.9 s" or "2 min 5 s". */
export function formatDuration(milliseconds: number): string {
  if (milliseconds < 99.5) return `${Math.round(milliseconds)} ms`;
  if (milliseconds < 59_950) return `${(milliseconds / 1000).toFixed(1)} s`;
  const seconds = Math.round(milliseconds / 1000);
  return `${Math.floor(seconds / 60)} min ${seconds % 60} s`;
}

/** "1 table", "2 tables". */
export function plural(count: number, noun: string, nouns = `${noun}s`): string {
  return `${formatCount(count)} ${count === 1 ? noun : nouns}`;
}

/** "2026-11-24 09:30" of an ISO 8601 time. */
export function formatMinute(time: string): string {
  return time.slice(0, 16).replace("T", " ");
}

const mostListed = 20;

/** The first lines of a list, with "and 3 more" at its end if it is longer. */
export function shortList(lines: readonly string[]): string[] {
  if (lines.length <= mostListed) return [...lines];
  return [...lines.slice(0, mostListed), `and ${lines.length - mostListed} more`];
}
