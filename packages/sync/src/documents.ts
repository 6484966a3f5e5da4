/** The `--json` documents of sync, and the types of the data in them. Loads zod, so other files import only types from here. */
import { defineDocument, type DocumentEntry } from "@pilot-light/core/cli/documents";
import { historyDocuments } from "@pilot-light/core/history/documents";
import { z } from "zod";
import { restorePointSchema } from "./archive/manifest.ts";
import { compareDocuments } from "./compare/documents.ts";
import { dumpDocuments } from "./dumps/documents.ts";

export { comparisonSchema, dumpComparisonSchema } from "./compare/documents.ts";

const system = z.enum(["neon", "rds"]);
const names = z.array(z.string()).readonly();

const sideSchema = z.object({
  system: system.describe("Where the database is."),
  database: z.string().describe("Name of the database."),
  host: z.string().describe("Host name of the server; for Neon the one without a pooler."),
  port: z.number().int().describe("Port of the server."),
  version: z.string().describe("Version of the server, such as `16.4`."),
  bytes: z
    .number()
    .describe("Size on disk, in bytes; with `--schema`, that of the chosen tables of the source."),
  route: z
    .object({
      via: z.enum(["direct", "address", "ssm"]).describe("The route, as `--via` names it."),
      reason: z.string().describe("Why this route was chosen."),
    })
    .nullable()
    .describe("How this machine connects to RDS; null for Neon."),
  notes: names.describe("What a person should know about the address."),
});

const tableSchema = z.object({
  table: z.string().describe("`schema.name`, quoted if needed."),
  sourceRows: z
    .number()
    .nullable()
    .describe("Exact number of rows; null if the table does not exist, or if row-level security hides rows."),
  targetRows: z.number().nullable().describe("As `sourceRows`, for the target."),
  change: z
    .enum(["replaced", "new", "removed"])
    .describe("`replaced`: on both sides. `new`: only in the source. `removed`: only in the target."),
});

/** The plan of a sync, which lifecycle's plans contain as well. */
export const planSchema = z.object({
  direction: z.enum(["neon-to-rds", "rds-to-neon"]).describe("From which database to which."),
  source: sideSchema.describe("The database that is copied."),
  target: sideSchema.describe("The database that is replaced."),
  archive: z.string().describe("`s3://` address of the dump of the source."),
  backup: z
    .string()
    .nullable()
    .describe("`s3://` address of the dump of the target; null with `--no-target-backup`."),
  restorePoint: z
    .object({
      project: z.string().describe("Id of the Neon project."),
      projectFrom: z
        .enum(["NEON_DATABASE_URL", "NEON_PROJECT_ID"])
        .describe("The variable that decided: the project has the compute of that host, or that id."),
      branch: z.string().describe("Name of the branch that holds the target."),
      name: z.string().describe("Name of the branch that will be created from it."),
      keepDays: z.number().int().describe("Days after which Neon deletes the new branch."),
    })
    .nullable()
    .describe(
      "The branch of Neon that is created before anything is written; null for RDS, and without NEON_API_KEY.",
    ),
  mode: z
    .object({
      name: z
        .enum(["staged", "in-place"])
        .describe(
          "`staged`: by way of a staging database. `in-place`: in one transaction, with `--in-place`.",
        ),
      description: z.string().describe("The mode in a sentence."),
    })
    .describe("How the target is replaced."),
  verify: z.enum(["checksums", "counts"]).describe("How the tables are compared."),
  schemas: z
    .array(
      z.object({
        pattern: z.string().describe("The pattern, as it was given."),
        schemas: names.describe("Schemas that it matches, without quotes."),
      }),
    )
    .readonly()
    .describe(
      "What `--schema` copies; empty without it. With it, the target has nothing else afterwards, and must not reach Neon.",
    ),
  excludeTableData: z
    .array(
      z.object({
        pattern: z.string().describe("The pattern, as it was given."),
        tables: names.describe("Tables that it matches. They are copied without their rows."),
      }),
    )
    .readonly()
    .describe(
      "What `--exclude-table-data` leaves out; empty without it. With it, the copy must not reach Neon.",
    ),
  afterRestore: z
    .object({
      file: z.string().describe("Name of the file."),
      sha256: z.string().describe("SHA-256 of the file, in hexadecimal."),
    })
    .nullable()
    .describe(
      "The statements that change the copy after its verification; null without `--after-restore`. The copy must not reach Neon.",
    ),
  clientVersion: z.string().describe("Version of pg_dump and pg_restore."),
  tables: z.array(tableSchema).readonly().describe("Tables of both sides; first those that are removed."),
  removedObjects: names.describe("Objects other than tables that only the target has."),
  notes: names.describe("What a person should know before the sync."),
  estimatedDurationMs: z.number().describe("Rough duration of the sync, in milliseconds."),
  estimatedUnavailableMs: z
    .number()
    .describe("Rough time for which nobody can use the target, in milliseconds."),
});

