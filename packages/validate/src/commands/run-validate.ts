/** Runs `pnpm validate`: from its arguments to its reports and its exit code. */
import type { CommandContext, CommandOutcome } from "@pilot-light/core/cli/command";
import { outputsSource } from "@pilot-light/core/terraform/outputs";
import { essentialIds } from "../registry.ts";
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
    const { reportToGithub } = await import("../reporters/github.ts");
    await reportToGithub(report, environment, printer);
    const exit = exitCode(report, essentialIds, args.strict);
    return { outcome: exit === 0 ? "healthy" : "unhealthy", document: { ...report }, exit };
  } finally {
    progress.close();
  }
}

function ids(text: string | undefined): string[] {
  return (text ?? "")
    .split(",")
    .map((id) => id.trim())
    .filter((id) => id !== "");
}
