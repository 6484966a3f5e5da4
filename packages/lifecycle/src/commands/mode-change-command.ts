/** `pnpm activate` and `pnpm deactivate`: the options that they share, and their own. */
import { defineCommand } from "@pilot-light/core/cli/define-command";
import { parseDuration } from "@pilot-light/core/cli/option-values";
import { confirmationOptions, keepBranchOption, viaOption } from "@pilot-light/core/cli/options";
import type { Via } from "@pilot-light/core/config/via";
import { usage } from "@pilot-light/core/errors";
import { ifDueCommand, parseSchedule } from "../schedule/schedule.ts";
import type { Argv } from "yargs";
import type { ModeChangeName, ModeChangeOptions } from "../options.ts";
import type { TerraformVariable } from "../terraform/variables.ts";
import {
  allowedGuards,
  guardOptions,
  type GuardFlags,
  variableOptions,
  variablesOf,
} from "./plan-options.ts";
import { modeChangeVariables } from "./shared.ts";

const syncDescriptions = {
  activate: "Copy Neon to RDS as a part of the activation",
  deactivate:
    "Copy RDS to Neon and verify the copy before Terraform deletes anything (--no-sync-data: copy nothing)",
} as const satisfies Record<ModeChangeName, string>;

/** The options of both commands. */
function sharedOptions(argv: Argv, command: ModeChangeName) {
  const common = viaOption(confirmationOptions(argv))
    .option("sync-data", { type: "boolean", describe: syncDescriptions[command], group: "Work:" })
    .option("resume", {
      type: "boolean",
      default: false,
      describe: "Continue where the last run stopped",
      group: "Work:",
    });
  return variableOptions(common).option("wait", {
    type: "string",
    default: command === "activate" ? "15m" : "2m",
    describe: "How long to wait until the services are healthy",
    group: "Work:",
    requiresArg: true,
    coerce: (text: string) => parseDuration(text, "--wait"),
  });
}

function imageOption(service: string) {
  return {
    type: "string",
    describe: `Tag or digest of the ${service} image [default: the newest with a tag]`,
    group: "Work:",
    requiresArg: true,
  } as const;
}

/** The options as yargs parses them, without those of one command. */
interface ParsedOptions extends GuardFlags {
  dryRun: boolean;
  yes: boolean;
  syncData: boolean | undefined;
  resume: boolean;
  var: readonly { name: string; value: string }[];
  varFile: readonly string[];
  wait: number;
  via: Via | undefined;
}

/**
 * The variables, none of which may be the mode.
 * @throws OpsError USAGE (usage)
 */
function withoutMode(variables: readonly TerraformVariable[]): readonly TerraformVariable[] {
  if (!variables.some((variable) => "name" in variable && variable.name.trim() === "dev_activated")) {
    return variables;
  }
  const problem = "The command itself sets dev_activated; --var must not.";
  throw usage({ problem, hint: "To activate:  pnpm activate    To deactivate:  pnpm deactivate" });
}

/** The options as the library takes them. */
function toOptions(
  parsed: ParsedOptions,
  own: Partial<Pick<ModeChangeOptions, "images" | "keepBackend" | "schedule">>,
): ModeChangeOptions {
  const { dryRun, yes, syncData, resume, via, wait } = parsed;
  return {
    dryRun,
    yes,
    syncData,
    resume,
    variables: withoutMode(variablesOf(parsed)),
    images: {},
    keepBackend: false,
    waitMs: wait,
    via,
    allow: allowedGuards(parsed),
    ...own,
  };
}

/** Without the images that were not named. */
function namedImages(images: Readonly<Record<"backend" | "frontend" | "grafana", string | undefined>>) {
  return Object.fromEntries(Object.entries(images).filter(([, image]) => image !== undefined));
}

export const activateCommand = defineCommand({
  words: "activate",
  name: "activate",
  summary: "Activate the environment: create containers, load balancer and CDN",
  options: (argv) =>
    guardOptions(sharedOptions(argv, "activate"), "activate")
      .option("for", {
        type: "string",
        describe: "Schedule the deactivation after this time, such as 8h; unlimited removes the schedule",
        group: "Work:",
        requiresArg: true,
        coerce: (text: string) => parseSchedule(text, new Date()),
      })
      .option("backend-image", imageOption("backend"))
      .option("frontend-image", imageOption("frontend"))
      .option("grafana-image", imageOption("grafana")),
  examples: examplesOf("activate"),
  variables: modeChangeVariables,
  changes: ["activated", "unhealthy"],
  hasReport: true,
  run: async (args, context) => {
    const { activate } = await import("../activate.ts");
    const { backendImage: backend, frontendImage: frontend, grafanaImage: grafana } = args;
    const images = namedImages({ backend, frontend, grafana });
    return await activate(toOptions(args, { images, schedule: args.for }), context);
  },
});

export const deactivateCommand = defineCommand({
  words: "deactivate",
  name: "deactivate",
  summary: "Deactivate the environment: delete containers, load balancer and CDN",
  options: (argv) =>
    keepBranchOption(guardOptions(sharedOptions(argv, "deactivate"), "deactivate"))
      .option("keep-backend", {
        type: "boolean",
        default: false,
        describe: "Keep the backend running during the copy, for a tunnel to RDS through its tasks",
        group: "Work:",
      })
      .option("if-due", {
        type: "boolean",
        default: false,
        describe:
          "If the time of `activate --for` has passed, copy the data and deactivate; otherwise change nothing",
        group: "Work:",
      }),
  examples: [...examplesOf("deactivate"), ["$0 deactivate --if-due --yes", "run it on a schedule"]],
  variables: [...modeChangeVariables, "PILOT_LIGHT_PRODUCTION_DOMAIN", "PILOT_LIGHT_DNS_SERVERS"],
  changes: ["deactivated", "unhealthy"],
  hasReport: true,
  run: async (args, context) => {
    const options = toOptions(args, { keepBackend: args.keepBackend });
    if (!args.ifDue) return await (await import("../deactivate.ts")).deactivate(options, context);
    if (options.resume || options.syncData === false) {
      const problem = "--if-due copies the data, and resumes a run by itself.";
      throw usage({ problem, hint: ifDueCommand });
    }
    return await (await import("../schedule/deactivate-if-due.ts")).deactivateIfDue(options, context);
  },
});

function examplesOf(command: ModeChangeName) {
  return [
    [`$0 ${command} --dry-run --sync-data`, "show the plan"],
    [`pnpm --silent ${command} --sync-data --yes --json`, "run it in CI"],
  ] as const;
}
