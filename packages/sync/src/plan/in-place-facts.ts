/** Reads the facts that decide whether the in-place method is possible. */
import type { Session } from "@pilot-light/core/postgres/session";
import type { SyncOptions } from "../options.ts";
import type { DatabaseFacts } from "../read/database-facts.ts";
import { isPlatform, listUndroppable } from "../target/empty.ts";
import type { InPlaceFacts } from "./rules/rule.ts";

/** `needed` counts the objects that the transaction drops; each takes a lock. `room` is the number of locks that the server guarantees. */
const query = (major: number) => `
  select pg_catalog.jsonb_build_object(
    'staying', (select coalesce(pg_catalog.jsonb_agg(x.extname order by x.extname), '[]') from pg_catalog.pg_extension x
        where x.extname <> 'plpgsql' and ${isPlatform}),
    'publications', (select coalesce(pg_catalog.jsonb_agg(p.pubname order by p.pubname), '[]') from pg_catalog.pg_publication p
        where exists (select 1 from pg_catalog.pg_publication_rel r where r.prpubid = p.oid)
           ${major >= 15 ? "or exists (select 1 from pg_catalog.pg_publication_namespace r where r.pnpubid = p.oid)" : ""}),
    'lacking', array(select v from pg_catalog.unnest(array['create', 'temporary']) v
        where not pg_catalog.has_database_privilege(pg_catalog.current_database(), v)),
    'needed', (select pg_catalog.count(*) from pg_catalog.pg_class c where c.oid >= 16384)
        + (select pg_catalog.count(*) from pg_catalog.pg_proc p where p.oid >= 16384)
        + (select pg_catalog.count(*) from pg_catalog.pg_largeobject_metadata),
    'room', pg_catalog.current_setting('max_locks_per_transaction')::int8
        * (pg_catalog.current_setting('max_connections')::int + pg_catalog.current_setting('max_prepared_transactions')::int)
  ) as facts`;

/**
 * Reads the facts from the target.
 * @param source its mark becomes the mark of the copy
 * @returns undefined without `--in-place`
 */
export async function readInPlaceFacts(
  session: Session,
  source: Pick<DatabaseFacts, "mark">,
  target: Pick<DatabaseFacts, "mark" | "major">,
  { inPlace, excludeTableData = [], schema = [], script }: SyncOptions,
): Promise<{ inPlace?: InPlaceFacts }> {
  if (inPlace !== true) return {};
  type Row = Omit<InPlaceFacts, "undroppable" | "locks" | "changesMark"> & InPlaceFacts["locks"];
  const { facts } = await session.one<{ facts: Row }>(query(target.major));
  const { needed, room, ...rest } = facts;
  const changesMark =
    script !== undefined ||
    excludeTableData.length > 0 ||
    schema.length > 0 ||
    target.mark !== undefined ||
    (session.endpoint.system !== "neon" && source.mark !== undefined);
  return {
    inPlace: {
      ...rest,
      undroppable: await listUndroppable(session),
      // The restore creates about as many objects as the transaction drops, and each of them takes a lock as well.
      locks: { needed: 2 * needed, room },
      changesMark,
    },
  };
}
