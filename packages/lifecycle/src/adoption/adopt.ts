/** `pnpm infra:adopt`: takes over an environment that other Terraform code created. Deletes and replaces none of its resources. */
import { mkdir, writeFile } from "node:fs/promises";
import { join } from "node:path";
import type { CommandContext, CommandOutcome } from "@pilot-light/core/cli/command";
import { canAsk, confirmByName } from "@pilot-light/core/cli/confirm";
import { confirmationNeeded } from "@pilot-light/core/errors";
import { environmentName } from "@pilot-light/core/contract";
import { messageOf } from "@pilot-light/core/ops-error";
import { plural } from "@pilot-light/core/output/format";
import { commandLine } from "@pilot-light/core/process";
import { openContext, type LifecycleContext } from "../context.ts";
import { assertSameImages } from "../deployment/prepare.ts";
import { adoptionAmbiguous, adoptionConflict, adoptionHarmful, retentionShortened } from "../errors.ts";
import { beforeAnyChange } from "../mode-change.ts";
import { readExpiringDumps } from "../plan/expiring-dumps.ts";
import { accountGuard, accountRefusal } from "../plan/guards/account.ts";
import { isAllowed, type Guard } from "../plan/guards/guard.ts";
import { retentionGuard } from "../plan/guards/retention.ts";
import { summarize } from "../plan/mode-change-plan.ts";
import { printHead } from "../plan/render.ts";
import { shorterRetentions } from "../plan/retention.ts";
import { deploy } from "../steps/deploy.ts";
import { nameOf, type PlanContents } from "../terraform/changes.ts";
import { hideSecrets, soundsSecret } from "../terraform/variables.ts";
import { blocksInPlace, importBlocks, importIdOf, partlyTakenOver, removedBlocks } from "./blocks.ts";
import type { ExistingState } from "./existing-state.ts";
import { conflictsOf, harmfulChanges, subnetGroupProblems } from "./inspect.ts";
import type { Mapping } from "./match.ts";
import {
  planAdoption,
  prepareMapping,
  readExistingState,
  type AdoptionOptions,
  type PreparedMapping,
} from "./prepare.ts";
import { adoptionDocument, printAdopted, printAdoptionPlan, printMapping } from "./render.ts";

export interface AdoptOptions extends AdoptionOptions {
  dryRun: boolean;
  yes: boolean;
  /** Ids of the guards whose findings are allowed. */
  allow: ReadonlySet<string>;
}

/** Runs `pnpm infra:adopt`. */
export async function adopt(options: AdoptOptions, command: CommandContext): Promise<CommandOutcome> {
  hideSecrets(options.variables, soundsSecret, command.printer.redactor);
  if (!options.dryRun && !options.yes && !canAsk()) {
    throw confirmationNeeded({ command: adoptLine(options) });
  }
  const existing = await readExistingState(options.file);
  await using context = await openContext(command);
  const { aws, names, printer, project, stack } = context;
  const right = options.dryRun ? "dry run, nothing is written" : "";
  printHead(`Adopt  ${project} ${environmentName}, ${aws.region}`, right, printer);
  const { prepared, blocks, contents } = await beforeAnyChange(() => plan(options, existing, context));
  const document = adoptionDocument(names.stack, prepared, summarize(contents));
  printer.log.add(document);
  if (options.dryRun) {
    printer.line(`  Nothing was written. To run it:  ${adoptLine(options)}`);
    return { outcome: "planned", document };
  }
  await beforeAnyChange(async () => {
    if (!options.yes) await confirmByName(`This takes over ${names.stack}.`, names.stack, context.signal);
    await stack.assertCurrent(contents);
    await assertSameImages(prepared, context);
  });
  // A plan without changes to resources also takes them over.
  await deploy(stack, contents, context, { evenWithoutChanges: true });
  // Only after the apply: with removed.tf, the existing code forgets resources that this stack must have taken over before.
  const files = await writeBlocks(prepared, blocks, context).catch((error: unknown) => {
    const again = prepared.isInPlace ? "" : ` To write them, run the command again:  ${adoptLine(options)}`;
    printer.warn(`The files of the adoption were not written: ${messageOf(error)}.${again}`);
    return [];
  });
  printAdopted(prepared, files, options.variables, context);
  return {
    outcome: "adopted",
    document: { ...document, files },
    summary: `${names.stack} has taken over ${plural(prepared.mapping.takenOver.length, "resource")}.`,
    next: [{ purpose: "to check it", command: "pnpm infra:diff" }],
  };
}

/**
 * The mapping and the plan, printed.
 * @throws OpsError ADOPTION_AMBIGUOUS, ADOPTION_CONFLICT, ADOPTION_HARMFUL, RETENTION_SHORTENED, ACCOUNT_NOT_READY (precondition)
 */
