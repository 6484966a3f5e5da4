/** Estimates how long a sync takes, before it runs. All constants are here. */
import type { FingerprintDepth } from "@pilot-light/core/inventory/tables";
import type { Route } from "../read/route.ts";

/** What a sync costs where round trips cost nothing, on two cores that the servers share: a sync of 850 MB took 18 to 25 s there. */
const costs = {
  /** Starts of programs and modules, requests to AWS. */
  fixedMs: 1500,
  /** Milliseconds for each megabyte of the source on disk. */
  msPerMegabyte: {
    /** pg_dump, while the source is read. */
    dump: 4,
    /** pg_restore with indexes, on the target's server. */
    restore: 9,
    verify: { checksums: 4, counts: 1 },
    /** Of the target: its own dump, which runs at the same time as the other steps. */
    backup: 5,
  },
  /**
   * Round trips one after the other: connections, catalogs, the swap; and those of pg_dump and pg_restore, which work through the objects.
   * Rough: from one run with 132 objects at 100 ms a round trip (some 510 of them), and one with 20 objects at 30 ms (some 230).
   */
  roundTrips: 180,
  roundTripsPerObject: 2.5,
  /** Bytes that cross the line, for each byte on disk: COPY without indexes, as for rows of pgbench_accounts (97 of 150 bytes). */
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
  source: Route;
  target: Route;
}

/** A rough duration of the whole sync in milliseconds. */
export function estimateDurationMs(facts: EstimateFacts): number {
  const { dump, restore, verify, backup } = costs.msPerMegabyte;
  const megabytes = facts.sourceBytes / 1_000_000;
  // A step takes as long as the slower one of its server and the line to it.
  const step = (msPerMegabyte: number, route: Route) =>
    Math.max(megabytes * msPerMegabyte, (facts.sourceBytes * costs.sent) / route.bytesPerMs);
  const slowest = Math.max(facts.source.roundTripMs, facts.target.roundTripMs);
  return Math.round(
    costs.fixedMs +
      slowest * (costs.roundTrips + costs.roundTripsPerObject * facts.objects) +
      step(dump, facts.source) +
      step(restore, facts.target) +
      megabytes * verify[facts.verify] +
      (facts.backupBytes / 1_000_000) * backup,
  );
}
