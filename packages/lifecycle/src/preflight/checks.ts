/** The checks that both mode changes run before they plan, all at the same time. */
import { readIdentity } from "@pilot-light/core/aws/identity";
import { readVariable } from "@pilot-light/core/config/env";
import type { Outputs } from "@pilot-light/core/contract";
import { formatMinute, plural } from "@pilot-light/core/output/format";
import { readNeon } from "@pilot-light/core/postgres/neon-url";
import { openSession } from "@pilot-light/core/postgres/session";
import { sessionOptions } from "@pilot-light/sync/read/connect";
import type { DirectionName } from "@pilot-light/sync/direction";
import type { Divergence } from "@pilot-light/sync/divergence";
import { readFacts } from "@pilot-light/sync/read/database-facts";
import type { SyncOptions } from "@pilot-light/sync/options";
import type { Plan as SyncPlan } from "@pilot-light/sync/plan/plan";
import type { LifecycleContext } from "../context.ts";
import { askAccount, type AccountFindings } from "../account/index.ts";
import { wantedByPlan } from "../account/wanted.ts";
import { compareCopies } from "./copy-check.ts";
import { assertUsable, readDatabase } from "../aws/database.ts";
import { stateForeign } from "../errors.ts";
import { assertSamePlace } from "./same-account.ts";
import type { Preflight } from "./preflight.ts";
import { countByType, type PlanContents } from "../terraform/changes.ts";
import type { SavedPlan, Stack, StackState } from "../terraform/stack.ts";
import type { TerraformVariable } from "../terraform/variables.ts";

/** Checks the account and the program. */
export function checkAccess(preflight: Preflight, context: LifecycleContext) {
  const { aws, environment, signal, stack } = context;
  const identity = preflight.check("account", async () => {
    const value = await readIdentity(aws, readVariable(environment, "PILOT_LIGHT_ACCOUNT_ID"), signal);
    return { value, summary: `${value.account} as ${value.arn.split(":").at(-1) ?? ""}` };
  });
  const version = preflight.check("terraform", async () => {
    const value = await stack.version();
    return { value, summary: `Terraform ${value}` };
  });
  return { identity, version };
}

/** Checks the account, the program, the state and the instance, and prepares the stack for further commands of terraform. */
export function checkBasics(preflight: Preflight, context: LifecycleContext) {
  const { aws, signal, stack, names } = context;
  const { identity, version } = checkAccess(preflight, context);
  const state = preflight.check("state", async () => {
    // A state in S3 needs the credentials as well. When they are missing, only the check of the account reports it.
    const [who] = await Promise.all([identity, version]);
    await stack.synthesize();
    const read = await readState(stack);
    const value = stack.outputsOf(read);
    assertSamePlace(value, who, aws.region);
    return {
      value: { ...read, outputs: value },
      summary: `${names.stack} is ${describeMode(value)}, according to its state`,
    };
  });
  const outputs = state.then((read) => read.outputs);
  // The check of the state reports its failure.
  outputs.catch(() => undefined);
  const database = preflight.check("rds", async () => {
    await identity;
    const value = await readDatabase(aws, names.databaseInstance, signal);
    if (value !== undefined) assertUsable(value);
    return { value, summary: value === undefined ? "no instance" : `${value.identifier} is ${value.status}` };
  });
  return { state, outputs, database };
}

/**
 * Reads the state, before anything parses its outputs: a state of other code may have outputs of the same form.
 * @throws OpsError STATE_FOREIGN (precondition) when other code created some of its resources
 */
export async function readState(stack: Pick<Stack, "state" | "folder" | "name">): Promise<StackState> {
  const state = await stack.state();
  const foreign = state.unknown.filter(({ isOfEarlierVersion }) => !isOfEarlierVersion);
  if (foreign.length === 0) return state;
  const listCommand = `terraform -chdir=${stack.folder} state list`;
  throw stateForeign({ stack: stack.name, resources: foreign, listCommand });
}

/** "in pilot light", after "is". */
export function describeMode({ dev_activated: active }: Pick<Outputs, "dev_activated">): string {
  return active ? "active" : "in pilot light";
}

export function modeOf(outputs: Pick<Outputs, "dev_activated">) {
  return outputs.dev_activated ? "active" : "pilot-light";
}

