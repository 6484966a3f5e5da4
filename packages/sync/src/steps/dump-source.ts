/** Step: dump the source and read everything that it contains, at the same time and in the same snapshot. */
import { join } from "node:path";
import { formatBytes, plural } from "@pilot-light/core/output/format";
import { readSequences, type SequencePosition } from "@pilot-light/core/inventory/tables";
import { sessionOptions } from "../read/connect.ts";
import { makeDump, type Dump } from "../copy/dump.ts";
import { readInventory, type Inventory } from "../read/inventory.ts";
import type { StepContext } from "../job.ts";
import { closedToPublic } from "../target/privileges.ts";
import { settleAll } from "@pilot-light/core/async/settle";
import { openSnapshot } from "../read/snapshot.ts";

/** The dump, and what it must contain. */
export interface DumpedSource {
  dump: Dump;
  snapshot: string;
  inventory: Inventory;
  /** Read after the dump: sequences are outside of every snapshot. */
  sequencesAfter: readonly SequencePosition[];
  /** What PUBLIC may not use in the source. */
  closed: ReadonlySet<string>;
}

export async function dumpSource(context: StepContext): Promise<DumpedSource> {
  const { printer, environment, job, libpq, signal, together } = context;
  const { direction, options, programs, source } = job;
  return await printer.step("dump", async (progress) => {
    await using snapshot = await openSnapshot(
      source,
      options.jobs,
      sessionOptions("source", environment, signal),
    );
    const file = join(job.workDirectory, "source.dump");
    let onLocked: () => void = () => undefined;
    const locked = new Promise<void>((resolve) => (onLocked = resolve));
    const request = {
      onLocked,
      system: direction.source,
      programs,
      environment: libpq.source,
      file,
      snapshot: snapshot.id,
      side: "source",
    } as const;
    // Not before: a TRUNCATE that waits for these readers would make pg_dump wait behind it, forever.
    const reading = async () => {
      await locked;
      return await readInventory(snapshot.sessions, options.verify, (done, all) =>
        progress(`${done} of ${all} tables read`),
      );
    };
    const [dump, inventory] = await settleAll([together(makeDump(request, context)), together(reading())]);
    const sequencesAfter = await readSequences(snapshot.first);
    const closed = await closedToPublic(snapshot.first);
    await snapshot.assertNotRewritten(sessionOptions("source", environment, signal));
    const summary = `${formatBytes(dump.bytes)}, ${plural(inventory.tables.size, "table")}, snapshot ${snapshot.id}`;
    return { value: { dump, inventory, sequencesAfter, closed, snapshot: snapshot.id }, summary };
  });
}
