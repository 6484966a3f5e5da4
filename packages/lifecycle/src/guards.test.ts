import { describe, expect, it, test } from "vitest";
import { judgeDatabaseGoing, judgeLosses, judgeProduction, judgeResync } from "./guards.ts";
import type { JournalEntry, StepName } from "./journal.ts";
import type { Guard, SwitchOptions } from "./options.ts";
import type { Action, Change } from "./terraform/changes.ts";

function options(...allowed: Guard[]): SwitchOptions {
  const allow = { production: false, shrink: false, "data-loss": false, resync: false };
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

  it("wants to be told what becomes of its rows", () => {
    expect(judgeDatabaseGoing(goes, database, undefined)?.code).toBe("DATABASE_WOULD_GO");
    expect(judgeDatabaseGoing(goes, database, true)).toBeUndefined();
    expect(judgeDatabaseGoing(goes, database, false)).toBeUndefined();
  });

  it("must not be protected", () => {
    expect(judgeDatabaseGoing(goes, { ...database, isProtected: true }, true)?.code).toBe(
      "DATABASE_PROTECTED",
    );
    expect(judgeDatabaseGoing([], { ...database, isProtected: true }, undefined)).toBeUndefined();
  });
});

describe("a second copy", () => {
  const entry = (
    command: JournalEntry["command"],
    begun: StepName[],
    done: StepName[],
    createsDatabase = false,
  ): JournalEntry => ({
    version: 1,
    command,
    startedAt: "",
    finishedAt: null,
    syncData: true,
    createsDatabase,
    images: {},
    begun,
    done: done.map((step) => ({ step, at: "" })),
    stopped: null,
    pausedTasks: null,
  });
  const judge = (
    command: JournalEntry["command"],
    activeNow: boolean,
    unfinished?: JournalEntry,
    isResumed = false,
  ) =>
    judgeResync(
      command,
      { activeNow, willSync: true, resume: isResumed ? unfinished : undefined, journal: { unfinished } },
      options(),
    )?.code;

  it("to RDS is refused once its backend may have written", () => {
    expect(judge("activate", false)).toBeUndefined();
    expect(judge("activate", true)).toBe("RESYNC_REFUSED");
    expect(judge("activate", true, entry("activate", ["deploy"], ["deploy"], true), true)).toBeUndefined();
  });

  it("to Neon is refused once the environment is no longer wholly active", () => {
    expect(judge("deactivate", true)).toBeUndefined();
    expect(judge("deactivate", false)).toBe("RESYNC_REFUSED");
    expect(judge("deactivate", true, entry("deactivate", ["sync", "deploy"], ["sync"]))).toBe(
      "RESYNC_REFUSED",
    );
    expect(judge("deactivate", true, entry("deactivate", ["sync"], []))).toBeUndefined();
  });

  it("to Neon is repeated by a resumed run whose backend runs again, but not once Terraform has begun", () => {
    const copied = entry("deactivate", ["sync"], ["sync"]);
    expect(judge("deactivate", true, copied, true)).toBeUndefined();
    const begun = entry("deactivate", ["sync", "deploy"], ["sync"]);
    expect(judge("deactivate", true, begun, true)).toBe("RESYNC_REFUSED");
  });
});
