/** The plan of a switch: everything a person has to know before saying yes. It is the `--json` of `--dry-run` as well. */
import type { Mode } from "@pilot-light/validate/mode";
import type { Plan as SyncPlan } from "@pilot-light/sync/plan/plan";
import { costsOf, type Costs } from "./costs.ts";
import { estimateMinutes } from "./durations.ts";
import type { Image } from "../aws/images.ts";
import type { StepName, SwitchName } from "../journal/journal.ts";
import { countByType, type Change, type PlanContents } from "../terraform/changes.ts";

/** Types that hold what cannot be made again. */
const dataTypes: ReadonlySet<string> = new Set([
  "aws_db_instance",
  "aws_s3_bucket",
  "aws_ecr_repository",
  "aws_efs_file_system",
  "aws_cloudwatch_log_group",
  "aws_secretsmanager_secret",
]);

/** Of these, what belongs to the active mode and goes with it: metrics, dashboards, generated passwords. */
const activeModeData: ReadonlySet<string> = new Set([
  "aws_efs_file_system",
  "aws_cloudwatch_log_group",
  "aws_secretsmanager_secret",
]);

export interface SwitchPlan {
  command: SwitchName;
  environment: string;
  region: string;
  from: Mode;
  to: Mode;
  steps: readonly StepName[];
  terraform: {
    create: Record<string, number>;
    change: Record<string, number>;
    replace: Record<string, number>;
    destroy: Record<string, number>;
    /** What is deleted or made anew with its data. */
    dataLost: readonly { type: string; name: string; address: string }[];
    /** Resources that stay as they are or are changed in place. */
    kept: Record<string, number>;
  };
  images: readonly Image[];
  sync: SyncPlan | null;
  /** USD a month. */
  costs: { before: Costs; after: Costs };
  minutes: number;
  notes: readonly string[];
}

/** Minutes until services run, after everything is there. */
const settling: Readonly<Record<SwitchName, number>> = { activate: 4, deactivate: 0 };

export function makeSwitchPlan(parts: {
  command: SwitchName;
  environment: string;
  region: string;
  steps: readonly StepName[];
  contents: PlanContents;
  images: readonly Image[];
  sync: SyncPlan | null;
  notes: readonly string[];
  from: Mode;
}): SwitchPlan {
  const { contents, steps, images, sync, notes, command, environment, region, from } = parts;
  const { changes, before, after } = contents;
  const by = (action: Change["action"]) => countByType(changes.filter((change) => change.action === action));
  const gone = new Set(changes.filter(({ action }) => action !== "change").map(({ address }) => address));
  const kept = after.filter(({ address }) => !gone.has(address));
  const syncMinutes = (sync?.estimatedDurationMs ?? 0) / 60_000;
  return {
    command,
    environment,
    region,
    from,
    to: command === "activate" ? "active" : "pilot-light",
    steps,
    terraform: {
      create: by("create"),
      change: by("change"),
      replace: by("replace"),
      destroy: by("destroy"),
      dataLost: dataLosing(changes).map(({ type, name, address }) => ({ type, name, address })),
      kept: countByType(kept),
    },
    images,
    sync,
    costs: { before: costsOf(before), after: costsOf(after) },
    minutes: Math.ceil(estimateMinutes(changes) + syncMinutes + settling[command]),
    notes,
  };
}

/** Changes that take data with them. */
function dataLosing(changes: readonly Change[]): Change[] {
  return changes.filter(
    ({ type, action }) => dataTypes.has(type) && (action === "destroy" || action === "replace"),
  );
}

/** Those among them that no switch should make: `--allow-data-loss` lets them pass. */
export function unexpectedLosses(command: SwitchName, changes: readonly Change[]): Change[] {
  return dataLosing(changes).filter(({ type, action }) => {
    if (command === "activate") return true;
    // The database of a deactivation has a guard and a snapshot of its own.
    return action === "replace" || !(activeModeData.has(type) || type === "aws_db_instance");
  });
}
