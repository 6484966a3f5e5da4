/** Runs a sync for a person: prints the plan, asks, syncs, prints the result. */
import type { CommandContext, CommandOutcome } from "@pilot-light/core/cli/command";
import { canAsk, confirmByName } from "@pilot-light/core/cli/confirm";
import { confirmationNeeded } from "@pilot-light/core/errors";
import { directions, type DirectionName } from "../direction.ts";
import type { SyncOptions } from "../options.ts";
import type { AllowOption } from "../plan/rules/index.ts";
import { readScript } from "../plan/script.ts";
import { performSync, previewSync, type Confirm } from "../sync.ts";
import { printPlan, printResult } from "./render.ts";

/** What the command line states. */
type SyncCommandOptions = Omit<SyncOptions, "script" | "excludeTableData"> & {
  dryRun: boolean;
  yes: boolean;
  excludeTableData?: string[] | undefined;
  /** Path of a script. */
  afterRestore?: string | undefined;
};

export async function runSyncCommand(
  name: DirectionName,
  { afterRestore, excludeTableData = [], ...given }: SyncCommandOptions,
  context: CommandContext,
): Promise<CommandOutcome> {
  const { printer, signal } = context;
  const { target } = directions[name];
  const script = afterRestore === undefined ? {} : { script: await readScript(afterRestore, target) };
  const command = [`pnpm sync ${name}`, ...contentFlags(excludeTableData, afterRestore)].join(" ");
  const commandAllowing = (option: AllowOption) => `${command} --${option}`;
  const options = { ...given, ...script, excludeTableData, commandAllowing };
  if (options.dryRun) {
    const { plan, refusal } = await previewSync(name, options, context);
    printPlan(plan, printer, options);
    if (refusal !== undefined) throw refusal;
    printer.line(`  To run it:  ${command}`);
    return { outcome: "planned", document: { plan } };
  }
  if (!options.yes && !canAsk()) throw confirmationNeeded({ command });
  const confirm: Confirm = async (plan, refusal) => {
    printPlan(plan, printer, options);
    if (options.yes || refusal !== undefined) return;
    const { database, system } = plan.target;
    await confirmByName(`This replaces the database ${database} on ${system}.`, database, signal);
  };
  const start = performance.now();
  const { plan, result } = await performSync(name, options, context, confirm);
  printResult(plan, result, performance.now() - start, printer);
  return { outcome: "synced", document: { plan, result } };
}

/** The options that decide what is copied: a command that is shown without them would copy something else. */
function contentFlags(excludeTableData: readonly string[], afterRestore: string | undefined): string[] {
  return [
    ...excludeTableData.map((pattern) => `--exclude-table-data ${quoted(pattern)}`),
    ...(afterRestore === undefined ? [] : [`--after-restore ${quoted(afterRestore)}`]),
  ];
}

/** For a shell, where it is needed. */
function quoted(value: string): string {
  return /^[\w./@:+-]+$/.test(value) ? value : `'${value.replaceAll("'", "'\\''")}'`;
}
