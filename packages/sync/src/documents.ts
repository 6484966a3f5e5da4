/** The `--json` documents of sync, and the types of the data in them. Loads zod, so other files import only types from here. */
import { defineDocument, type DocumentEntry } from "@pilot-light/core/cli/documents";
import { z } from "zod";
import { compareDocuments } from "./compare/documents.ts";
import { dumpDocuments } from "./dumps/documents.ts";

export { comparisonSchema } from "./compare/documents.ts";

const system = z.enum(["neon", "rds"]);
const names = z.array(z.string()).readonly();

const sideSchema = z.object({
  system: system.describe("Where the database is."),
  database: z.string().describe("Name of the database."),
  host: z.string().describe("Host name of the server; for Neon the one without a pooler."),
  port: z.number().int().describe("Port of the server."),
  version: z.string().describe("Version of the server, such as `16.4`."),
  bytes: z.number().describe("Size on disk, in bytes."),
  route: z
    .object({
      via: z.enum(["direct", "address", "ssm"]).describe("The route, as `--via` names it."),
      reason: z.string().describe("Why this route was chosen."),
    })
    .nullable()
    .describe("How this machine reaches RDS; null for Neon."),
  notes: names.describe("What a person should know about the address."),
});

const tableSchema = z.object({
  table: z.string().describe("`schema.name`, quoted where needed."),
  sourceRows: z
    .number()
    .nullable()
    .describe(
      "Exact number of rows; null where the table does not exist, or where row-level security hides rows.",
    ),
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
  mode: z
    .object({
      name: z.literal("staged").describe("Always `staged`."),
      description: z.string().describe("The mode in a sentence."),
    })
    .describe("How the target is replaced."),
  verify: z.enum(["checksums", "counts"]).describe("How the tables are compared."),
  clientVersion: z.string().describe("Version of pg_dump and pg_restore."),
  tables: z.array(tableSchema).readonly().describe("Tables of both sides; first those that are removed."),
  removedObjects: names.describe("Objects other than tables that only the target has."),
  notes: names.describe("What a person should know before the sync."),
  estimatedDurationMs: z.number().describe("Rough duration of the sync, in milliseconds."),
});

/** The result of a sync. */
export const resultSchema = z.object({
  tables: z.number().int().describe("Tables that were copied and verified."),
  rows: z.number().int().describe("Rows that were copied and verified."),
  sequences: z.number().int().describe("Sequences that were copied and verified."),
  schemaObjects: z.number().int().describe("Schema objects that were copied and verified."),
  archiveBytes: z.number().describe("Size of the dump of the source, in bytes."),
  backupBytes: z
    .number()
    .nullable()
    .describe("Size of the dump of the target, in bytes; null with `--no-target-backup`."),
  sha256: z.string().describe("SHA-256 of the dump of the source, in hexadecimal."),
  unavailableMs: z.number().describe("Milliseconds for which nobody could connect to the target."),
  previous: z.string().describe("The name that the previous target has now."),
  durationsMs: z
    .record(z.string(), z.number())
    .describe("Milliseconds that each step took. Steps overlap: the sum is more than the duration."),
  warnings: names.describe("Parts that failed, although the sync succeeded."),
});

const undoPlanSchema = z.object({
  system: system.describe("Where the database is."),
  database: z.string().describe("Name of the database."),
  previous: z
    .string()
    .nullable()
    .describe("Name of the previous database that gets this name; null where the undo only repairs."),
  previousBytes: z
    .number()
    .nullable()
    .describe("Its size on disk, in bytes; null where the undo only repairs."),
});

const undoResultSchema = z.object({
  previous: z.string().describe("The name that the replaced database has now."),
  unavailableMs: z.number().describe("Milliseconds for which nobody could connect to the database."),
});

const undoneSchema = z.object({
  plan: undoPlanSchema.describe("What was planned."),
  result: undoResultSchema.nullable().describe("What the swap did; null where the undo only repaired."),
  repaired: z
    .string()
    .nullable()
    .describe("How an interrupted sync was repaired, as a sentence; null where there was nothing to repair."),
});

export type Plan = z.infer<typeof planSchema>;
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
    commands: ["sync undo"],
    outcomes: { planned: "`--dry-run` printed the plan." },
    schema: z.object({ plan: undoPlanSchema.describe("What the undo would do.") }),
  }),
  defineDocument({
    commands: ["sync undo"],
    outcomes: { undone: "The previous database has its name again, or an interrupted sync is repaired." },
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
  ...dumpDocuments,
];