async function plan(options: AdoptOptions, existing: ExistingState, context: LifecycleContext) {
  const { printer } = context;
  const prepared = await prepareMapping(options, existing, context);
  printMapping(prepared, printer);
  assertDecided(prepared);
  const blocks = blocksFor(prepared);
  const { contents, account } = await planAdoption(prepared, blocks, context);
  const harmful = [
    ...harmfulChanges(contents, prepared.mapping, prepared.deviations),
    ...subnetGroupProblems(prepared.mapping),
  ];
  if (harmful.length > 0) {
    const keep = [...new Set(harmful.flatMap((change) => change.keep))];
    const { folder: stackFolder } = context.stack;
    throw adoptionHarmful({ changes: harmful, stackFolder, againCommand: adoptLine(options, keep) });
  }
  if (!isAllowed(retentionGuard, options)) {
    await assertRetention(options, contents, prepared.mapping, context);
  }
  if (account.problems.length > 0 && !isAllowed(accountGuard, options)) {
    throw accountRefusal(account.problems, adoptLine(allowing(accountGuard, options)));
  }
  printAdoptionPlan(contents, prepared, printer);
  for (const note of account.notes) printer.warn(note);
  return { prepared, blocks, contents };
}

/**
 * Checks that AWS keeps everything for as long as the existing code told it to.
 * @throws OpsError RETENTION_SHORTENED (precondition)
 */
async function assertRetention(
  options: AdoptOptions,
  { changes, before, after }: PlanContents,
  { takenOver }: Mapping,
  context: LifecycleContext,
): Promise<void> {
  // A plan does not count a resource that it imports among those that existed before.
  const imported = takenOver.map(({ own: { address, type }, existing: { values } }) => ({
    ...{ address, type, values },
  }));
  const contents = { changes, before: [...before, ...imported], after };
  const shorter = shorterRetentions(contents);
  if (shorter.length === 0) return;
  throw retentionShortened({
    changes: shorter,
    dumps: await readExpiringDumps(contents, context),
    anywayCommand: adoptLine(allowing(retentionGuard, options)),
  });
}

function allowing({ id }: Pick<Guard, "id">, options: AdoptOptions): AdoptOptions {
  return { ...options, allow: new Set([...options.allow, id]) };
}

/** @throws OpsError ADOPTION_AMBIGUOUS, ADOPTION_CONFLICT (precondition) */
function assertDecided({ mapping, present, isInPlace }: PreparedMapping): void {
  if (mapping.ambiguous.length > 0) {
    const choices = mapping.ambiguous.map(({ own, candidates }) => ({
      own: own.address,
      candidates: candidates.map(({ address, values }) => ({ address, name: nameOf(values) ?? address })),
    }));
    throw adoptionAmbiguous({ choices });
  }
  const conflicts = conflictsOf(mapping, present, isInPlace);
  if (conflicts.length > 0) throw adoptionConflict({ conflicts });
}

/** The blocks that this plan adds to the stack. */
function blocksFor({ mapping, isInPlace }: PreparedMapping): string {
  if (isInPlace) return blocksInPlace(mapping);
  return importBlocks(
    mapping.takenOver.flatMap((match) => {
      const id = importIdOf(match);
      return id === undefined ? [] : [{ to: match.own.address, id }];
    }),
  );
}

/** Writes what was applied, and what the existing code needs, next to the state. Returns the paths. */
async function writeBlocks(
  { mapping, isInPlace }: PreparedMapping,
  blocks: string,
  { directory, names }: LifecycleContext,
): Promise<string[]> {
  const folder = join(directory, "adoption", names.stack);
  await mkdir(folder, { recursive: true });
  const write = async (name: string, lines: readonly string[], contents: string) => {
    const file = join(folder, name);
    await writeFile(file, `${lines.map((line) => `# ${line}\n`).join("")}\n${contents}`);
    return file;
  };
  const applied = await write("adoption.tf", appliedHead, blocks);
  if (isInPlace) return [applied];
  const partly = new Set(partlyTakenOver(mapping));
  const whole = mapping.takenOver.map(({ existing }) => existing).filter((one) => !partly.has(one));
  const commands = [...partly].map(({ address }) => commandLine("terraform", ["state", "rm", address]));
  const rest = commands.length === 0 ? [] : ["", ...partlyHead, ...commands.map((line) => `  ${line}`)];
  return [applied, await write("removed.tf", [...removedHead, ...rest], removedBlocks(whole))];
}

const appliedHead = [
  "Terraform has applied these blocks. Nothing reads this file: it records which resource became which.",
];

const removedHead = [
  "For the folder of the existing code. Delete the blocks of these resources there, put this file next to the rest, and apply:",
  "Terraform then forgets the resources and deletes none of them. It needs Terraform 1.7. The plan must destroy nothing.",
];

const partlyHead = ["This stack takes over only some instances of a resource. Run these commands there:"];

/** The same command again. */
function adoptLine({ allow, file, map, variables }: AdoptOptions, more: readonly string[] = []): string {
  return commandLine("pnpm", [
    ...["infra:adopt", "--state", file],
    ...map.flatMap(({ existing, own }) => ["--map", `${existing}=${own}`]),
    ...variables.flatMap((variable) =>
      "file" in variable ? ["--var-file", variable.file] : ["--var", `${variable.name}=${variable.value}`],
    ),
    ...more.flatMap((value) => ["--var", value]),
    ...[...allow].map((id) => `--allow-${id}`),
  ]);
}
