/** The plan of a mode change: what a person has to know before the answer to the prompt. `--dry-run --json` prints it. */
import type { Mode } from "@pilot-light/validate/mode";
import type { Plan as SyncPlan } from "@pilot-light/sync/plan/plan";
import { costsOf, type Costs } from "./costs.ts";
import { dataLosing } from "./data-losses.ts";
import { estimateMinutes } from "./durations.ts";
import type { Image } from "../aws/images.ts";
import type { StepName } from "../journal/journal.ts";
import type { ModeChangeName } from "../options.ts";
import { countByType, type Change, type PlanContents } from "../terraform/changes.ts";

/** The changes of a Terraform plan: numbers of resources by type. */
export interface TerraformSummary {
  create: Record<string, number>;
  change: Record<string, number>;
  replace: Record<string, number>;
  destroy: Record<string, number>;
  /** Resources that will be deleted or replaced with their data. */
  dataLost: readonly { type: string; name: string; address: string }[];
  /** Resources that are unchanged or changed in place. */
  kept: Record<string, number>;
  /** Of all changes with their new values, in hex. */
  digest: string;
}

export interface ModeChangePlan {
  command: ModeChangeName;
  environment: string;
  region: string;
  from: Mode;
  to: Mode;
  steps: readonly StepName[];
  terraform: TerraformSummary;
  images: readonly Image[];
  sync: SyncPlan | null;
  monthlyCosts: { before: Costs; after: Costs };
  estimatedDurationMs: number;
  /** When the environment will be due for its deactivation. */
  deactivateAt: string | null;
  notes: readonly string[];
}

/** Minutes until services run, after Terraform has created them. */
const settlingMinutes: Readonly<Record<ModeChangeName, number>> = { activate: 4, deactivate: 0 };

export function makeModeChangePlan(parts: {
  command: ModeChangeName;
  environment: string;
  region: string;
  steps: readonly StepName[];
  contents: PlanContents;
  images: readonly Image[];
  sync: SyncPlan | null;
  notes: readonly string[];
  deactivateAt: string | null;
  from: Mode;
}): ModeChangePlan {
  const { contents, steps, images, sync, notes, command, environment, region, from, deactivateAt } = parts;
  const { changes, before, after } = contents;
  const syncMinutes = (sync?.estimatedDurationMs ?? 0) / 60_000;
  const minutes = Math.ceil(estimateMinutes(changes) + syncMinutes + settlingMinutes[command]);
  return {
    command,
    environment,
    region,
    from,
    to: command === "activate" ? "active" : "pilot-light",
    steps,
    terraform: summarize(contents),
    images,
    sync,
    monthlyCosts: { before: costsOf(before), after: costsOf(after) },
    estimatedDurationMs: minutes * 60_000,
    deactivateAt,
    notes,
  };
}

export function summarize({ changes, after, digest }: PlanContents): TerraformSummary {
  const by = (action: Change["action"]) => countByType(changes.filter((change) => change.action === action));
  const changed = new Set(changes.filter(({ action }) => action !== "change").map(({ address }) => address));
  const kept = after.filter(({ address }) => !changed.has(address));
  return {
    create: by("create"),
    change: by("change"),
    replace: by("replace"),
    destroy: by("destroy"),
    dataLost: dataLosing(changes).map(({ type, name, address }) => ({ type, name, address })),
    kept: countByType(kept),
    digest,
  };
}
