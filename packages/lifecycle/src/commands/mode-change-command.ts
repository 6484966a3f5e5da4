/** `pnpm activate` and `pnpm deactivate`: one shape, two directions. */
import { resolve } from "node:path";
import { defineCommand } from "@pilot-light/core/cli/define-command";
import { parseDuration } from "@pilot-light/core/cli/option-values";
import { confirmationOptions } from "@pilot-light/core/cli/options";
import { usage } from "@pilot-light/core/errors";
import type { Argv } from "yargs";
import type { SwitchName } from "../journal/journal.ts";
import { guards, type Guard, type SwitchOptions } from "../options.ts";
import { modeChangeVariables } from "./shared.ts";

const syncDescriptions = {
  activate: "Copy Neon to RDS as well",
  deactivate: "Copy RDS to Neon, verified, before anything is destroyed (--no-sync-data: no copy is needed)",
} as const satisfies Record<SwitchName, string>;

const guardsOf = {
  activate: ["shrink", "data-loss", "resync", "newer"],
  deactivate: ["production", "shrink", "data-loss", "newer"],
} as const satisfies Record<SwitchName, readonly Guard[]>;

/** @throws OpsError USAGE (usage) */
function checkVariables(pairs: readonly string[]): readonly string[] {
  for (const pair of pairs) {
    const [name, value] = pair.split("=", 2);
    if (value === undefined) throw usage({ problem: `--var must be name=value, not ${pair}.` });
    if (name?.trim() === "dev_activated") {
      const problem = "The command itself sets dev_activated; --var must not.";
      throw usage({ problem, hint: "pnpm activate    pnpm deactivate" });
    }
  }
  return pairs;
}

const images = ["backend", "frontend", "grafana"] as const;

/** The options of both commands. */
function options(argv: Argv, command: SwitchName) {
  return confirmationOptions(argv)
    .option("sync-data", { type: "boolean", describe: syncDescriptions[command], group: "Work:" })
    .option("resume", {
      type: "boolean",
      default: false,
      describe: "Continue where the last run stopped",
      group: "Work:",
    })
    .option("var", {
      type: "string",
      array: true,
      default: [],
      describe: "Terraform variable, as name=value; repeat it for more",
      group: "Work:",
      requiresArg: true,
      coerce: checkVariables,
    })
    .option("var-file", {
      type: "string",
      array: true,
      default: [],
      describe: "File with Terraform variables; repeat it for more",
      group: "Work:",
      requiresArg: true,
    })
    .option("wait", {
      type: "string",
      default: command === "activate" ? "15m" : "2m",
      describe: "How long to wait until the services are healthy",
      group: "Work:",
      requiresArg: true,
      coerce: (text: string) => parseDuration(text, "--wait"),
    });
}

type SharedOptions = Awaited<ReturnType<typeof options>["argv"]>;

/** Adds `--allow-<guard>` for every guard of a command. */
function guardOptions<T>(argv: Argv<T>, command: SwitchName): Argv<T> {
  for (const guard of guardsOf[command]) {
    argv.option(`allow-${guard}`, {
      type: "boolean",
      default: false,
      describe: guards[guard],
      group: "Guards:",
    });
  }
  return argv;
}

/** The options that yargs parsed, as the library takes them. `extra` holds those that only one command has, and the guards. */
function toOptions(args: SharedOptions, extra: Readonly<Record<string, unknown>>): SwitchOptions {
  const chosen = images.flatMap((service) => {
    const value = extra[`${service}-image`];
    return typeof value === "string" ? [[service, value] as const] : [];
  });
  const allowed = Object.keys(guards).map((guard) => [guard, extra[`allow-${guard}`] === true]);
  return {
    dryRun: args.dryRun,
    yes: args.yes,
    syncData: args.syncData,
    resume: args.resume,
    variables: [
      ...args.varFile.map((file) => `-var-file=${resolve(file)}`),
      ...args.var.map((pair) => `-var=${pair}`),
    ],
    images: Object.fromEntries(chosen),
    keepBackend: extra["keep-backend"] === true,
    wait: args.wait,
    allow: Object.fromEntries(allowed) as Record<Guard, boolean>,
  };
}

export const activateCommand = defineCommand({
  words: "activate",
  name: "activate",
  summary: "Turn the environment on: compute, load balancer, CDN",
  options: (argv) => {
    const own = guardOptions(options(argv, "activate"), "activate");
    for (const service of images) {
      own.option(`${service}-image`, {
        type: "string",
        describe: `Tag or digest of the ${service} image [default: the newest with a tag]`,
        group: "Work:",
        requiresArg: true,
      });
    }
    return own;
  },
  examples: examplesOf("activate"),
  variables: modeChangeVariables,
  run: async (args, context) => {
    const { activate } = await import("../activate.ts");
    return await activate(toOptions(args, args), context);
  },
});

export const deactivateCommand = defineCommand({
  words: "deactivate",
  name: "deactivate",
  summary: "Turn the environment off; what holds data stays, and what costs almost nothing",
  options: (argv) =>
    guardOptions(options(argv, "deactivate"), "deactivate").option("keep-backend", {
      type: "boolean",
      default: false,
      describe: "Do not stop the backend before the last copy (for a tunnel to RDS that runs through it)",
      group: "Work:",
    }),
  examples: examplesOf("deactivate"),
  variables: [...modeChangeVariables, "PILOT_LIGHT_PRODUCTION_DOMAIN", "PILOT_LIGHT_DNS_SERVERS"],
  run: async (args, context) => {
    const { deactivate } = await import("../deactivate.ts");
    return await deactivate(toOptions(args, args), context);
  },
});

function examplesOf(command: SwitchName) {
  return [
    [`$0 ${command} --dry-run --sync-data`, "see what would happen"],
    [`$0 ${command} --sync-data --yes --json`, "run it in CI"],
  ] as const;
}
