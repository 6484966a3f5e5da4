/** What `pnpm infra:diff` and `pnpm infra:deploy` share: the checks, the Terraform plan, and the reasons to refuse it. */
import type { AwsIdentity } from "@pilot-light/core/aws/identity";
import { environmentName } from "@pilot-light/core/contract";
import type { OpsError } from "@pilot-light/core/ops-error";
import type { Environment } from "@pilot-light/core/config/env";
import { formatMinute } from "@pilot-light/core/output/format";
import { type Mode, modeName } from "@pilot-light/validate/mode";
import { runningImages } from "@pilot-light/validate/aws/running-images";
import type { LifecycleContext } from "../context.ts";
import { stateChanged } from "../errors.ts";
import { planOptions } from "../journal/command-hints.ts";
import { Journal } from "../journal/journal.ts";
import { costsOf, type Costs } from "../plan/costs.ts";
import { checkGuards } from "../plan/guards/index.ts";
import { summarize, type TerraformSummary } from "../plan/mode-change-plan.ts";
import { checkAccess, checkAccountFor, checkTerraformPlan, modeOf, readState } from "../preflight/checks.ts";
import { readExpiringDumps } from "../plan/expiring-dumps.ts";
import { Preflight } from "../preflight/preflight.ts";
import { assertSamePlace } from "../preflight/same-account.ts";
import type { SavedPlan, StackState } from "../terraform/stack.ts";
import type { TerraformVariable } from "../terraform/variables.ts";

/** What the state contains. */
interface StateFacts extends StackState {
  /** Null before the first deployment. */
  from: Mode | null;
}

/** The options of both commands. */
export interface DeploymentOptions {
  /** Variables for Terraform, in the order of their precedence. */
  variables: readonly TerraformVariable[];
  /** Ids of the guards whose findings are allowed. */
  allow: ReadonlySet<string>;
}

export interface DeploymentPlan {
  environment: string;
  region: string;
  /** Null before the first deployment. */
  from: Mode | null;
  to: Mode;
  terraform: TerraformSummary;
  monthlyCosts: { before: Costs; after: Costs };
  notes: readonly string[];
}

export interface Prepared {
  plan: DeploymentPlan;
  contents: SavedPlan;
  refusals: readonly OpsError[];
  kept: KeptVariables;
}

/** The variables of the last deployment that a plan keeps. */
export type KeptVariables = readonly { name: string; value: string }[];

/**
 * Checks and plans. Writes nothing.
 * @throws the errors of the checks, such as STATE_FOREIGN (precondition)
 */
export async function prepareDeployment(
  options: DeploymentOptions,
  context: LifecycleContext,
): Promise<Prepared> {
  const { environment, printer, aws, names, signal, stack } = context;
  const preflight = new Preflight(printer);
  const { identity, version } = checkAccess(preflight, context);
  const state = preflight.check<StateFacts>("state", async () => {
    const [who] = await Promise.all([identity, version]);
    await stack.synthesize();
    const read = await readState(stack);
    const from = readMode(read.outputs, who, aws.region);
    const summary =
      from === null ? `${names.stack} is not deployed yet` : `${names.stack} is ${modeName(from)}`;
    return { value: { ...read, from }, summary };
  });
  const keeping = state.then(({ from }) => keptVariables(from, context));
  keeping.catch(() => undefined);
  const planned = checkTerraformPlan(preflight, context, state, async () => [
    // First, because a later variable has precedence: that of the command line.
    ...unsetOf(await keeping, environment),
    ...options.variables,
  ]);
  const account = checkAccountFor(preflight, context, planned);
  const journal = Journal.open(context);
  journal.catch(() => undefined);
  await preflight.report(signal);
  const { unknown, from } = await state;
  const contents = await planned;
  const to = contents.activates === true ? "active" : "pilot-light";
  // Only `--resume` needs the journal, so an unreadable journal is no error here.
  const { unfinished } = await journal.catch(() => ({ unfinished: undefined }));
  const { refusals, notes } = checkGuards({
    command: "infra:deploy",
    options: planOptions(options),
    changes: contents.changes,
    stackFolder: stack.folder,
    contents,
    expiring: await readExpiringDumps(contents, context),
    account: await account,
    unknown,
    unfinished: unfinished?.command,
    activeNow: from === "active",
    activeAfter: to === "active",
    willSync: false,
    divergence: null,
  });
  return {
    contents,
    refusals,
    kept: await keeping,
    plan: {
      environment: names.stack,
      region: aws.region,
      from,
      to,
      terraform: summarize(contents),
      monthlyCosts: { before: costsOf(contents.before), after: costsOf(contents.after) },
      notes: [
        ...(from !== null && from !== to ? [modeNote(to)] : []),
        ...(unfinished === undefined
          ? []
          : [
              `the run of \`${unfinished.command}\` of ${formatMinute(unfinished.startedAt)} UTC has not finished: to finish it, run  pnpm ${unfinished.command} --resume`,
            ]),
        ...(await account).notes,
        ...notes,
      ],
    },
  };
}

/**
 * The mode that the state records; null when nothing was deployed. Outputs of another version need not be those of the contract.
 * @throws OpsError WRONG_REGION, WRONG_ACCOUNT (precondition)
 */
function readMode(outputs: Readonly<Record<string, unknown>>, who: AwsIdentity, region: string): Mode | null {
  const { dev_activated: active, aws_region = region, backend_ecr_repository_url = "" } = outputs;
  assertSamePlace(
    {
      aws_region: String(aws_region),
      backend_ecr_repository_url: String(backend_ecr_repository_url),
    },
    who,
    region,
  );
  return typeof active === "boolean" ? modeOf({ dev_activated: active }) : null;
}

/** The variables of the last deployment that AWS and the state record: the mode, and the images that run. */
export async function keptVariables(
  from: Mode | null,
  { aws, names, signal }: Pick<LifecycleContext, "aws" | "names" | "signal">,
): Promise<KeptVariables> {
  if (from === null) return [];
  const images = from === "active" ? await runningImages(aws, names, signal) : [];
  return [{ name: "dev_activated", value: String(from === "active") }, ...images];
}

/**
 * Checks that the services still run the images of the plan: CI deploys images without Terraform.
 * @param from the mode before the plan; null if nothing was deployed
 * @throws OpsError STATE_CHANGED (precondition)
 */
export async function assertSameImages(
  { kept, from }: { kept: KeptVariables; from: Mode | null },
  context: Pick<LifecycleContext, "aws" | "names" | "signal">,
): Promise<void> {
  const now = await keptVariables(from, context);
  if (JSON.stringify(now) !== JSON.stringify(kept)) throw stateChanged();
}

/** Terraform reads an environment variable only if no argument sets the variable. */
export function unsetOf(variables: readonly { name: string; value: string }[], environment: Environment) {
  return variables.filter(({ name }) => environment[`TF_VAR_${name}`] === undefined);
}

function modeNote(to: Mode): string {
  const command = to === "active" ? "activate" : "deactivate";
  return `this changes the mode of ${environmentName} to ${modeName(to)} and copies no data: pnpm ${command} --sync-data copies it`;
}
