/** Runs `pnpm validate`: from its arguments to its reports and its exit code. */
import type { CommandContext, CommandOutcome } from "@pilot-light/core/cli/command";
import { plural } from "@pilot-light/core/output/format";
import { outputsSource } from "@pilot-light/core/terraform/outputs";
import { essentialIds } from "../registry.ts";
import type { Report } from "../documents.ts";
import { modeName } from "../mode.ts";
import { exitCode } from "../report.ts";
import { createProgress } from "../reporters/create-progress.ts";
import { validate } from "../validate.ts";
import type { ValidateArguments } from "./validate-options.ts";

export async function runValidate(args: ValidateArguments, context: CommandContext): Promise<CommandOutcome> {
  const { environment, printer } = context;
  const only = ids(args.only);
  const progress = createProgress(printer, new Set(only));
  try {
    const report = await validate(
      {
        only,
        skip: ids(args.skip),
        optional: [...(args.data ? ["data"] : []), ...(args.drift ? ["drift"] : [])],
        outputs: outputsSource(args.outputsFile, environment),
        via: args.via,
        waiversFile: args.waivers,
        resolve: args.resolve,
        strict: args.strict,
        jobs: args.jobs,
        timeout: args.timeout,
        deadline: args.deadline,
        wait: args.wait ?? 0,
        directory: process.cwd(),
      },
      context,
      progress,
    );
    progress.end(report);
    if (args.junit !== undefined) {
      const { junitDocument, writeJunit } = await import("../reporters/junit.ts");
      await writeJunit(args.junit, printer.redactor.apply(await junitDocument(report, args.strict)));
    }
    const { annotate, jobSummary } = await import("../reporters/github.ts");
    annotate(report, environment, printer);
    const exit = exitCode(report, essentialIds, args.strict);
    return {
      outcome: exit === 0 ? "healthy" : "unhealthy",
      document: { ...report },
      exit,
      summary: describeReport(report, exit),
      jobSummary: jobSummary(report),
    };
  } finally {
    progress.close();
  }
}

/** The result in one sentence. */
function describeReport({ project, environment, mode, summary }: Report, exit: number): string {
  const { passed, failed, warnings } = summary;
  const state = exit === 0 ? "is healthy" : "is NOT healthy";
  const found = [
    ...(failed > 0 ? [`${plural(failed, "check")} failed`] : []),
    ...(warnings > 0 ? [plural(warnings, "warning")] : []),
    `${plural(passed, "check")} passed`,
  ];
  return `${project} ${environment} (${modeName(mode)}) ${state}: ${found.join(", ")}.`;
}

function ids(text: string | undefined): string[] {
  return (text ?? "")
    .split(",")
    .map((id) => id.trim())
    .filter((id) => id !== "");
}
