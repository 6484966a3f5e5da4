/** The `--json` documents of `pnpm configure` and `pnpm run doctor`. Loads zod, so the commands do not import it. */
import { defineDocument } from "@pilot-light/core/cli/documents";
import { reportSchema, type Report } from "@pilot-light/validate/documents";
import { z } from "zod";

const configured = defineDocument({
  commands: ["configure"],
  outcomes: {
    written: "The file was written.",
    planned: "With `--dry-run`: what would be written.",
    unchanged: "The file has these values already.",
  },
  schema: z.object({
    file: z.string().describe("Path of the settings file."),
    changes: z
      .array(
        z.strictObject({
          name: z.string().describe("Name of the variable. Values are not part of the document."),
          action: z.enum(["add", "change", "remove"]).describe("What happens to its line."),
        }),
      )
      .describe("What is different."),
  }),
});

const settingsSchema = z
  .strictObject({
    file: z
      .string()
      .nullable()
      .describe("Path of the settings file that was read; `null` when there is none."),
    variables: z
      .array(
        z.strictObject({
          name: z.string().describe("Name of the variable. Values are not part of the document."),
          from: z.enum(["environment", "file"]).describe("Where the value is from."),
        }),
      )
      .readonly()
      .describe("The variables that are set. Every other variable has its default."),
  })
  .describe("Where the settings are from.");

const examined = defineDocument({
  commands: ["doctor"],
  outcomes: {
    ready: "Nothing failed. What was not checked has the status `skipped`, with the reason.",
    "not ready": "A check failed. The exit code is 1.",
  },
  schema: reportSchema.extend({ settings: settingsSchema }),
});

export const setupDocuments = [configured, examined] as const;

/** A finished examination as data: a report of checks, and where the settings are from. */
export type Examination = Report & { settings: z.infer<typeof settingsSchema> };
