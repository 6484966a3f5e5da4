import type { Divergence } from "@pilot-light/sync/divergence";
import { describe, expect, it, test } from "vitest";
import type { ModeChangeOptions } from "../../options.ts";
import type { Action, Change } from "../../terraform/changes.ts";
import { databaseWillBeCreated, databaseWillBeDeleted } from "../database-changes.ts";
import { accountGuard } from "./account.ts";
import { databaseCreatedGuard, databaseDeletedGuard } from "./database.ts";
import { dataLossGuard } from "./data-loss.ts";
import type { GuardFacts } from "./guard.ts";
import { checkGuards, guards } from "./index.ts";
import { newerGuard } from "./newer.ts";
import { productionGuard } from "./production.ts";
import { resyncGuard } from "./resync.ts";
import { retentionGuard } from "./retention.ts";
import { allowances } from "@pilot-light/sync/rules";
import { syncOptions } from "../../mode-change.ts";
import { unknownResourcesGuard } from "./unknown-resources.ts";

function options(...allowed: readonly { id: string }[]): ModeChangeOptions {
  // With --yes, which allows nothing.
  return {
    dryRun: false,
    yes: true,
    syncData: true,
    resume: false,
    variables: [],
    images: {},
    keepBackend: false,
    waitMs: 0,
    allow: new Set(allowed.map(({ id }) => id)),
  };
}

/** The only refusal of all guards, or undefined. */
function refusal(facts: Partial<GuardFacts> & Pick<GuardFacts, "command">) {
  const { refusals } = checkGuards({
    options: options(),
    changes: [],
    activeNow: false,
    willSync: false,
    divergence: null,
    ...facts,
  });
  expect(refusals.length).toBeLessThan(2);
  return refusals[0];
}

/** The lines of the plan for the findings that flags allow. */
function notes(facts: Partial<GuardFacts> & Pick<GuardFacts, "command" | "options">) {
  return checkGuards({ changes: [], activeNow: false, willSync: false, divergence: null, ...facts }).notes;
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
  const production = { place, reason: "" };
  expect(refusal({ command: "deactivate", production })?.code).toBe(code);
  const allowed = { command: "deactivate", production, options: options(productionGuard) } as const;
  expect(refusal(allowed)).toBeUndefined();
  expect(notes(allowed)).toHaveLength(code === undefined ? 0 : 1);
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
] as const)("%s with a plan to let %s %s is refused: %s", (command, type, action, refused) => {
  const changes = [change(type, action)];
  expect(refusal({ command, changes })?.code).toBe(refused ? "DATA_LOSS_REFUSED" : undefined);
  expect(refusal({ command, changes, options: options(dataLossGuard) })).toBeUndefined();
  expect(notes({ command, changes, options: options(dataLossGuard) })).toEqual(
    refused ? [`data will be deleted: ${type} (--allow-data-loss)`] : [],
  );
});

describe("a database that will be deleted", () => {
  const deleted = [change("aws_db_instance", "destroy")];

  const check = (changes: readonly Change[], isProtected: boolean, syncData?: boolean, activeNow = true) =>
    databaseDeletedGuard.check({
      command: "deactivate",
      changes,
      database: { ...database, isProtected },
      activeNow,
      options: { ...options(), syncData, variables: [{ name: "database_always_on", value: "false" }] },
    })[0]?.refusal;

  it("needs a decision about its rows, and the hints repeat the flags that were given", () => {
    const error = check(deleted, false);
    expect(error?.code).toBe("DATABASE_WOULD_BE_DELETED");
    expect(error?.hint).toContain("pnpm deactivate --sync-data --var database_always_on=false");
    expect(check(deleted, false, true)).toBeUndefined();
    expect(check(deleted, false, false)).toBeUndefined();
  });

  it("must not be protected, and the hint turns the protection off with a deployment, which keeps the mode", () => {
    expect(check(deleted, true, true)?.hint).toContain("pnpm infra:deploy --var database_always_on=false");
    expect(check(deleted, true, true, false)?.code).toBe("DATABASE_PROTECTED");
    expect(check(deleted, true, true, false)?.hint).not.toContain("dev_activated");
    expect(check([], true)).toBeUndefined();
  });

  it("is deleted and created when it is replaced", () => {
    const replaced = [change("aws_db_instance", "replace")];
    expect([databaseWillBeDeleted(replaced), databaseWillBeCreated(replaced)]).toEqual([true, true]);
    expect(check(replaced, false)?.code).toBe("DATABASE_WOULD_BE_DELETED");
  });
});

