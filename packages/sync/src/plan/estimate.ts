/** Estimates how long a sync takes, before it runs. All constants are here. */
import type { FingerprintDepth } from "@pilot-light/core/inventory/tables";
import type { Line } from "../read/line.ts";

/** Times on two cores that both servers share, without the line to the servers. They are rough: machines differ by a factor of two. */
const costs = {
  /** Starts of programs and modules, requests to AWS. */
  fixedMs: 1200,
  /** Milliseconds for each megabyte of the source on disk. */
  msPerMegabyte: {
    /** pg_dump, while the source is read. */
    dump: 4,
    /** The rows on the target's server, while pg_dump runs. */
    load: 8,
    indexes: 3,
    verify: { checksums: 2.5, counts: 0.7 },
    /** The dump of the target, for each megabyte of the target. It runs at the same time as the other steps. */
    backup: 5,
  },
  /**
   * Round trips one after the other: connections, catalogs and the swap. pg_dump adds some for each object, because it reads some objects one
   * by one. A sync of the sandbox's seed over a line of 30 ms makes about 360 round trips in total.
   */
  roundTrips: 290,
  roundTripsPerObject: 0.5,
  /** How much longer one session takes than the sessions of the staged method. */
  oneSession: 2,
  /** Bytes that cross the line for each byte on disk. COPY sends no indexes: a row of pgbench_accounts has 97 bytes there, and 150 on disk. */
  sent: 0.65,
};

/** What an estimate depends on. */
export interface EstimateFacts {
  sourceBytes: number;
  /** Size of the target, if it is dumped; otherwise 0. */
  backupBytes: number;
  /** Number of schema objects of the source. */
  objects: number;
  verify: FingerprintDepth;
  /** From this machine to the databases. */
  source: Line;
  target: Line;
}

/** Rough milliseconds for which readers of the target wait in the in-place method. One session works from the emptying to the COMMIT. */
export function estimateWaitMs({ objects, sourceBytes, target, verify }: EstimateFacts): number {
  const { load, indexes } = costs.msPerMegabyte;
  const megabytes = sourceBytes / 1_000_000;
  return Math.round(
    costs.fixedMs / 2 +
      target.roundTripMs * 2 * objects +
      Math.max(megabytes * load, (sourceBytes * costs.sent) / target.bytesPerMs) +
      megabytes * (indexes + costs.msPerMegabyte.verify[verify]) * costs.oneSession,
  );
}

/** A rough duration of the whole sync in milliseconds. */
export function estimateDurationMs(facts: EstimateFacts): number {
  const { dump, load, indexes, verify, backup } = costs.msPerMegabyte;
  const megabytes = facts.sourceBytes / 1_000_000;
  // A step takes as long as the slower one of its server and the line to it.
  const step = (msPerMegabyte: number, line: Line) =>
    Math.max(megabytes * msPerMegabyte, (facts.sourceBytes * costs.sent) / line.bytesPerMs);
  const slowest = Math.max(facts.source.roundTripMs, facts.target.roundTripMs);
  return Math.round(
    costs.fixedMs +
      slowest * (costs.roundTrips + costs.roundTripsPerObject * facts.objects) +
      Math.max(step(dump, facts.source), step(load, facts.target)) +
      megabytes * (indexes + verify[facts.verify]) +
      (facts.backupBytes / 1_000_000) * backup,
  );
}
