/** The checks, the mapping and the plan of an adoption. Reads only. */
import { readFile } from "node:fs/promises";
import type { AwsIdentity } from "@pilot-light/core/aws/identity";
import { wrongAccount } from "@pilot-light/core/errors";
import { messageOf } from "@pilot-light/core/ops-error";
import { plural } from "@pilot-light/core/output/format";
import type { Mode } from "@pilot-light/validate/mode";
import type { LifecycleContext } from "../context.ts";
import { keptVariables, unsetOf, type KeptVariables } from "../deployment/prepare.ts";
import { adoptionEmpty, existingStateUnreadable, mapInvalid, stateForeign, wrongRegion } from "../errors.ts";
import { checkAccess, checkAccountFor, checkTerraformPlan } from "../preflight/checks.ts";
import { Preflight } from "../preflight/preflight.ts";
import type { Resource } from "../terraform/changes.ts";
import type { StackState } from "../terraform/stack.ts";
import type { TerraformVariable } from "../terraform/variables.ts";
import { deviationsOf, type Deviation } from "./deviations.ts";
import { parseExistingState, type ExistingState } from "./existing-state.ts";
import { choicesOf, mapProblems } from "./inspect.ts";
import { matchResources, type Mapping } from "./match.ts";
import { parseOwnResources } from "./own-resources.ts";

/** One option `--map`; `own` is "" for a resource to leave alone. */
export interface MapOption {
  existing: string;
  own: string;
}

export interface AdoptionOptions {
  /** The file with the existing state. */
  file: string;
  map: readonly MapOption[];
  variables: readonly TerraformVariable[];
}

export interface PreparedMapping {
  mapping: Mapping;
  deviations: readonly Deviation[];
  /** Whether the existing state is the state of this stack: other code has written it there. */
  isInPlace: boolean;
  /** The resources of this stack's state; none when it is the existing state. */
  present: readonly Resource[];
  /** Version of this stack's state. */
  version: string;
  /** The variables for the plan: those of the command, the mode, and the images that run. */
  variables: readonly TerraformVariable[];
  /** Those of them that the existing environment states: the mode and the images. */
  kept: KeptVariables;
  /** The mode of the existing environment; null if its state does not have it. */
  from: Mode | null;
}

/** @throws OpsError EXISTING_STATE_UNREADABLE (configuration) */
export async function readExistingState(file: string): Promise<ExistingState> {
  let state: ExistingState | undefined;
  try {
    state = parseExistingState(JSON.parse(await readFile(file, "utf8")));
  } catch (error) {
    // The message of a JSON error quotes the file, which may contain secrets.
    const reason = error instanceof SyntaxError ? "it is not JSON" : messageOf(error);
    throw existingStateUnreadable({ file, reason });
  }
  const form = "it has neither the form of `terraform show -json` nor that of `terraform state pull`";
  if (state === undefined) throw existingStateUnreadable({ file, reason: form });
  if (state.resources.length === 0) throw existingStateUnreadable({ file, reason: "it has no resources" });
  return state;
}

/**
 * Checks the account and the states, and matches the resources.
 * @throws OpsError MAP_INVALID (usage), ADOPTION_EMPTY, STATE_FOREIGN, WRONG_ACCOUNT, WRONG_REGION (precondition)
 */
