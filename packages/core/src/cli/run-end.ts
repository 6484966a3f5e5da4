/**
 * What happens after a command has ended and its result is printed: the report, the summary of the CI job, the record in S3, and the
 * command of PILOT_LIGHT_ON_END. None of them changes the outcome: if one fails, a warning is printed.
 */
import { appendFile } from "node:fs/promises";
import { readVariable, type Environment } from "../config/env.ts";
import { grace } from "../async/grace.ts";
import { makeRecord, type EndedRun, type RunRecord } from "../history/run-record.ts";
import { messageOf, type OpsError } from "../ops-error.ts";
import type { Printer } from "../output/printer.ts";
import type { ReportFile } from "../report/report-file.ts";

/** What the definition of a command states about its end. */
export interface EndOptions {
  /**
   * The outcomes with which the command has changed something, such as `synced`. A command with such outcomes runs
   * PILOT_LIGHT_ON_END, and leaves a record when it has changed something.
   */
  changes: readonly string[];
  /** Nothing was to be changed: the command only shows its plan. */
  dryRun: boolean;
  /** The file of `--report`. */
  report: ReportFile | undefined;
}

/** A command that has ended, with what it printed to. */
export interface Ended {
  run: EndedRun;
  error: OpsError | undefined;
  /** Markdown of the command itself for the summary of the CI job. */
  jobSummary: string | undefined;
  environment: Environment;
  printer: Printer;
  /** Arguments of the process. */
  args: readonly string[];
  wasInterrupted: boolean;
  /** Aborted by a signal after the end of the command. */
  signal: AbortSignal;
}

/** Milliseconds for storing the record. */
const storingMs = 10_000;

/** Does everything that follows the end of a command. Never throws. */
export async function afterEnd(ended: Ended, options: EndOptions): Promise<void> {
  const { printer, environment } = ended;
  const { changes, dryRun, report } = options;
  const isChanging = changes.length > 0 && !dryRun;
  const hasSummary = changes.length > 0 || ended.jobSummary !== undefined;
  const summaryFile = hasSummary ? readVariable(environment, "GITHUB_STEP_SUMMARY") : undefined;
  if (!isChanging && report === undefined && summaryFile === undefined) return;
  const attempt = async (what: string, work: () => Promise<void>) => {
    await work().catch((error: unknown) => {
      printer.warn(`${what}: ${messageOf(error)}`);
    });
  };
  await attempt("The end of the run was not recorded", async () => {
    const record = redacted(makeRecord(ended.run, printer.log, ended.args, environment), printer);
    if (report !== undefined) {
      await attempt(`The report ${report.path} was not written`, () => writeReport(report, record, printer));
    }
    if (summaryFile !== undefined) {
      await attempt(`The summary of the job was not written to ${summaryFile}`, async () => {
        const { jobSummary } = await import("../report/job-summary.ts");
        const text = ended.jobSummary ?? jobSummary(record);
        await appendFile(summaryFile, printer.redactor.apply(text));
      });
    }
    if (isChanging && hasChanged(ended, changes)) {
      await attempt("The record of this run was not stored in S3", () => store(record, ended));
    }
    const command = isChanging ? readVariable(environment, "PILOT_LIGHT_ON_END") : undefined;
    if (command !== undefined) await callHook(command, record, ended);
  });
}

async function writeReport(report: ReportFile, record: RunRecord, printer: Printer): Promise<void> {
  const { renderReport } = await import("../report/render.ts");
  await report.write(renderReport(record));
  printer.line(`  The report is in ${report.path}`);
}

async function store(record: RunRecord, ended: Ended): Promise<void> {
  const { environment, printer, signal, wasInterrupted } = ended;
  const { storeRun } = await import("../history/store-run.ts");
  const limit = AbortSignal.timeout(wasInterrupted ? grace.record : storingMs);
  const redact = (text: string) => printer.redactor.apply(text);
  const log = (line: string) => printer.detail(line);
  const until = AbortSignal.any([limit, signal]);
  const uri = await storeRun(record, environment, redact, until, log, printer.log.isShared);
  printer.detail(`The record of this run is ${uri}`);
}

async function callHook(command: string, record: RunRecord, ended: Ended): Promise<void> {
  const { environment, error, printer, signal } = ended;
  const { runHook } = await import("../history/hook.ts");
  const facts = { record, state: error?.state ?? "", code: error?.code ?? "" };
  await runHook(command, facts, { environment, printer, signal });
}

/** Whether the run may have changed something. */
function hasChanged({ run, error }: Ended, changes: readonly string[]): boolean {
  if (error === undefined) return changes.includes(run.document.outcome);
  if (error.state !== undefined) return error.state !== "nothing-written";
  return !["usage", "configuration", "precondition"].includes(error.failure);
}

function redacted(record: RunRecord, printer: Printer): RunRecord {
  return JSON.parse(printer.redactor.apply(JSON.stringify(record))) as RunRecord;
}
