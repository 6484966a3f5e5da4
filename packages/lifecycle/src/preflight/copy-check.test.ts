import type { Divergence } from "@pilot-light/sync/divergence";
import { describe, expect, it } from "vitest";
import { findOutdated } from "./copy-check.ts";

const copy = { host: "neon.test", database: "neondb", oid: "20" };

function found(
  parts: {
    direction?: "rds-to-neon" | "neon-to-rds";
    neon?: Partial<Divergence["neon"]>;
    rds?: string[] | null;
  } = {},
): Divergence {
  const { direction = "rds-to-neon", neon = {}, rds = [] } = parts;
  return {
    last: { at: "2026-11-25T09:30:00.000Z", direction, archive: "s3://b/rds-dumps/x.dump" },
    neon: { ...copy, changed: null, ...neon },
    rds: { host: "rds.test", database: "shop", oid: "30", changed: rds },
  };
}

const check = (divergence: Divergence, known: typeof copy | null = copy, keepBackend = false) =>
  findOutdated(divergence, known, { keepBackend });

describe("a copy that was taken", () => {
  it("counts while RDS is unchanged, even if production has written to Neon", () => {
    expect(check(found())).toBeUndefined();
    expect(check(found({ neon: { changed: ["public.contacts: 12 -> 15 rows"] } }))).toBeUndefined();
  });

  it("does not count after a write to RDS, except with --keep-backend", () => {
    const written = found({ rds: ["public.projects: 12 -> 13 rows"] });
    expect(check(written)).toContain("public.projects: 12 -> 13 rows");
    expect(check(found({ rds: null }))).toContain("RDS was written to");
    expect(check(written, copy, true)).toBeUndefined();
  });

  it("does not count after an undo or another sync, because Neon has another database", () => {
    expect(check(found({ neon: { oid: "21" } }))).toContain("sync was undone");
    expect(check(found({ direction: "neon-to-rds" }))).toContain("no manifest");
  });

  it("does not count for another database in Neon", () => {
    expect(check(found({ neon: { host: "other.test" } }))).toContain("neondb @ neon.test");
    expect(check(found({ neon: { database: "other" } }))).toContain("other @ neon.test");
  });

  it("does not count if the journal does not record which database it created", () => {
    expect(check(found(), null)).toContain("does not record");
  });
});
