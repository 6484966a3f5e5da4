/** The `--json` document of `pnpm compare`, and the types of the data in it. Loads zod. */
import { defineDocument, type DocumentEntry } from "@pilot-light/core/cli/documents";
import { z } from "zod";

const sideSchema = z.object({
  database: z.string().describe("Name of the database."),
  host: z.string().describe("Host name of the server."),
  port: z.number().int().describe("Port of the server."),
  version: z.string().describe("Version of the server."),
  snapshot: z.string().describe("Identifier of the snapshot that was read."),
});
const problem = z
  .enum(["only-neon", "only-rds", "different"])
  .describe("On which side the object exists, or that its definitions differ.");
const rows = (system: string) =>
  z
    .number()
    .int()
    .nullable()
    .describe(`Exact number of rows on ${system}; null if the table does not exist.`);
const hash = (system: string) =>
  z
    .string()
    .nullable()
    .describe(`Sum of the hashes of the rows on ${system}; null if the table does not exist.`);
const position = (system: string) =>
  z.string().nullable().describe(`Last value on ${system}, in decimal; null if the sequence does not exist.`);

const objectSchema = z.object({
  kind: z.string().describe("Kind of the object, such as `table` or `function`."),
  identity: z.string().describe("Name of the object."),
  problem,
  diff: z
    .array(z.string())
    .readonly()
    .describe(
      "Lines of a unified diff of the definitions: `-` on Neon, `+` on RDS. Empty if it is not shown.",
    ),
});
const tableSchema = z.object({
  table: z.string().describe("`schema.name`, quoted if needed, or `large objects`."),
  neonRows: rows("Neon"),
  rdsRows: rows("RDS"),
  neonHash: hash("Neon"),
  rdsHash: hash("RDS"),
  isEqual: z.boolean().describe("Whether the rows are the same."),
});
const sequenceSchema = z.object({
  sequence: z.string().describe("`schema.name`, quoted if needed."),
  neon: position("Neon"),
  rds: position("RDS"),
  isEqual: z.boolean().describe("Whether the next value is the same."),
});

export const comparisonSchema = z.object({
  neon: sideSchema.describe("The Neon database."),
  rds: sideSchema.describe("The RDS database."),
  objects: z
    .array(objectSchema)
    .readonly()
    .nullable()
    .describe("Schema objects that differ; null if the schema was not compared."),
  tables: z
    .array(tableSchema)
    .readonly()
    .nullable()
    .describe("All tables of both databases; null if the data was not compared."),
  sequences: z
    .array(sequenceSchema)
    .readonly()
    .nullable()
    .describe("All sequences of both databases; null if the data was not compared."),
  sql: z
    .string()
    .nullable()
    .describe(
      "Script for psql that would change the definitions of one database to those of the other. It was never run. Null without `--sql`.",
    ),
  notes: z.array(z.string()).readonly().describe("What was not compared, and differences of the platforms."),
});

const stated = z.string().nullable();
const counted = z.number().int().nullable();

/** The comparison of a database with the manifest of a dump. */
export const dumpComparisonSchema = z.object({
  dump: z
    .object({
      key: z.string().describe("S3 key of the dump."),
      uri: z.string().describe("`s3://` address of the dump."),
      system: z.enum(["neon", "rds"]).describe("Where the dumped database is."),
      createdAt: z.string().describe("When it was made: UTC, in ISO 8601."),
      version: z.string().describe("Version of the server that was dumped."),
    })
    .describe("The dump, whose manifest was read."),
  database: z
    .object({
      system: z.enum(["neon", "rds"]).describe("Where the database is."),
      ...sideSchema.omit({ snapshot: true }).shape,
    })
    .describe("The database."),
  objects: z
    .array(
      z.object({
        kind: z.string().describe("Kind of the object, such as `table` or `function`."),
        identity: z.string().describe("Name of the object."),
        problem: z
          .enum(["only-dump", "only-database", "different"])
          .describe("Where the object exists, or that its facts differ."),
      }),
    )
    .readonly()
    .nullable()
    .describe("Schema objects that differ; null if they were not compared."),
  tables: z
    .array(
      z.object({
        table: z.string().describe("`schema.name`, quoted if needed, or `large objects`."),
        dumpRows: counted.describe("Rows that the manifest states; null if the table does not exist."),
        databaseRows: counted.describe("Rows in the database; null if the table does not exist."),
        isEqual: z.boolean().describe("Whether the rows are the same."),
      }),
    )
    .readonly()
    .nullable()
    .describe("All tables of both; null if the rows were not compared."),
  sequences: z
    .array(
      z.object({
        sequence: z.string().describe("`schema.name`, quoted if needed."),
        dump: stated.describe("Last value that the manifest states; null if the sequence does not exist."),
        database: stated.describe("Last value in the database; null if the sequence does not exist."),
        isEqual: z.boolean().describe("Whether the next value is the same."),
      }),
    )
    .readonly()
    .nullable()
    .describe("All sequences of both; null if they were not compared."),
  notes: z.array(z.string()).readonly().describe("What was not compared."),
});

export type DumpComparison = z.infer<typeof dumpComparisonSchema>;
export type Comparison = z.infer<typeof comparisonSchema>;
export type ComparedObject = z.infer<typeof objectSchema>;
export type ComparedTable = z.infer<typeof tableSchema>;
export type ComparedSequence = z.infer<typeof sequenceSchema>;

export const compareDocuments: readonly DocumentEntry[] = [
  defineDocument({
    commands: ["compare"],
    outcomes: {
      equal: "No difference was found in what was compared.",
      different: "Differences were found. The exit code is 1.",
    },
    schema: comparisonSchema,
  }),
  defineDocument({
    commands: ["compare"],
    outcomes: {
      "equal-to-dump": "With `--with`: the database does not differ from what the manifest states.",
      "different-from-dump": "With `--with`: the database differs. The exit code is 1.",
    },
    schema: dumpComparisonSchema,
  }),
];