/** The plan of a restore. */
const restorePlanSchema = z.object({
  dump: z
    .object({
      key: z.string().describe("S3 key of the dump."),
      uri: z.string().describe("`s3://` address of the dump."),
      system: system.describe("Where the dumped database is."),
      kind: z.enum(["archive", "backup"]).describe("As in the manifest."),
      database: z.string().describe("Name of the dumped database."),
      host: z.string().describe("Host name of its server."),
      version: z.string().describe("Version of its server."),
      clientVersion: z.string().describe("Version of the pg_dump that wrote it."),
      createdAt: z.string().describe("When it was made: UTC, in ISO 8601."),
      bytes: z.number().describe("Size of the dump, in bytes."),
      sha256: z.string().describe("SHA-256 of the dump, in hexadecimal. The downloaded bytes have it."),
    })
    .describe("The dump that is restored."),
  resumes: z
    .object({
      direction: planSchema.shape.direction,
      ageMs: z.number().describe("Milliseconds since the dump was made."),
    })
    .nullable()
    .describe("The sync that `--resume` continues; null for a restore."),
  afterRestore: planSchema.shape.afterRestore,
  target: sideSchema.describe("The database that is replaced."),
  ...planSchema.pick({
    backup: true,
    restorePoint: true,
    mode: true,
    clientVersion: true,
    notes: true,
    removedObjects: true,
  }).shape,
  verify: z
    .enum(["checksums", "counts"])
    .nullable()
    .describe("How the tables are compared with the manifest; null if the manifest does not state the rows."),
  unverified: names.describe(
    "What nothing verifies after the restore, because the manifest does not state it.",
  ),
  tables: z
    .array(tableSchema)
    .readonly()
    .describe("Tables of the dump (`sourceRows`) and of the target; first those that are removed."),
  estimatedDurationMs: z.number().describe("Rough duration of the restore, in milliseconds."),
  estimatedUnavailableMs: planSchema.shape.estimatedUnavailableMs,
});

/** The result of a sync. */
export const resultSchema = z.object({
  tables: z.number().int().describe("Tables that were copied and verified."),
  rows: z.number().int().describe("Rows that were copied and verified."),
  sequences: z.number().int().describe("Sequences that were copied and verified."),
  schemaObjects: z.number().int().describe("Schema objects that were copied and verified."),
  afterRestore: z
    .object({
      statements: z.number().int().describe("Statements that ran."),
      changedTables: names.describe("Tables whose rows the statements changed."),
    })
    .nullable()
    .describe("What the statements changed after the verification; null without `--after-restore`."),
  verified: z
    .array(
      z.object({
        table: z
          .string()
          .describe("`schema.name`, quoted if needed. The partitions of a hash partitioning are one table."),
        rows: z.number().int().describe("Rows that were copied and verified."),
        bytes: z.number().describe("Size of the copy with indexes and TOAST, in bytes."),
        hash: z
          .string()
          .nullable()
          .describe("Sum of the hashes of the rows; null if rows were only counted."),
      }),
    )
    .readonly()
    .describe("The tables, by name."),
  archiveBytes: z.number().describe("Size of the dump of the source, in bytes."),
  backupBytes: z
    .number()
    .nullable()
    .describe("Size of the dump of the target, in bytes; null with `--no-target-backup`."),
  sha256: z.string().describe("SHA-256 of the dump of the source, in hexadecimal."),
  restorePoint: restorePointSchema
    .nullable()
    .describe("The branch of Neon with the state before the sync; null if the plan has none."),
  unavailableMs: z
    .number()
    .describe(
      "Milliseconds for which nobody could connect to the target; with `--in-place`, for which readers waited.",
    ),
  previous: z
    .string()
    .nullable()
    .describe("The name that the previous target has now; null with `--in-place`, which keeps none."),
  durationsMs: z
    .record(z.string(), z.number())
    .describe("Milliseconds that each step took. Steps overlap: the sum is more than the duration."),
  warnings: names.describe(
    "Parts that failed although the sync succeeded, and rows that only the previous target holds.",
  ),
});

