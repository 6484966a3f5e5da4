/**
 * Stops a deactivation that would delete or create the RDS instance without a decision, and every command that would change it in a way that
 * AWS refuses. No flag allows these findings.
 */
import { deployCommand } from "@pilot-light/core/terraform/deploy-command";
import {
  databaseChangeImpossible,
  databaseProtected,
  databaseWouldBeCreated,
  databaseWouldBeDeleted,
} from "../../errors.ts";
import { againLine } from "../../journal/command-hints.ts";
import { databaseIsNew, databaseWillBeDeleted } from "../database-changes.ts";
import { impossibleChanges } from "../impossible-changes.ts";
import type { Finding, Guard, GuardFacts } from "./guard.ts";

/** A deactivation may delete the database only after a decision about its rows, and not while it is protected. */
export const databaseDeletedGuard = {
  id: "database-deleted",
  commands: ["deactivate"],
  codes: [databaseWouldBeDeleted.entry.code, databaseProtected.entry.code],
  check({
    command,
    options,
    changes,
    database,
    activeNow,
  }: Pick<GuardFacts, "command" | "options" | "changes" | "database" | "activeNow">): Finding[] {
    if (!databaseWillBeDeleted(changes)) return [];
    const note = "the database will be deleted";
    if (options.syncData === undefined) {
      const line = (syncData: boolean) => againLine(command, { ...options, syncData });
      return [
        { refusal: databaseWouldBeDeleted({ copyCommand: line(true), snapshotCommand: line(false) }), note },
      ];
    }
    if (database?.isProtected !== true) return [];
    const unprotectCommand = activeNow
      ? `${deployCommand} --var database_always_on=false`
      : `${deployCommand} --var db_deletion_protection=false`;
    return [{ refusal: databaseProtected({ identifier: database.identifier, unprotectCommand }), note }];
  },
} satisfies Guard;

/** A deactivation creates no database: it would be empty, and cost money. */
export const databaseCreatedGuard = {
  id: "database-created",
  commands: ["deactivate"],
  codes: [databaseWouldBeCreated.entry.code],
  check({ command, options, changes }: Pick<GuardFacts, "command" | "options" | "changes">): Finding[] {
    if (!databaseIsNew(changes)) return [];
    const variables = [...options.variables, { name: "database_always_on", value: "false" }];
    const againCommand = againLine(command, { ...options, variables });
    return [
      {
        refusal: databaseWouldBeCreated({ againCommand, deploy: deployCommand }),
        note: "an empty database will be created",
      },
    ];
  },
} satisfies Guard;

/** RDS refuses some changes only during the apply, when Terraform has made others. */
export const databaseChangeGuard = {
  id: "database-change",
  commands: ["activate", "deactivate", "infra:deploy"],
  codes: [databaseChangeImpossible.entry.code],
  check({ contents }: Pick<GuardFacts, "contents">): Finding[] {
    const changes = contents === undefined ? [] : impossibleChanges(contents);
    if (changes.length === 0) return [];
    return [
      { refusal: databaseChangeImpossible({ changes }), note: "AWS will refuse changes to the database" },
    ];
  },
} satisfies Guard;
