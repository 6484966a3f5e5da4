/** Measures the line to a database: the time of a round trip, and the throughput in bytes per millisecond. */
import type { Session } from "@pilot-light/core/postgres/session";

/** The line between this machine and a database. */
export interface Line {
  roundTripMs: number;
  /** Infinity if it was not measured. */
  bytesPerMs: number;
}

/** A database below this size crosses a slow line in a few seconds: its throughput is not measured. */
const smallDatabase = 30_000_000;

/** Bytes of the probes. A connection begins slowly (RFC 5681), so that the last probe counts. */
const probes = [65_536, 262_144, 1_048_576];

/** If a probe takes longer than this, no further one follows: it would take four times as long. */
const longProbeMs = 60;

/** The direction of the rows: from the source to this machine, or from this machine to the target. */
export type Flow = "from-server" | "to-server";

/**
 * Measures with an idle session: three round trips, and for a large database some 0.3 s of its throughput on a slow line.
 * @param bytes size of the database that is copied
 */
export async function measureLine(session: Session, flow: Flow, bytes: number): Promise<Line> {
  // The shortest of three counts: a longer one has waited for a processor.
  const trips: number[] = [];
  for (let trip = 0; trip < 3; trip += 1) trips.push(await timed(() => session.query("select 1")));
  const roundTripMs = Math.min(...trips);
  if (bytes < smallDatabase) return { roundTripMs, bytesPerMs: Infinity };
  let bytesPerMs = Infinity;
  for (const size of probes) {
    const elapsed = await timed(() => probe(session, flow, size));
    bytesPerMs = size / Math.max(elapsed - roundTripMs, 0.1);
    if (elapsed > roundTripMs + longProbeMs) break;
  }
  return { roundTripMs, bytesPerMs };
}

async function probe(session: Session, flow: Flow, size: number): Promise<void> {
  await (flow === "from-server"
    ? session.query("select pg_catalog.repeat('x', $1::int) as x", [size])
    : session.query("select pg_catalog.length($1::text) as x", ["x".repeat(size)]));
}

async function timed(work: () => Promise<unknown>): Promise<number> {
  const start = performance.now();
  await work();
  return performance.now() - start;
}
