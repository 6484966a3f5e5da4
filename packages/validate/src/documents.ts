/** The `--json` documents of `pnpm validate`. Commands take types from here only, so that they do not load zod. */
import { defineDocument } from "@pilot-light/core/cli/documents";
import { z } from "zod";

const command = ["validate"] as const;

const problemSchema = z.strictObject({
  severity: z.enum(["failure", "warning"]).describe("A warning fails the run with `--strict` only."),
  message: z.string().describe("What is wrong, with which object."),
  fix: z.string().describe("What to do. If there is a command, it is at the end, after two spaces."),
  heals: z
    .boolean()
    .exactOptional()
    .describe("`true` when the problem may disappear without a change: `--wait` checks again."),
});

const resultSchema = z.strictObject({
  id: z.string().describe("Name of the check, as `--only` and `--skip` take it."),
  title: z.string().describe("What the check verifies."),
  status: z
    .enum(["passed", "warning", "failed", "waived", "skipped", "not-applicable"])
    .describe(
      "`waived`: failed, and the waivers file accepts it. `skipped`: a check that it needs failed. `not-applicable`: the check belongs to the other mode.",
    ),
  summary: z.string().describe("What the check found, in a few words."),
  details: z.array(z.string()).readonly().describe("Lines that explain the summary."),
  problems: z.array(problemSchema).readonly().describe("What is wrong; empty when the check passed."),
  durationMs: z.number().describe("Duration of the check in milliseconds; 0 when it did not run."),
  blockedBy: z.string().exactOptional().describe("The failed check that caused the status `skipped`."),
  error: z
    .strictObject({
      code: z.string().describe("Identifier of the error, see errors.md."),
      exit: z.number().int().describe("Exit code of the error's class."),
    })
    .exactOptional()
    .describe("Why the check could not run to its end."),
});

const count = (what: string) => z.number().int().describe(`Number of checks ${what}.`);

const report = defineDocument({
  commands: command,
  outcomes: {
    healthy: "Nothing failed; with `--strict` there is no warning either.",
    unhealthy: "A check failed, or with `--strict` a check has a warning. The exit code is not 0.",
  },
  schema: z.object({
    project: z.string().describe("PROJECT_NAME."),
    environment: z.literal("dev").describe("The environment."),
    region: z.string().describe("AWS region."),
    mode: z
      .enum(["pilot-light", "active"])
      .nullable()
      .describe("Mode of the environment; `null` when the Terraform outputs cannot be read."),
    account: z.string().nullable().describe("AWS account; `null` when it cannot be read."),
    checks: z.array(resultSchema).readonly().describe("One result for each check, in a fixed order."),
    summary: z
      .strictObject({
        passed: count("that passed"),
        warnings: count("with warnings and no failure"),
        failed: count("that failed"),
        skipped: count("that were skipped"),
        waived: count("that were waived"),
      })
      .describe("The results, counted."),
    durationMs: z.number().describe("Duration of the validation in milliseconds."),
    notes: z.array(z.string()).readonly().describe("Remarks about the run, such as an expired waiver."),
  }),
});

const list = defineDocument({
  commands: command,
  outcomes: { listed: "With `--list`." },
  schema: z.object({
    checks: z
      .array(
        z.strictObject({
          id: z.string().describe("Name of the check, as `--only` and `--skip` take it."),
          title: z.string().describe("What the check verifies."),
          mode: z.enum(["both", "active", "pilot-light"]).describe("The modes in which the check applies."),
          needs: z
            .array(z.string())
            .readonly()
            .describe("Checks that must not fail. Otherwise this check is skipped."),
          optional: z.boolean().describe("Whether the check runs only with the option of its name."),
          page: z.string().describe("Its documentation, a path in the repository."),
        }),
      )
      .readonly()
      .describe("All checks, in the order in which their results are shown."),
  }),
});

/** An IAM policy. */
export const policySchema = z.strictObject({
  Version: z.literal("2012-10-17").describe("Version of the policy language."),
  Statement: z
    .array(
      z.strictObject({
        Sid: z.string().describe("Identifier of the statement."),
        Effect: z.literal("Allow").describe("The statement allows its actions."),
        Action: z.array(z.string()).describe("IAM actions."),
        Resource: z.array(z.string()).describe("ARNs of the resources."),
      }),
    )
    .describe("One statement for each set of resources."),
});

const policy = defineDocument({
  commands: command,
  outcomes: { printed: "With `--print-policy`." },
  schema: z.object({
    policy: policySchema.describe("The IAM policy that all checks together need; all actions only read."),
  }),
});

export const documents = [report, list, policy] as const;

/** The schema of a finished validation. Other commands that run checks use it as well. */
export const reportSchema = report.schema;

/** A finished validation as data. Every report and the exit code follow from it. */
export type Report = z.infer<typeof report.schema>;
export type CheckResult = Report["checks"][number];
export type ListedCheck = z.infer<typeof list.schema>["checks"][number];
