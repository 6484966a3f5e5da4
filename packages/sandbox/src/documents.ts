/** The `--json` documents of `pnpm sandbox`, for docs/json.md and tests. */
import { defineDocument, type DocumentEntry } from "@pilot-light/core/cli/documents";
import { z } from "zod";

const directory = z.string().describe("Directory of the sandbox.");

const partSchema = z.strictObject({
  part: z.enum(["neon", "rds", "aws", "front"]).describe("The part; `front` exists with `--deployed` only."),
  description: z.string().describe("What the part is."),
  address: z.string().describe("Where the part accepts connections."),
  pid: z.number().int().exactOptional().describe("Process id; missing when the process does not run."),
  answers: z.boolean().describe("Whether the part answers a request."),
});

const sandboxSchema = z.object({
  directory,
  seed: z.string().describe("Name of the sample data, as `--seed` takes it."),
  parts: z.array(partSchema).readonly().describe("The servers of the sandbox."),
});

export const documents: readonly DocumentEntry[] = [
  defineDocument({
    commands: ["sandbox up"],
    outcomes: { started: "The sandbox was started.", "already-running": "The sandbox already runs." },
    schema: sandboxSchema,
  }),
  defineDocument({
    commands: ["sandbox status"],
    outcomes: {
      up: "Every part runs and answers.",
      incomplete: "A part does not run or does not answer. The exit code is 1.",
    },
    schema: sandboxSchema,
  }),
  defineDocument({
    commands: ["sandbox env"],
    outcomes: { printed: "The variables are in the document." },
    schema: z.object({
      environment: z.record(z.string(), z.string()).describe("Value of each variable of the sandbox."),
    }),
  }),
  defineDocument({
    commands: ["sandbox down"],
    outcomes: { stopped: "The servers were ended, and the directory was deleted." },
    schema: z.object({ directory }),
  }),
  defineDocument({
    commands: ["sandbox down"],
    outcomes: { "nothing-to-stop": "There is no sandbox in the directory." },
    schema: z.object({}),
  }),
];