test("what AWS will refuse stops an activation, and the hint allows it", () => {
  const fix = { text: "Request a VPC", command: "aws service-quotas list-service-quotas --service-code vpc" };
  const problems = [{ severity: "failure", message: "no VPC is left", fix } as const];
  const facts = { command: "activate", options: options() } as const;
  const found = { problems, notes: [], asked: 1 };
  const error = accountGuard.check({ ...facts, account: found })[0]?.refusal;
  expect(error).toMatchObject({ code: "ACCOUNT_NOT_READY", exit: 4, state: "nothing-written" });
  expect(error?.details.join("\n")).toMatch(/no VPC is left[\s\S]*aws service-quotas/);
  expect(error?.hint).toContain("--allow-account");
  expect(accountGuard.check({ ...facts, account: { ...found, problems: [] } })).toEqual([]);
});

test("a deactivation that would create a database lacks a variable", () => {
  const check = (changes: readonly Change[]) =>
    databaseCreatedGuard.check({ command: "deactivate", changes, options: options() })[0]?.refusal;
  const error = check([change("aws_db_instance", "create")]);
  expect(error?.code).toBe("DATABASE_WOULD_BE_CREATED");
  expect(error?.hint).toContain("--var database_always_on=false");
  expect(check([change("aws_db_instance", "change")])).toBeUndefined();
});

