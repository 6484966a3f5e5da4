/** `pnpm compare`: compares the databases with each other, or one of them with a dump. */
import { defineCommand } from "@pilot-light/core/cli/define-command";
import { jobsOption, outputsFileOption, viaOption } from "@pilot-light/core/cli/options";
import { usage } from "@pilot-light/core/errors";
import { defaultJobs } from "@pilot-light/core/config/default-jobs";
import { syncVariables } from "./shared-options.ts";

export const compareCommand = defineCommand({
  words: "compare",
  name: "compare",
  summary: "Compare the Neon database with the RDS database: definitions, rows, sequences",
  options: (argv) =>
    jobsOption(
      viaOption(outputsFileOption(argv))
        .option("schema", {
          type: "boolean",
          default: false,
          describe: "Compare only the definitions of objects, unless --data is given as well",
          group: "Selection:",
        })
        .option("data", {
          type: "boolean",
          default: false,
          describe: "Compare only the rows and the sequences, unless --schema is given as well",
          group: "Selection:",
        })
        .option("sql", {
          type: "string",
          coerce: (given: string): "neon" | "rds" => {
            if (given === "" || given === "rds") return "rds";
            if (given === "neon") return given;
            throw new Error("--sql takes the database that the statements would change: rds or neon.");
          },
          describe:
            "With --schema: also print statements that would give this database the definitions of the other one [default: rds]",
          group: "Output:",
        })
        .option("with", {
          type: "string",
          requiresArg: true,
          describe: "Compare one database with the manifest of a dump: `latest`, a key, or a part of a key",
          group: "Selection:",
        })
        .option("system", {
          choices: ["neon", "rds"] as const,
          requiresArg: true,
          implies: "with",
          describe: "With --with: the database to compare [default: the one from which the dump was made]",
          group: "Selection:",
        }),
      { counted: "Parallel sessions for each database", initial: defaultJobs, most: 32 },
    ),
  examples: [
    ["$0 compare", "exit code 1 if anything differs"],
    ["$0 compare --schema", "definitions only: takes seconds for databases of any size"],
    [
      "pnpm --silent compare --schema --sql > change.sql",
      "statements that would give RDS the definitions of Neon",
    ],
    ["$0 compare --with latest", "what has changed since the last sync"],
  ],
  variables: syncVariables,
  hasReport: true,
  run: async ({ outputsFile, schema, data, jobs, via, with: dump, system, sql }, context) => {
    if (sql !== undefined && (!schema || data || dump !== undefined)) {
      throw usage({ problem: "--sql needs --schema, without --data and without --with." });
    }
    const { runCompare, runCompareWithDump } = await import("./run-compare.ts");
    const { outputsSource } = await import("@pilot-light/core/terraform/outputs");
    const both = schema === data;
    const outputs = outputsSource(outputsFile, context.environment);
    const options = { schema: both || schema, data: both || data, jobs, outputs, via };
    return dump === undefined
      ? await runCompare({ ...options, sql }, context)
      : await runCompareWithDump({ ...options, dump, system }, context);
  },
});