/** Creates the Terraform plan. A plan on this machine needs the lock of the state. */
export function checkTerraformPlan(
  preflight: Preflight,
  context: LifecycleContext,
  state: Promise<Pick<StackState, "version">>,
  variables: () => Promise<readonly TerraformVariable[]>,
  blocks?: string,
): Promise<SavedPlan> {
  return preflight.check("plan", async () => {
    const value = await context.stack.plan(await state, await variables(), blocks);
    const how = value.remoteRun === undefined ? "state unlocked" : "planned in Terraform Cloud";
    return { value, summary: `${how}; ${describeChanges(value)}` };
  });
}

/** Finds out what AWS will refuse of the plan. A rule that cannot be checked becomes a note. */
export function checkAccountFor(
  preflight: Preflight,
  context: LifecycleContext,
  contents: Promise<PlanContents>,
): Promise<AccountFindings> {
  return preflight.check("aws", async () => {
    const value = await askAccount(context, wantedByPlan(await contents));
    const { asked, problems, notes } = value;
    const found = problems.length === 0 ? "AWS will accept the plan" : plural(problems.length, "problem");
    const noted = notes.length === 0 ? "" : `, ${plural(notes.length, "note")}`;
    return { value, summary: `${plural(asked, "rule")} checked: ${found}${noted}` };
  });
}

function describeChanges({ changes }: PlanContents): string {
  if (changes.length === 0) return "no changes";
  const count = (action: string) => changes.filter((change) => change.action === action).length;
  const kinds = Object.keys(countByType(changes)).length;
  return `create ${count("create")}, change ${count("change")}, replace ${count("replace")}, destroy ${count("destroy")} (${plural(kinds, "type")})`;
}

/** Connects to Neon. */
export function checkNeon(
  preflight: Preflight,
  { environment, printer, signal }: LifecycleContext,
  side: "source" | "target",
): Promise<unknown> {
  return preflight.check("neon", async () => {
    const endpoint = readNeon(environment, printer.redactor);
    await using session = await openSession(endpoint, sessionOptions(side, environment, signal));
    const { version } = await readFacts(session);
    return { value: undefined, summary: `${endpoint.database} @ ${endpoint.host}, PostgreSQL ${version}` };
  });
}

/**
 * Plans the sync, as its dry run does; null if the deployment will create the database.
 * @param divergence the check that reads all rows: the plan takes its counts instead of counting again
 */
export function checkSync(
  preflight: Preflight,
  context: LifecycleContext,
  direction: DirectionName,
  options: Omit<SyncOptions, "outputs" | "routes" | "via">,
  waitFor: readonly Promise<unknown>[],
  outputs: Promise<Outputs>,
  divergence: () => Promise<Divergence | null>,
): Promise<SyncPlan | null> {
  return preflight.check("sync", async () => {
    await Promise.all(waitFor);
    const deployed = await outputs;
    if (deployed.database_endpoint === "") {
      return { value: null, summary: "the database does not exist yet; the sync runs after the deployment" };
    }
    const { previewSync } = await import("@pilot-light/sync/sync");
    const { plan, refusal } = await previewSync(
      direction,
      { ...options, outputs: { values: deployed }, routes: context.routes },
      context,
      () =>
        divergence().then(
          (found) => ({ neon: found?.neon.rows, rds: found?.rds.rows }),
          () => ({}),
        ),
    );
    if (refusal !== undefined) throw refusal;
    return { value: plan, summary: `${plan.source.system} -> ${plan.target.system} is possible` };
  });
}

/** Finds rows that only the target has; null if there is no database yet. */
export function checkNewerRows(
  preflight: Preflight,
  context: LifecycleContext,
  waitFor: readonly Promise<unknown>[],
  outputs: Promise<Outputs>,
): Promise<Divergence | null> {
  return preflight.check("newer rows", async () => {
    await Promise.all(waitFor);
    const deployed = await outputs;
    if (deployed.database_endpoint === "") return { value: null, summary: "the database does not exist yet" };
    const value = await compareCopies(deployed, context);
    return { value, summary: describeDivergence(value) };
  });
}

function describeDivergence({ last, neon, rds }: Divergence): string {
  if (last === null) return "no copy between Neon and RDS is recorded";
  const side = (name: string, changed: readonly string[] | null) => {
    const count = (changed ?? []).length;
    return count === 0 ? `${name} unchanged` : `${name} changed in ${plural(count, "table")}`;
  };
  return `equal ${formatMinute(last.at)} UTC; since then ${side("Neon", neon.changed)}, ${side("RDS", rds.changed)}`;
}
