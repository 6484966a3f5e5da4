/** The schema of the field `run` of a record, and the `--json` document of `pnpm history`. Loads zod. */
import { z } from "zod";
import { defineDocument, type DocumentEntry } from "../cli/documents.ts";

export const runFactsSchema = z.object({
  id: z.string().describe("Time and a random part: `2026-11-22T09-30-00-4f2c`."),
  startedAt: z.string().describe("When the command started: UTC, in ISO 8601."),
  durationMs: z.number().describe("Duration of the command, in milliseconds."),
  exit: z.number().int().describe("Exit code of the process."),
  commandLine: z.string().describe("The command as it was typed, without the values of Terraform variables."),
  summary: z.string().describe("What happened, in one sentence."),
  next: z
    .array(
      z.object({
        purpose: z.string().describe("What the command is for, such as `to undo`."),
        command: z.string().describe("The command."),
      }),
    )
    .describe("Commands that follow from the run."),
  by: z
    .object({
      user: z.string().describe("User of the operating system, or of GitHub Actions."),
      host: z.string().describe("Name of the machine."),
      arn: z.string().nullable().describe("ARN of the AWS credentials; null if it is not known."),
      url: z.string().nullable().describe("Address of the CI run; null elsewhere."),
    })
    .describe("Who ran the command."),
  steps: z
    .array(
      z.object({
        name: z.string().describe("The step."),
        startMs: z.number().describe("Milliseconds from the start of the command to the start of the step."),
        durationMs: z.number().describe("Duration of the step, in milliseconds."),
        summary: z.string().describe("What the step did; empty if it failed."),
        outcome: z.enum(["done", "failed"]).describe("`failed`: the step did not end."),
      }),
    )
    .describe("The steps of the run. They may overlap."),
  warnings: z.array(z.string()).describe("Warnings that the command printed."),
});

/** A stored record: the document of the run, and the field `run`. Readers accept unknown fields. */
export const recordSchema = z.looseObject({
  version: z.number().int(),
  command: z.string(),
  outcome: z.string(),
  run: runFactsSchema,
});

const listedSchema = z.object({
  id: z.string().describe("Id of the run; `--before` takes it."),
  command: z.string().describe("The command."),
  outcome: z.string().describe("The outcome of its document."),
  errorCode: z.string().nullable().describe("Code of the error; null for a run that did not fail."),
  startedAt: z.string().describe("When the command started: UTC, in ISO 8601."),
  durationMs: z.number().describe("Duration of the command, in milliseconds."),
  summary: z.string().describe("What happened, in one sentence."),
  by: runFactsSchema.shape.by,
  uri: z.string().describe("`s3://` address of the complete record."),
});

export const historySchema = z.object({
  bucket: z.string().describe("Bucket of the records."),
  runs: z.array(listedSchema).describe("The runs, the newest first."),
  next: z
    .string()
    .nullable()
    .describe("The value of `--before` that lists older runs; null if there are none."),
});

export type History = z.infer<typeof historySchema>;

export const historyDocuments: readonly DocumentEntry[] = [
  defineDocument({
    commands: ["history"],
    outcomes: { listed: "The runs were listed, the newest first." },
    schema: historySchema,
  }),
];
