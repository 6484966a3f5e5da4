import { describe, expect, it, test } from "vitest";
import type { Divergence } from "@pilot-light/sync/divergence";
import {
  databaseComes,
  databaseGoes,
  judgeDatabaseComing,
  judgeDatabaseGoing,
  judgeLosses,
  judgeNewer,
  judgeProduction,
  judgeRunning,
} from "./guards.ts";
import type { Guard, SwitchOptions } from "../options.ts";
import type { Action, Change } from "../terraform/changes.ts";

function options(...allowed: Guard[]): SwitchOptions {
  const allow = { production: false, shrink: false, "data-loss": false, resync: false, newer: false };
  for (const guard of allowed) allow[guard] = true;
  // With --yes: it lets nothing pass.
  return {
    dryRun: false,
    yes: true,
    syncData: true,
    resume: false,
    variables: [],
    images: {},
    keepBackend: false,
    wait: 0,
    allow,
  };
}

const change = (type: string, action: Action): Change => ({
  address: `${type}.x[0]`,
  type,
  action,
  name: type,
});
const database = { identifier: "shop-dev-db", status: "available", isProtected: false, arn: "" };

test.each([
  ["here", "PRODUCTION_HERE"],
  ["unknown", "PRODUCTION_HERE"],
  ["elsewhere", undefined],
] as const)("production %s: %s", (place, code) => {
  expect(judgeProduction({ place, reason: "" }, options())?.code).toBe(code);
  expect(judgeProduction({ place, reason: "" }, options("production"))).toBeUndefined();
});

test.each([
  ["activate", "aws_efs_file_system", "destroy", true],
  ["activate", "aws_db_instance", "replace", true],
  ["activate", "aws_ecs_service", "replace", false],
  ["deactivate", "aws_efs_file_system", "destroy", false],
  ["deactivate", "aws_db_instance", "destroy", false],
  ["deactivate", "aws_db_instance", "replace", true],
  ["deactivate", "aws_s3_bucket", "destroy", true],
  ["deactivate", "aws_ecr_repository", "destroy", true],
] as const)("%s that would make %s %s is refused: %s", (command, type, action, refused) => {
  const changes = [change(type, action)];
  expect(judgeLosses(command, changes, options())?.code).toBe(refused ? "DATA_LOSS_REFUSED" : undefined);
  expect(judgeLosses(command, changes, options("data-loss"))).toBeUndefined();
});

describe("a database that goes", () => {
  const goes = [change("aws_db_instance", "destroy")];

  const judge = (changes: readonly Change[], isProtected: boolean, syncData?: boolean, activeNow = true) =>
    judgeDatabaseGoing(
      changes,
      { database: { ...database, isProtected }, activeNow },
      { ...options(), syncData, variables: ["-var=database_always_on=false"] },
    );

  it("wants to be told what becomes of its rows, in commands that do what was shown", () => {
    const refusal = judge(goes, false);
    expect(refusal?.code).toBe("DATABASE_WOULD_GO");
    expect(refusal?.hint).toContain("pnpm deactivate --sync-data --var database_always_on=false");
    expect(judge(goes, false, true)).toBeUndefined();
    expect(judge(goes, false, false)).toBeUndefined();
  });

  it("must not be protected, and the protection is taken off in the mode that it is in", () => {
    expect(judge(goes, true, true)?.hint).toContain("--var dev_activated=true");
    expect(judge(goes, true, true, false)?.code).toBe("DATABASE_PROTECTED");
    expect(judge(goes, true, true, false)?.hint).not.toContain("dev_activated");
    expect(judge([], true)).toBeUndefined();
  });

  it("goes and comes when it is replaced", () => {
    const replaced = [change("aws_db_instance", "replace")];
    expect([databaseGoes(replaced), databaseComes(replaced)]).toEqual([true, true]);
    expect(judge(replaced, false)?.code).toBe("DATABASE_WOULD_GO");
  });
});

test("a deactivation that would make a database lacks a variable", () => {
  const refusal = judgeDatabaseComing([change("aws_db_instance", "create")], options());
  expect(refusal?.code).toBe("DATABASE_WOULD_COME");
  expect(refusal?.hint).toContain("--var database_always_on=false");
  expect(judgeDatabaseComing([change("aws_db_instance", "change")], options())).toBeUndefined();
});

describe("a copy to RDS", () => {
  const usual = { activeNow: false, backendMayWrite: false, willSync: true, createsDatabase: false };

  it("is refused while the backend may write, whatever the outputs say", () => {
    expect(judgeRunning(usual, options())).toBeUndefined();
    expect(judgeRunning({ ...usual, activeNow: true }, options())?.code).toBe("RESYNC_REFUSED");
    expect(judgeRunning({ ...usual, backendMayWrite: true }, options())?.code).toBe("RESYNC_REFUSED");
    expect(judgeRunning({ ...usual, backendMayWrite: true }, options("resync"))).toBeUndefined();
  });

  it("goes into a database that has come with this activation", () => {
    const comes = { ...usual, activeNow: true, backendMayWrite: true, createsDatabase: true };
    expect(judgeRunning(comes, options())).toBeUndefined();
  });
});

describe("rows that only the target has", () => {
  const divergence = (neon: string[] | null, rds: string[] | null, isKnown = true): Divergence => ({
    last: isKnown
      ? { at: "2026-11-25T09:30:00.000Z", direction: "neon-to-rds", archive: "s3://b/neon-dumps/x.dump" }
      : null,
    neon: { host: "n", database: "neondb", oid: "1", changed: neon },
    rds: { host: "r", database: "shop", oid: "2", changed: rds },
  });
  const contacts = "public.contacts: 12 -> 15 rows";

  it("stop a deactivation when Neon has them, by table, and those of RDS do not", () => {
    expect(judgeNewer("deactivate", divergence([contacts], []), options())).toMatchObject({
      code: "TARGET_NEWER",
      details: [contacts],
      hint: expect.stringContaining("pnpm deactivate --sync-data --allow-newer") as string,
    });
    expect(judgeNewer("deactivate", divergence([], [contacts]), options())).toBeUndefined();
    expect(judgeNewer("deactivate", divergence([contacts], []), options("newer"))).toBeUndefined();
  });

  it("stop an activation when RDS has them", () => {
    expect(judgeNewer("activate", divergence([], [contacts]), options())?.code).toBe("TARGET_NEWER");
    expect(judgeNewer("activate", divergence([contacts], []), options())).toBeUndefined();
  });

  it("count as being in Neon, which production reads, where nobody knows; not as being in RDS", () => {
    expect(judgeNewer("deactivate", divergence(null, null, false), options())?.code).toBe("TARGET_NEWER");
    expect(judgeNewer("activate", divergence(null, null, false), options())).toBeUndefined();
  });

  it("do not matter where nothing is copied", () => {
    expect(judgeNewer("deactivate", null, options())).toBeUndefined();
  });
});
