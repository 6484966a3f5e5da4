/**
 * The settings that a sync pins, for its own sessions and for pg_dump and pg_restore. A database or a role may have other values:
 * ALTER ROLE ... SET and ALTER DATABASE ... SET assign them.
 */

/** A setting, and why it is pinned. */
interface PinnedSetting {
  value: string;
  /** The first major version that has the setting. Absent if every supported version has it. */
  since?: number;
}

/** The settings by name. pg_dump and pg_restore set some of them again, to the same values. */
const pinned: Readonly<Record<string, PinnedSetting>> = {
  // No limit may end a snapshot: Neon ends idle transactions after five minutes, and jobs of pg_restore wait for each other.
  statement_timeout: { value: "0" },
  idle_in_transaction_session_timeout: { value: "0" },
  idle_session_timeout: { value: "0" },
  transaction_timeout: { value: "0", since: 17 },
  // Another session may hold a lock forever.
  lock_timeout: { value: "30s" },
  // A server notices within seconds that its client is gone, and stops hashing a large table.
  client_connection_check_interval: { value: "5s" },
  // The server also notices that a connection is broken, and releases the lock of the sync.
  tcp_keepalives_idle: { value: "30" },
  tcp_keepalives_interval: { value: "10" },
  tcp_keepalives_count: { value: "3" },
  default_transaction_read_only: { value: "off" },
  // Both servers must resolve names in the same way, and show all rows.
  search_path: { value: "" },
  row_security: { value: "off" },
  // Compiling a query on the catalogs takes seconds, running it milliseconds.
  jit: { value: "off" },
  // The tools hash the text of values, and compare expressions as text. Providers differ in their defaults.
  TimeZone: { value: "UTC" },
  DateStyle: { value: "ISO, YMD" },
  IntervalStyle: { value: "postgres" },
  array_nulls: { value: "on" },
  bytea_output: { value: "hex" },
  extra_float_digits: { value: "3" },
  lc_monetary: { value: "C" },
  quote_all_identifiers: { value: "off" },
  standard_conforming_strings: { value: "on" },
  xmloption: { value: "content" },
};

/** By name, for a session, which asks its server which of them exist. */
export const sessionSettings: Readonly<Record<string, string>> = Object.fromEntries(
  Object.entries(pinned).map(([name, { value }]) => [name, value]),
);

/**
 * The settings for PGOPTIONS, without those that only newer versions have: a server refuses a connection with an unknown setting. pg_dump
 * and pg_restore set the newer ones themselves.
 */
export const programOptions = Object.entries(pinned)
  .filter(([, { since }]) => since === undefined)
  .map(([name, { value }]) => `-c ${name}=${value.replaceAll(/[\\ ]/g, String.raw`\$&`)}`)
  .join(" ");