const undoPlanSchema = z.object({
  system: system.describe("Where the database is."),
  database: z.string().describe("Name of the database."),
  previous: z
    .string()
    .nullable()
    .describe(
      "Name of the previous target that gets this name; null if the undo only repairs, and with a restore point.",
    ),
  previousBytes: z
    .number()
    .nullable()
    .describe("Its size on disk, in bytes; null if the undo only repairs, and with a restore point."),
  restorePoint: z
    .object({
      project: z.string().describe("Id of the Neon project."),
      branch: z.string().describe("Name of the branch that is replaced, with all of its databases."),
      name: z.string().describe("Name of the branch that replaces it."),
      createdAt: z.string().describe("When the restore point was created: UTC, in ISO 8601."),
      preserved: z.string().describe("Name of the new branch that keeps the present state."),
    })
    .nullable()
    .describe(
      "The branch of Neon that the undo returns to because the server has no previous target of the last sync; null in every other case.",
    ),
});

const undoResultSchema = z.object({
  previous: z.string().describe("The name that the replaced database has now."),
  unavailableMs: z.number().describe("Milliseconds for which nobody could connect to the database."),
});

const undoneSchema = z.object({
  plan: undoPlanSchema.describe("What was planned."),
  result: undoResultSchema
    .nullable()
    .describe("What the swap did; null if the undo only repaired, and with a restore point."),
  repaired: z
    .string()
    .nullable()
    .describe("How an interrupted sync was repaired, as a sentence; null if there was nothing to repair."),
});

export type Plan = z.infer<typeof planSchema>;
export type RestorePlan = z.infer<typeof restorePlanSchema>;
export type PlannedSide = z.infer<typeof sideSchema>;
export type PlannedTable = z.infer<typeof tableSchema>;
export type SyncResult = z.infer<typeof resultSchema>;
export type UndoPlan = z.infer<typeof undoPlanSchema>;
export type Undone = z.infer<typeof undoneSchema>;

const syncCommands = ["sync neon-to-rds", "sync rds-to-neon"] as const;

export const documents: readonly DocumentEntry[] = [
  defineDocument({
    commands: syncCommands,
    outcomes: { planned: "`--dry-run` printed the plan." },
    schema: z.object({ plan: planSchema.describe("What the sync would do.") }),
  }),
  defineDocument({
    commands: syncCommands,
    outcomes: { synced: "The target is replaced, and was verified to be equal to the source." },
    schema: z.object({
      plan: planSchema.describe("What was planned."),
      result: resultSchema.describe("What the sync did."),
    }),
  }),
  defineDocument({
    commands: syncCommands,
    outcomes: { "resume-planned": "`--dry-run` printed the plan of `--resume`." },
    schema: z.object({ plan: restorePlanSchema.describe("What the sync would do.") }),
  }),
  defineDocument({
    commands: syncCommands,
    outcomes: {
      resumed: "The dump of the interrupted sync has replaced the target, and the copy was verified.",
    },
    schema: z.object({
      plan: restorePlanSchema.describe("What was planned."),
      result: resultSchema.describe("What the sync did."),
    }),
  }),
  defineDocument({
    commands: ["sync restore"],
    outcomes: { planned: "`--dry-run` printed the plan." },
    schema: z.object({ plan: restorePlanSchema.describe("What the restore would do.") }),
  }),
  defineDocument({
    commands: ["sync restore"],
    outcomes: { restored: "The dump has replaced the target, and was verified." },
    schema: z.object({
      plan: restorePlanSchema.describe("What was planned."),
      result: resultSchema.describe("What the restore did."),
    }),
  }),
  defineDocument({
    commands: ["sync undo"],
    outcomes: { planned: "`--dry-run` printed the plan." },
    schema: z.object({ plan: undoPlanSchema.describe("What the undo would do.") }),
  }),
  defineDocument({
    commands: ["sync undo"],
    outcomes: {
      undone:
        "The previous target has its name again, Neon has restored a restore point, or an interrupted sync is repaired.",
    },
    schema: undoneSchema,
  }),
  defineDocument({
    commands: ["sync store-neon-url"],
    outcomes: { stored: "The secret has the URL as its value." },
    schema: z.object({
      secret: z.string().describe("ARN of the secret."),
      host: z.string().describe("Host name in the URL, without a pooler."),
      database: z.string().describe("Database in the URL."),
    }),
  }),
  ...compareDocuments,
  ...historyDocuments,
  ...dumpDocuments,
];
