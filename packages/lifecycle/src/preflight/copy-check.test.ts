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

const judge = (divergence: Divergence, known: typeof copy | null = copy, keepBackend = false) =>
  findOutdated(divergence, known, { keepBackend });

describe("a copy that was taken", () => {
  it("counts while RDS holds what was copied, whatever production has written to Neon", () => {
    expect(judge(found())).toBeUndefined();
    expect(judge(found({ neon: { changed: ["public.contacts: 12 -> 15 rows"] } }))).toBeUndefined();
  });

  it("does not count once RDS was written to, unless the backend was to run on", () => {
    const written = found({ rds: ["public.projects: 12 -> 13 rows"] });
    expect(judge(written)).toContain("public.projects: 12 -> 13 rows");
    expect(judge(found({ rds: null }))).toContain("RDS was written to");
    expect(judge(written, copy, true)).toBeUndefined();
  });

  it("does not count when it was undone or another one has run: the database is another", () => {
    expect(judge(found({ neon: { oid: "21" } }))).toContain("undone");
    expect(judge(found({ direction: "neon-to-rds" }))).toContain("manifest");
  });

  it("does not count for another database in Neon", () => {
    expect(judge(found({ neon: { host: "other.test" } }))).toContain("neondb @ neon.test");
    expect(judge(found({ neon: { database: "other" } }))).toContain("other @ neon.test");
  });

  it("does not count when nobody knows what it made", () => {
    expect(judge(found(), null)).toContain("does not know");
  });
});
