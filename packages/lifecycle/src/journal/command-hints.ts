/** The commands of mode changes as people type them. A hint repeats every flag that was given, so that the command does what the hint says. */
import { commandLine } from "@pilot-light/core/process";
import type { GuardedCommand, ModeChangeName, ModeChangeOptions } from "../options.ts";

/** The options that a hint repeats. */
export type Given = Pick<
  ModeChangeOptions,
  "syncData" | "variables" | "images" | "keepBackend" | "allow" | "schedule" | "via"
>;

/** The options of a command that only creates and applies a Terraform plan. */
export function planOptions({ variables, allow }: Pick<Given, "variables" | "allow">): Given {
  return { syncData: undefined, variables, images: {}, keepBackend: false, allow };
}

/** The same command again. */
export function againLine(command: GuardedCommand | "infra:diff", given: Given): string {
  const { syncData, images } = given;
  return line(command, [
    ...(syncData === undefined ? [] : [syncData ? "--sync-data" : "--no-sync-data"]),
    ...variableFlags(given),
    ...Object.entries(images).flatMap(([service, image]) => [`--${service}-image`, image]),
    ...otherFlags(given),
  ]);
}

/** The command that resumes a run. The journal contains the other flags. */
export function resumeLine(command: ModeChangeName, given: Given): string {
  return line(command, ["--resume", ...otherFlags(given)]);
}

/** The opposite mode change, with the same variables. */
export function reverseLine(command: ModeChangeName, given: Given): string {
  // If this run did not copy Neon to RDS, the opposite run must not replace Neon with RDS.
  const copies = command === "deactivate" || given.syncData === true;
  const other = command === "activate" ? "deactivate" : "activate";
  return line(other, [...(copies ? ["--sync-data"] : []), ...variableFlags(given), ...viaFlag(given)]);
}

function line(command: GuardedCommand | "infra:diff", flags: readonly string[]): string {
  return commandLine("pnpm", [command, ...flags]);
}

function variableFlags({ variables }: Given): string[] {
  return variables.flatMap((variable) =>
    "file" in variable ? ["--var-file", variable.file] : ["--var", `${variable.name}=${variable.value}`],
  );
}

function otherFlags({ keepBackend, allow, schedule, via }: Given): string[] {
  return [
    ...(schedule === undefined ? [] : ["--for", schedule.text]),
    ...(keepBackend ? ["--keep-backend"] : []),
    ...viaFlag({ via }),
    ...[...allow].map((id) => `--allow-${id}`),
  ];
}

function viaFlag({ via }: Pick<Given, "via">): string[] {
  return via === undefined ? [] : ["--via", via];
}
