/** `pnpm activate` and `pnpm deactivate`: one shape, two directions. */
import { resolve as absolutePath } from "node:path";
import { commonOptions, helpEpilogue } from "@pilot-light/core/cli/cli";
import { runCommand } from "@pilot-light/core/cli/command";
import { OpsError } from "@pilot-light/core/errors";
import { parseDuration } from "@pilot-light/validate/commands/option-values";
import type { Argv } from "yargs";
import type { SwitchName } from "../journal/journal.ts";
import { guards, type Guard, type SwitchOptions } from "../options.ts";
import { switchVariables } from "./shared.ts";

const descriptions = {
  activate: "Switch the environment on: compute, load balancer, CDN",
  deactivate: "Switch the environment off: what holds data and what costs next to nothing stays",
} as const satisfies Record<SwitchName, string>;

const syncDescriptions = {
  activate: "Copy Neon to RDS first",
  deactivate:
    "Copy RDS to Neon, verified, before anything is destroyed (--no-sync-data: say that it is not needed)",
} as const satisfies Record<SwitchName, string>;

const guardsOf = {
  activate: ["shrink", "data-loss", "resync", "newer"],
  deactivate: ["production", "shrink", "data-loss", "newer"],
} as const satisfies Record<SwitchName, readonly Guard[]>;

/** @throws OpsError USAGE */
function checkVariables(pairs: readonly string[]): readonly string[] {
  for (const pair of pairs) {
    const [name, value] = pair.split("=", 2);
    if (value === undefined) throw new OpsError("usage", "USAGE", `--var must be name=value, not ${pair}.`);
    if (name?.trim() === "dev_activated") {
      const hint = "pnpm activate    pnpm deactivate";
      throw new OpsError(
        "usage",
        "USAGE",
        "The mode is what the command says: --var dev_activated is not for it.",
        {
          hint,
        },
      );
    }
  }
  return pairs;
}

function options(argv: Argv, command: SwitchName) {
  const safety = "Safety:";
  const work = "Work:";
  return commonOptions(argv)
    .option("dry-run", {
      type: "boolean",
      default: false,
      describe: "Show the plan and stop; nothing is written anywhere",
      group: safety,
    })
    .option("yes", {
      type: "boolean",
      default: false,
      describe: "Do not ask; bypasses no guard",
      group: safety,
    })
    .option("sync-data", { type: "boolean", describe: syncDescriptions[command], group: work })
    .option("resume", {
      type: "boolean",
      default: false,
      describe: "Go on where the last run stopped",
      group: work,
    })
    .option("var", {
      type: "string",
      array: true,
      default: [],
      describe: "Terraform variable, as name=value; again for more",
      group: work,
      requiresArg: true,
      coerce: checkVariables,
    })
    .option("var-file", {
      type: "string",
      array: true,
      default: [],
      describe: "File with Terraform variables; again for more",
      group: work,
      requiresArg: true,
    })
    .option("wait", {
      type: "string",
      default: command === "activate" ? "15m" : "2m",
      describe: "How long services may take to become healthy",
      group: work,
      requiresArg: true,
      coerce: (text: string) => parseDuration(text, "--wait"),
    })
    .epilogue(
      helpEpilogue(
        command === "activate"
          ? switchVariables
          : [...switchVariables, "PILOT_LIGHT_PRODUCTION_DOMAIN", "PILOT_LIGHT_DNS_SERVERS"],
      ),
    )
    .example(`$0 ${command} --dry-run --sync-data`, "see what would happen")
    .example(`$0 ${command} --sync-data --yes --json`, "run it in CI");
}

/** Adds the command. */
export function addSwitchCommand(argv: Argv, command: SwitchName): Argv {
  return argv.command(
    command,
    descriptions[command],
    (own) => {
      const named = options(own, command);
      for (const guard of guardsOf[command]) {
        named.option(`allow-${guard}`, {
          type: "boolean",
          default: false,
          describe: guards[guard],
          group: "Guards:",
        });
      }
      if (command === "deactivate") {
        named.option("keep-backend", {
          type: "boolean",
          default: false,
          describe: "Do not stop the backend before the last copy (a tunnel to RDS goes through it)",
          group: "Work:",
        });
      } else {
        for (const service of ["backend", "frontend", "grafana"]) {
          named.option(`${service}-image`, {
            type: "string",
            describe: `Tag or digest of the ${service} image [default: the newest with a tag]`,
            group: "Work:",
            requiresArg: true,
          });
        }
      }
      return named;
    },
    async (args) => {
      await runCommand(command, args, async (context) => {
        const extra: Readonly<Record<string, unknown>> = args;
        const allowed = (guard: Guard) => extra[`allow-${guard}`] === true;
        const image = (service: string) => {
          const value = extra[`${service}-image`];
          return typeof value === "string" ? { [service]: value } : {};
        };
        const switchOptions: SwitchOptions = {
          dryRun: args.dryRun,
          yes: args.yes,
          syncData: args.syncData,
          resume: args.resume,
          variables: [
            ...args.varFile.map((file) => `-var-file=${absolutePath(file)}`),
            ...args.var.map((pair) => `-var=${pair}`),
          ],
          images: { ...image("backend"), ...image("frontend"), ...image("grafana") },
          keepBackend: extra["keep-backend"] === true,
          wait: args.wait,
          allow: {
            production: allowed("production"),
            shrink: allowed("shrink"),
            "data-loss": allowed("data-loss"),
            resync: allowed("resync"),
            newer: allowed("newer"),
          },
        };
        const { activate } = await import("../activate.ts");
        const { deactivate } = await import("../deactivate.ts");
        return await (command === "activate" ? activate : deactivate)(switchOptions, context);
      });
    },
  );
}
