/** `pnpm run doctor`: checks what works on this machine with this account. Reads only, and every probe has a limit. */
import { commandAwsClients } from "@pilot-light/core/aws/clients";
import type { CommandContext, CommandOutcome } from "@pilot-light/core/cli/command";
import { readProject } from "@pilot-light/core/config/project";
import type { Via } from "@pilot-light/core/config/via";
import { environmentName, resourceNames } from "@pilot-light/core/contract";
import { exitCodes } from "@pilot-light/core/ops-error";
import { Routes } from "@pilot-light/core/reach/routes";
import type { OutputsSource } from "@pilot-light/core/terraform/outputs";
import { openWorkDirectory } from "@pilot-light/core/work-directory";
import { awsCredentials } from "@pilot-light/validate/checks/aws-credentials";
import type { Check } from "@pilot-light/validate/check";
import { createReads } from "@pilot-light/validate/reads";
import { summarize } from "@pilot-light/validate/report";
import { createProgress } from "@pilot-light/validate/reporters/create-progress";
import { runTimeout } from "@pilot-light/validate/errors";
import { runChecks } from "@pilot-light/validate/runner";
import { neverDeployed } from "../errors.ts";
import type { Examination } from "../setup-documents.ts";
import { accountChecks } from "./checks/account.ts";
import {
  bucketCheck,
  neonApiCheck,
  neonCheck,
  rdsCheck,
  rdsRouteCheck,
  rdsSecretCheck,
  stateCheck,
} from "./checks/environment.ts";
import {
  clientProgramsCheck,
  nodeCheck,
  pnpmCheck,
  settingsCheck,
  temporarySpaceCheck,
  terraformCheck,
} from "./checks/machine.ts";
import { databaseReaders, type DoctorContext } from "./context.ts";
import { printSettings, settingsOf, usableEnvironment } from "./settings.ts";
import { readDeployedState, type DeployedState } from "./state.ts";

export interface DoctorOptions {
  outputs: OutputsSource;
  /** The option `--via`. */
  via: Via | undefined;
  /** Folder with cdktf.json. */
  directory: string;
}

/** Milliseconds for one check that has no limit of its own, and for all of them. */
const checkTime = 15_000;
const wholeTime = 60_000;

/** Every check waits for the network, so all may run at the same time. */
const jobs = 32;

/** The page that describes every check. */
const page = () => "docs/runbooks/doctor.md";

/** @throws OpsError INTERRUPTED: everything else is a result of a check */
export async function doctor(options: DoctorOptions, command: CommandContext): Promise<CommandOutcome> {
  const start = performance.now();
  const { printer, signal: interruption } = command;
  const { environment, invalid } = usableEnvironment(command.environment);
  const context: CommandContext = { ...command, environment };
  const project = readProject(environment);
  const names = resourceNames(project);
  const log = (line: string) => printer.detail(line);
  const aws = commandAwsClients(environment, log);
  await using work = await openWorkDirectory();
  const end = new AbortController();
  const timer = setTimeout(() => end.abort(runTimeout()), wholeTime);
  const signal = AbortSignal.any([interruption, end.signal]);
  await using routes = new Routes({ via: options.via, startsTask: false }, { ...context, signal });
  let reading: Promise<DeployedState> | undefined;
  const state = () =>
    (reading ??= readDeployedState(
      { ...context, cleaningSignal: signal, project, names, aws, directory: options.directory },
      work.path,
      signal,
    ));
  const read: Pick<Examination, "mode" | "account"> = { mode: null, account: null };
  const hide = (secret: string) => printer.redactor.add(secret);
  const reads = createReads({
    ...{ aws, environment, names, routes, directory: options.directory, signal, hide, log },
    outputs: async () => {
      if (options.outputs !== "deployed") return options.outputs;
      const { outputs } = await state();
      if (outputs === undefined) throw neverDeployed({ stack: names.stack });
      return { values: outputs };
    },
  });
  const readMode = async () => ((await reads.outputs()).values.dev_activated ? "active" : "pilot-light");
  const doctorContext: DoctorContext = {
    ...{ settings: command.settings, via: options.via, source: options.outputs, invalid, state },
    ...databaseReaders(),
  };
  const checks = checksOf(doctorContext);
  const settings = settingsOf(command);
  printSettings(settings, command);
  const header: Pick<Examination, "project" | "environment" | "region"> = {
    project,
    environment: environmentName,
    region: aws.region,
  };
  const progress = createProgress(printer, new Set(), page);
  try {
    progress.begin({ checks, header: { ...header, title: "Doctor" } });
    const results = await runChecks(checks, {
      context: (own) => ({
        ...{ environment, aws, project, names, reads, signal: own, now: new Date(), hide, log },
        options: { directory: options.directory },
      }),
      mode: readMode,
      jobs,
      timeout: checkTime,
      signal,
      onStart: (check) => progress.started(check),
      onResult: (result) => progress.finished(result),
    });
    const isRead = results.some(({ id, status }) => id === "terraform-outputs" && status === "passed");
    if (isRead) read.mode = await readMode();
    read.account = await reads.identity().then(
      ({ account }) => account,
      () => null,
    );
    const summary = summarize(results);
    const report = {
      ...header,
      ...read,
      checks: results,
      summary,
      durationMs: Math.round(performance.now() - start),
      notes: [],
    };
    progress.end(report);
    const isReady = summary.failed === 0;
    return {
      outcome: isReady ? "ready" : "not ready",
      document: { ...report, settings },
      exit: isReady ? 0 : exitCodes.problems,
    };
  } finally {
    clearTimeout(timer);
    end.abort();
    progress.close();
  }
}

function checksOf(doctor: DoctorContext): readonly Check[] {
  return [
    ...[
      settingsCheck(doctor),
      nodeCheck,
      pnpmCheck,
      terraformCheck,
      clientProgramsCheck(doctor),
      temporarySpaceCheck(doctor),
    ],
    ...[awsCredentials, stateCheck(doctor), bucketCheck, neonCheck(doctor), neonApiCheck],
    ...[rdsSecretCheck(), rdsRouteCheck(doctor), rdsCheck(doctor)],
    ...accountChecks(doctor),
  ];
}