describe("a copy to RDS", () => {
  const usual = { command: "activate", activeNow: false, backendMayWrite: false, willSync: true } as const;

  it("is refused while the backend may write, whichever mode the outputs describe", () => {
    expect(refusal(usual)).toBeUndefined();
    expect(refusal({ ...usual, activeNow: true })?.code).toBe("RESYNC_REFUSED");
    expect(refusal({ ...usual, backendMayWrite: true })?.code).toBe("RESYNC_REFUSED");
    const allowed = { ...usual, backendMayWrite: true, options: options(resyncGuard) };
    expect(refusal(allowed)).toBeUndefined();
    expect(notes(allowed)).toEqual([expect.stringContaining("--allow-resync")]);
  });

  it("is allowed into a database that this activation created", () => {
    const created = { ...usual, activeNow: true, backendMayWrite: true, createsDatabase: true };
    expect(refusal(created)).toBeUndefined();
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

  it("stop a deactivation when Neon has them, by table; rows that only RDS has do not", () => {
    expect(refusal({ command: "deactivate", divergence: divergence([contacts], []) })).toMatchObject({
      code: "TARGET_NEWER",
      details: [contacts],
      hint: expect.stringContaining("pnpm deactivate --sync-data --allow-newer") as string,
    });
    expect(refusal({ command: "deactivate", divergence: divergence([], [contacts]) })).toBeUndefined();
    const allowed = {
      command: "deactivate",
      divergence: divergence([contacts, contacts], []),
      options: options(newerGuard),
    } as const;
    expect(refusal(allowed)).toBeUndefined();
    expect(notes(allowed)).toEqual(Array(2).fill(`newer in Neon, will be replaced: ${contacts}`));
  });

  it("are one refusal for any number of tables", () => {
    const all = divergence([contacts, "public.events: 1 -> 2 rows"], []);
    expect(refusal({ command: "deactivate", divergence: all })?.details).toHaveLength(2);
  });

  it("stop an activation when RDS has them", () => {
    expect(refusal({ command: "activate", divergence: divergence([], [contacts]) })?.code).toBe(
      "TARGET_NEWER",
    );
    expect(refusal({ command: "activate", divergence: divergence([contacts], []) })).toBeUndefined();
  });

  it("are assumed in Neon, but not in RDS, if no copy is recorded", () => {
    const unknown = divergence(null, null, false);
    expect(refusal({ command: "deactivate", divergence: unknown })?.code).toBe("TARGET_NEWER");
    expect(refusal({ command: "activate", divergence: unknown })).toBeUndefined();
  });

  it("do not matter if nothing is copied", () => {
    expect(refusal({ command: "deactivate", divergence: null })).toBeUndefined();
  });
});

test("every guard has its own id, and every flag of a sync is a flag of both mode changes", () => {
  const ids = guards.map(({ id }) => id);
  expect(new Set(ids).size).toBe(ids.length);
  const flags = guards
    .filter(({ allow, commands }) => allow !== undefined && commands.length === 2)
    .map(({ id }) => `allow-${id}`);
  expect(flags).toEqual(expect.arrayContaining(allowances.map(({ option }) => option)));
});

describe("the sync of a mode change", () => {
  const given = { ...options({ id: "shrink" }), keepBackend: true };

  it("gets the flags of the mode change", () => {
    const { allowShrink, allowWiderAccess } = syncOptions("deactivate", given);
    expect({ allowShrink, allowWiderAccess }).toEqual({ allowShrink: true, allowWiderAccess: false });
  });

  it.each([
    [false, "pnpm deactivate --sync-data --keep-backend --allow-shrink --allow-wider-access"],
    [true, "pnpm deactivate --resume --keep-backend --allow-shrink --allow-wider-access"],
  ])("refuses with a hint that names the mode change (resumed: %j)", (resume, line) => {
    const { commandAllowing } = syncOptions("deactivate", { ...given, resume });
    expect(commandAllowing?.("allow-wider-access")).toBe(line);
  });
});

it.each(
  (["activate", "deactivate"] as const).flatMap((command) =>
    ["aws_db_instance", "aws_s3_bucket", "aws_efs_file_system"].map((type) => [command, type] as const),
  ),
)("%s replaces no %s: it may be tainted", (command, type) => {
  const changes = [change(type, "replace")];
  const { refusals } = checkGuards({
    ...{ command, options: options(), changes, willSync: false, divergence: null },
    activeNow: command === "deactivate",
  });
  expect(refusals.map(({ code }) => code)).toContain("DATA_LOSS_REFUSED");
});

describe("a deployment", () => {
  const given = { ...options(), syncData: undefined };
  const usual = { command: "infra:deploy", options: given, activeNow: true, activeAfter: true } as const;

  it.each(["aws_db_instance", "aws_s3_bucket", "aws_efs_file_system", "aws_secretsmanager_secret"])(
    "deletes and replaces no %s unasked",
    (type) => {
      for (const action of ["destroy", "replace"] as const) {
        const error = refusal({ ...usual, changes: [change(type, action)] });
        expect(error?.code).toBe("DATA_LOSS_REFUSED");
        expect(error?.hint).toContain("pnpm infra:deploy --allow-data-loss");
      }
      expect(refusal({ ...usual, changes: [change(type, "change")] })).toBeUndefined();
    },
  );

  it("names what the resource holds, and the attribute that forces the replacement", () => {
    const forced = { ...change("aws_db_instance", "replace"), forcedBy: ["db_name"] };
    expect(refusal({ ...usual, changes: [forced] })?.details).toEqual([
      "replace aws_db_instance.x[0] (holds the rows of its databases), because of: db_name",
    ]);
  });

  it("names the command that keeps a tainted resource, and no variable", () => {
    const tainted = { ...change("aws_db_instance", "replace"), taintedAt: "aws_db_instance.x[0]" };
    const error = refusal({ ...usual, stackFolder: "out", changes: [tainted] });
    expect(error?.details).toEqual([
      "replace aws_db_instance.x[0] (holds the rows of its databases), because it is tainted",
    ]);
    expect(error?.hint).toContain("terraform -chdir=out untaint 'aws_db_instance.x[0]'");
    expect(error?.hint).not.toContain("--var");
  });

  it("names the command that finishes an interrupted deactivation, whose outputs describe pilot light", () => {
    const interrupted = { ...usual, activeNow: false, activeAfter: false, unfinished: "deactivate" } as const;
    const error = refusal({ ...interrupted, changes: [change("aws_efs_file_system", "destroy")] });
    expect(error?.hint).toMatch(
      /^A mode change has not finished. To finish it: {2}pnpm deactivate --resume\n/,
    );
  });

  it("deletes resources of the active mode only if it changes the mode, and never the database", () => {
    const off = { ...usual, activeAfter: false };
    expect(refusal({ ...off, changes: [change("aws_efs_file_system", "destroy")] })).toBeUndefined();
    expect(refusal({ ...off, changes: [change("aws_efs_file_system", "replace")] })?.code).toBe(
      "DATA_LOSS_REFUSED",
    );
    const error = refusal({ ...off, changes: [change("aws_db_instance", "destroy")] });
    expect(error?.code).toBe("DATA_LOSS_REFUSED");
    expect(error?.hint).toContain("pnpm deactivate --sync-data");
  });
});

test.each(["activate", "deactivate", "infra:deploy"] as const)(
  "`%s` names resources of an earlier version, and deletes them only with the flag",
  (command) => {
    const unknown = [
      { address: "aws_lb.a_0A1B2C3D", name: "aws_lb.a_0A1B2C3D", holds: undefined },
      { address: "aws_s3_bucket.b_0A1B2C3D", name: "shop-old", holds: "objects" },
    ].map((each) => ({ ...each, type: "", isOfEarlierVersion: true }));
    expect(refusal({ command, unknown })).toMatchObject({
      code: "UNKNOWN_RESOURCES",
      details: ["aws_s3_bucket.b_0A1B2C3D  shop-old  (holds objects)", "aws_lb.a_0A1B2C3D"],
      hint: expect.stringMatching(/--allow-unknown-resources$/) as string,
    });
    const allowed = { command, unknown, options: options(unknownResourcesGuard) };
    expect(refusal(allowed)).toBeUndefined();
    expect(notes(allowed)).toEqual([expect.stringContaining("shop-old (--allow-unknown-resources)")]);
  },
);

describe("a plan that AWS refuses, or that shortens a retention", () => {
  const lifecycle = {
    address: "aws_s3_bucket_lifecycle_configuration.l",
    type: "aws_s3_bucket_lifecycle_configuration",
  };
  const rules = (days: number) => ({ bucket: "shop-dev-db-backups", rule: [{ expiration: [{ days }] }] });
  const shorter = {
    changes: [{ ...lifecycle, action: "change" as const, name: "l" }],
    before: [{ ...lifecycle, values: rules(30) }],
    after: [{ ...lifecycle, values: rules(1) }],
  };
  const instance = { address: "aws_db_instance.d", type: "aws_db_instance" };
  const older = {
    changes: [{ ...instance, action: "change" as const, name: "d" }],
    before: [{ ...instance, values: { engine_version: "18" } }],
    after: [{ ...instance, values: { engine_version: "17" } }],
  };
  const expiring = [{ key: "neon-dumps/2026-11-22T09-30-00.dump", expiry: "within a day" }];

  it.each(["activate", "deactivate", "infra:deploy"] as const)(
    "is refused by `%s`, with the addresses, the attributes, and the dumps that would expire",
    (command) => {
      expect(refusal({ command, contents: older })).toMatchObject({
        code: "DATABASE_CHANGE_IMPOSSIBLE",
        details: [
          expect.stringMatching(/^change aws_db_instance\.d, because of: engine_version 18 -> 17 /) as string,
        ],
      });
      expect(refusal({ command, contents: shorter, expiring })).toMatchObject({
        code: "RETENTION_SHORTENED",
        details: [
          "change aws_s3_bucket_lifecycle_configuration.l (shop-dev-db-backups), because of: days until an object expires: 1 instead of 30",
          "neon-dumps/2026-11-22T09-30-00.dump would expire within a day",
        ],
        hint: expect.stringMatching(/ --allow-shorter-retention$/) as string,
      });
    },
  );

  it("says so if the dumps could not be listed", () => {
    const unlisted = { unknown: "AWS denied the call" };
    const error = refusal({ command: "activate", contents: shorter, expiring: unlisted });
    expect(error?.details.at(-1)).toBe("the dumps that would expire are not known: AWS denied the call");
  });

  it("may be shortened with a flag, but not changed where AWS refuses", () => {
    const allowed = { command: "infra:deploy", options: options(retentionGuard), expiring } as const;
    expect(refusal({ ...allowed, contents: shorter })).toBeUndefined();
    expect(notes({ ...allowed, contents: shorter })).toEqual([
      "AWS will delete data earlier: days until an object expires: 1 (--allow-shorter-retention)",
    ]);
    expect(refusal({ ...allowed, contents: older })?.code).toBe("DATABASE_CHANGE_IMPOSSIBLE");
  });
});