export async function prepareMapping(
  options: AdoptionOptions,
  existing: ExistingState,
  context: LifecycleContext,
): Promise<PreparedMapping> {
  const { printer, stack, signal } = context;
  const preflight = new Preflight(printer);
  const { identity, version } = checkAccess(preflight, context);
  const place = preflight.check("state", async () => {
    const [who] = await Promise.all([identity, version]);
    assertSamePlaceAs(existing, who, context.aws.region);
    await stack.synthesize();
    const state = await stack.state();
    const isInPlace = isStateOfStack(existing, state, context);
    const present = isInPlace ? [] : state.resources;
    const summary = isInPlace
      ? `${stack.name} has the existing state: its resources will be renamed in it`
      : `${stack.name} has its own state: the resources will be imported into it`;
    return { value: { isInPlace, present, version: state.version }, summary };
  });
  const matched = preflight.check("match", async () => {
    await place;
    const from = modeOf(existing);
    const kept = await keptVariables(from, context);
    // The variables of the command line come last, because they have precedence.
    const variables = [...unsetOf(kept, context.environment), ...options.variables];
    const { plan, configuration } = await stack.planFromNothing(variables);
    const own = parseOwnResources(plan, configuration);
    const problems = mapProblems(options.map, own, existing.resources);
    if (problems.length > 0) throw mapInvalid({ problems });
    const mapping = matchResources(own, existing.resources, choicesOf(options.map));
    if (mapping.takenOver.length === 0 && mapping.ambiguous.length === 0) {
      throw adoptionEmpty({ file: options.file, project: context.project });
    }
    const { takenOver, created } = mapping;
    const summary = `${plural(takenOver.length, "resource")} taken over, ${created.length} new, of ${existing.resources.length} existing`;
    return { value: { mapping, variables, kept, from }, summary };
  });
  await preflight.report(signal);
  const found = await matched;
  return { ...(await place), ...found, deviations: deviationsOf(found.mapping.takenOver) };
}

/** Plans the adoption, and finds out what AWS will refuse of the plan. */
export async function planAdoption(
  prepared: Pick<PreparedMapping, "variables" | "version">,
  blocks: string,
  context: LifecycleContext,
) {
  const preflight = new Preflight(context.printer);
  const { variables } = prepared;
  const planned = checkTerraformPlan(
    preflight,
    context,
    Promise.resolve(prepared),
    () => Promise.resolve(variables),
    blocks,
  );
  const account = checkAccountFor(preflight, context, planned);
  await preflight.report(context.signal);
  return { contents: await planned, account: await account };
}

/** The mode of the existing environment; null if its state does not have it. */
function modeOf({ active }: Pick<ExistingState, "active">): Mode | null {
  if (active === undefined) return null;
  return active ? "active" : "pilot-light";
}

/**
 * Whether the existing state is in the place of this stack's state. After an adoption, or a part of one, this place has no foreign resources
 * any more. Then only the lineage shows that the file is an older copy of the same state.
 * @throws OpsError STATE_FOREIGN (precondition) when this place has foreign resources that the file does not contain
 */
function isStateOfStack(
  existing: ExistingState,
  { lineage, unknown }: Pick<StackState, "lineage" | "unknown">,
  { stack }: LifecycleContext,
): boolean {
  const foreign = unknown.filter(({ isOfEarlierVersion }) => !isOfEarlierVersion);
  const addresses = new Set(existing.resources.map(({ address }) => address));
  const others = foreign.filter(({ address }) => !addresses.has(address));
  if (others.length === 0) {
    const isSame = existing.lineage !== undefined && existing.lineage === lineage;
    return foreign.length > 0 || isSame;
  }
  const listCommand = `terraform -chdir=${stack.folder} state list`;
  throw stateForeign({ stack: stack.name, resources: others, listCommand });
}

/**
 * Checks the account and the region. In another one, Terraform would find no resource to import.
 * @throws OpsError WRONG_ACCOUNT, WRONG_REGION (precondition)
 */
function assertSamePlaceAs(
  { resources }: ExistingState,
  { account }: Pick<AwsIdentity, "account">,
  region: string,
): void {
  for (const { type, values } of resources) {
    const arn = typeof values["arn"] === "string" ? values["arn"] : "";
    const [, , , regionOf = "", expected = ""] = arn.split(":");
    // The certificates of CloudFront are in us-east-1, in whichever region the environment is.
    const isElsewhere = regionOf !== "" && regionOf !== region && type !== "aws_acm_certificate";
    if (expected !== "" && /^\d{12}$/.test(expected) && expected !== account) {
      throw wrongAccount({ account, expected, expectedBy: "the existing environment is in", correction: "" });
    }
    if (isElsewhere) throw wrongRegion({ deployed: regionOf, region });
  }
}
