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
import type { Report } from "@pilot-light/validate/documents";
import { createReads } from "@pilot-light/validate/reads";
import { summarize } from "@pilot-light/validate/report";
import { createProgress } from "@pilot-light/validate/reporters/create-progress";
import { runTimeout } from "@pilot-light/validate/errors";
import { runChecks } from "@pilot-light/validate/runner";
import type { Basics } from "../context.ts";
import { neverDeployed } from "../errors.ts";
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

/** Milliseconds for one check that states no limit, and for all of them. */
const checkTime = 15_000;
const wholeTime = 60_000;

/** Every check waits for the network, so all may run at the same time. */
const jobs = 32;

/** The page that describes every check. */
const page = () => "docs/runbooks/doctor.md";

/** @throws OpsError INTERRUPTED: everything else is a result of a check */
export async function doctor(options: DoctorOptions, command: CommandContext): Promise<CommandOutcome> {
  const { printer } = command;
  const settings = settingsOf(command);
  printSettings(settings, command);
  const { environment, invalid } = usableEnvironment(command.environment);
  await using work = await openWorkDirectory();
  const end = new AbortController();
  const timer = setTimeout(() => end.abort(runTimeout()), wholeTime);
  const signal = AbortSignal.any([command.signal, end.signal]);
  const context: CommandContext = { ...command, environment, signal };
  await using routes = new Routes({ via: options.via, startsTask: false }, context);
  const progress = createProgress(printer, new Set(), page);
  try {
    const report = await examine(options, context, { work: work.path, routes, invalid }, progress);
    progress.end(report);
    const isReady = report.summary.failed === 0;
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

/** What the checks share. */
interface Shared {
  /** Path of a temporary directory. */
  work: string;
  routes: Routes;
  /** Errors of variables that are not valid. */
  invalid: readonly Error[];
}

/** Runs the checks. */
async function examine(
  { outputs: source, via, directory }: DoctorOptions,
  context: CommandContext,
  { work, routes, invalid }: Shared,
  progress: ReturnType<typeof createProgress>,
): Promise<Report> {
  const start = performance.now();
  const { environment, printer, settings, signal } = context;
  const log = (line: string) => printer.detail(line);
  const hide = (secret: string) => printer.redactor.add(secret);
  const project = readProject(environment);
  const names = resourceNames(project);
  const aws = commandAwsClients(environment, log);
  const basics: Basics = { ...context, cleaningSignal: signal, project, names, aws, directory };
  let reading: Promise<DeployedState> | undefined;
  const state = () => (reading ??= readDeployedState(basics, work));
  const reads = createReads({
    ...{ aws, environment, names, routes, directory, signal, hide, log },
    outputs: async () => {
      if (source !== "deployed") return source;
      const { outputs } = await state();
      if (outputs === undefined) throw neverDeployed({ stack: names.stack });
      return { values: outputs };
    },
  });
  const mode = async () => ((await reads.outputs()).values.dev_activated ? "active" : "pilot-light");
  const checks = checksOf({ settings, via, source, invalid, state, ...databaseReaders() });
  const header = { project, environment: environmentName, region: aws.region } as const;
  progress.begin({ checks, header: { ...header, title: "Doctor" } });
  const results = await runChecks(checks, {
    context: (own) => ({
      ...{ environment, aws, project, names, reads, signal: own, now: new Date(), hide, log },
      options: { directory },
    }),
    ...{ mode, jobs, timeout: checkTime, signal },
    onStart: (check) => progress.started(check),
    onResult: (result) => progress.finished(result),
  });
  const hasOutputs = results.some(({ id, status }) => id === "terraform-outputs" && status === "passed");
  return {
    ...header,
    mode: hasOutputs ? await mode() : null,
    account: await reads.identity().then(
      ({ account }) => account,
      () => null,
    ),
    checks: results,
    summary: summarize(results),
    durationMs: Math.round(performance.now() - start),
    notes: [],
  };
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
