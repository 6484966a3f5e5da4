/** The `--json` documents of `pnpm dumps`, and the types of the data in them. Loads zod. */
import { defineDocument, type DocumentEntry } from "@pilot-light/core/cli/documents";
import { z } from "zod";
import { manifestSchema } from "../archive/manifest.ts";

const system = z.enum(["neon", "rds"]);
const count = (what: string) => z.number().int().nullable().describe(what);

export const dumpSchema = z.object({
  key: z.string().describe("S3 key of the dump."),
  uri: z.string().describe("`s3://` address of the dump."),
  system: system.describe("The system of the dumped database."),
  createdAt: z
    .string()
    .describe("When the sync or the restore began, as the key states it: UTC, in ISO 8601."),
  status: z
    .enum(["complete", "incomplete", "unreadable"])
    .describe(
      "`complete`: it has a manifest. `incomplete`: the dump or its manifest is missing. `unreadable`: this version of the tool cannot read the manifest.",
    ),
  problem: z.string().nullable().describe("Why the dump is not complete; null for a complete dump."),
  kind: z
    .enum(["archive", "backup"])
    .nullable()
    .describe(
      "`archive`: the source of a sync. `backup`: the target, before its replacement. Without a manifest, this field, `tables`, `rows`, `verified` and `createdBy` are null.",
    ),
  bytes: z.number().nullable().describe("Size of the object in bytes; null if only the manifest exists."),
  tables: count("Number of tables; null if the manifest does not state the tables."),
  rows: count("Number of rows; null if the manifest does not state the tables."),
  verified: z
    .enum(["checksums", "counts"])
    .nullable()
    .describe("What a restored copy was verified by; null for a backup, which was read but not restored."),
  changed: z
    .string()
    .nullable()
    .describe(
      "What the dump lacks because of a filter, or that its rows were changed, as a phrase; null if it is a complete copy. Such a dump must not reach Neon.",
    ),
  createdBy: z.string().nullable().describe("ARN of who ran the sync."),
  expiresAt: z
    .string()
    .nullable()
    .describe("When the lifecycle rule of the bucket deletes the dump; null if no rule is known."),
});

/** A dump as the commands show it. */
export type Dump = z.infer<typeof dumpSchema>;

const dumps = z.array(dumpSchema).readonly();

export const dumpListSchema = z.object({
  bucket: z.string().describe("Name of the bucket."),
  dumps: dumps.describe("The newest dumps, the newest first."),
  total: z
    .number()
    .int()
    .nullable()
    .describe("Number of dumps in the bucket; null if there are so many that the list did not count them."),
});
export type DumpList = z.infer<typeof dumpListSchema>;

const retention = z
  .object({
    isVersioned: z
      .boolean()
      .nullable()
      .describe("Whether S3 keeps deleted dumps as versions; null if the credentials may not read it."),
    keptDays: z
      .number()
      .nullable()
      .describe(
        "Days for which S3 keeps these versions; null if no rule deletes them, or if it is not known.",
      ),
  })
  .describe("Whether a deleted dump can be restored.");

const neededDump = z.object({
  key: z.string().describe("S3 key of the dump."),
  reasons: z.array(z.string()).readonly().describe("Why it is kept, as phrases."),
});

export const prunePlanSchema = z.object({
  bucket: z.string().describe("Name of the bucket."),
  keep: z.number().int().nullable().describe("`--keep`; null if it was not given."),
  days: z.number().nullable().describe("`--days`; null if it was not given."),
  delete: z
    .array(
      z.object({
        key: z.string().describe("S3 key of the dump."),
        createdAt: z.string().describe("When the sync began: UTC, in ISO 8601."),
        bytes: z.number().nullable().describe("Size in bytes; null if only the manifest exists."),
        reason: z.string().describe("Why it will be deleted, as a phrase."),
      }),
    )
    .readonly()
    .describe("Dumps to delete, the newest first."),
  needed: z.array(neededDump).readonly().describe("Dumps that no prune deletes."),
  kept: z.number().int().describe("Number of dumps that are kept, those that are needed included."),
  retention,
});
export type PrunePlan = z.infer<typeof prunePlanSchema>;

const removalPlanSchema = z.object({
  dump: dumpSchema.describe("The dump to delete."),
  allowed: z
    .array(z.string())
    .readonly()
    .describe("Why the dump is needed, although `--allow-needed` allows its deletion."),
  retention,
});
export type RemovalPlan = z.infer<typeof removalPlanSchema>;

export const verificationSchema = z.object({
  dump: dumpSchema.describe("The dump."),
  problems: z
    .array(z.string())
    .readonly()
    .describe("What is wrong with the dump, as sentences; empty for an intact dump."),
  sha256: z.string().describe("SHA-256 of the bytes in S3, in hexadecimal."),
  tables: z.number().int().nullable().describe("Tables in the dump; null if pg_restore cannot read it."),
});
export type Verification = z.infer<typeof verificationSchema>;

export const dumpDocuments: readonly DocumentEntry[] = [
  defineDocument({
    commands: ["dumps list"],
    outcomes: { listed: "The dumps were listed." },
    schema: dumpListSchema,
  }),
  defineDocument({
    commands: ["dumps show"],
    outcomes: { shown: "The dump was found." },
    schema: z.object({
      dump: dumpSchema.describe("The dump."),
      manifest: manifestSchema
        .nullable()
        .describe("The manifest, as it is in S3; null if the dump has none, or if it cannot be read."),
    }),
  }),
  defineDocument({
    commands: ["dumps verify"],
    outcomes: {
      intact: "The bytes are those that the manifest describes, and pg_restore can read all of them.",
      damaged: "The bytes differ from the manifest, or pg_restore cannot read them. The exit code is 1.",
    },
    schema: verificationSchema,
  }),
  defineDocument({
    commands: ["dumps download"],
    outcomes: { downloaded: "The file is complete and has the SHA-256 of the manifest." },
    schema: z.object({
      dump: dumpSchema.describe("The dump."),
      file: z.string().describe("Path of the file."),
      sha256: z.string().describe("SHA-256 of the file, in hexadecimal."),
    }),
  }),
  defineDocument({
    commands: ["dumps prune"],
    outcomes: { planned: "`--dry-run` printed the plan." },
    schema: z.object({ plan: prunePlanSchema.describe("What the prune would do.") }),
  }),
  defineDocument({
    commands: ["dumps prune"],
    outcomes: { pruned: "The dumps are deleted.", "nothing to do": "No dump matches the selection." },
    schema: z.object({
      plan: prunePlanSchema.describe("What was planned."),
      deleted: z.array(z.string()).readonly().describe("S3 keys of the deleted dumps."),
    }),
  }),
  defineDocument({
    commands: ["dumps rm"],
    outcomes: { planned: "`--dry-run` printed the plan.", removed: "The dump and its manifest are deleted." },
    schema: z.object({ plan: removalPlanSchema.describe("What is deleted.") }),
  }),
];
