/**
 * The `--json` documents: one entry for each command and outcome, with the zod schema that docs/json.md is generated from and that tests
 * check every document against. Loads zod, so commands do not import it; types are inferred from the schemas.
 */
import { z } from "zod";
import { documentVersion } from "./command.ts";

/** One document. */
export interface DocumentEntry {
  /** The values of the field `command`: one name, or several commands that share the document. */
  commands: readonly string[];
  /** The values of the field `outcome`, each with its meaning. */
  outcomes: Readonly<Record<string, string>>;
  /** The fields in addition to `version`, `command` and `outcome`. Each has a description; units are part of the names. */
  schema: z.ZodObject;
}

/** An entry of a package's `documents.ts`. */
export function defineDocument<Schema extends z.ZodObject>(
  entry: DocumentEntry & { schema: Schema },
): DocumentEntry & { schema: Schema } {
  return entry;
}

/** The document of a command that failed, the same for all commands. */
export const failureSchema = z.object({
  error: z.object({
    code: z.string().describe("Stable identifier, see docs/errors.md."),
    message: z.string().describe("What happened, to which object."),
    hint: z.string().describe("What to do; empty when there is nothing to add."),
    details: z.array(z.string()).describe("Lines that explain the message."),
    exit: z.number().int().describe("Exit code of the process."),
    state: z
      .enum(["nothing-written", "target-unchanged", "changed", "unknown"])
      .nullable()
      .describe("Whether the command has changed anything; null if the code does not determine this."),
  }),
});

/** The whole document of an entry, with the fields that all documents have; unknown fields are an error. */
function documentSchema({ commands, outcomes, schema }: DocumentEntry) {
  return z.strictObject({
    version: z.literal(documentVersion),
    command: z.enum(commands),
    outcome: z.enum(Object.keys(outcomes)),
    ...schema.shape,
  });
}

const envelope = z.looseObject({ command: z.string(), outcome: z.string() });

/**
 * Checks a document that a command printed against its documented schema, for tests.
 * @param entries the documents of the package, or of several
 * @returns the document, so that a test can continue with it
 * @throws Error that names every field that is missing, unknown or wrongly typed
 */
export function assertDocument(entries: readonly DocumentEntry[], document: unknown): unknown {
  const { command, outcome } = envelope.parse(document);
  if (outcome === "failed") {
    const schema = z.strictObject({
      version: z.literal(documentVersion),
      command: z.string(),
      outcome: z.literal("failed"),
      ...failureSchema.shape,
    });
    return schema.parse(document);
  }
  const entry = entries.find(({ commands, outcomes }) => commands.includes(command) && outcome in outcomes);
  if (entry === undefined) throw new Error(`No document is defined for ${command}, outcome ${outcome}.`);
  return documentSchema(entry).parse(document);
}
