/** The commands of a switch as people type them: a hint must do what was shown, so it repeats everything that was said. */
import { commandLine } from "@pilot-light/core/process";
import type { SwitchName } from "./journal.ts";
import type { Guard, SwitchOptions } from "../options.ts";

type Said = Pick<SwitchOptions, "syncData" | "variables" | "images" | "keepBackend" | "allow">;

/** The same command once more. */
export function againLine(command: SwitchName, said: Said): string {
  const { syncData, images } = said;
  return line(command, [
    ...(syncData === undefined ? [] : [syncData ? "--sync-data" : "--no-sync-data"]),
    ...variableFlags(said),
    ...Object.entries(images).flatMap(([service, image]) => [`--${service}-image`, image]),
    ...otherFlags(said),
  ]);
}

/** Going on with it: what is in the journal need not be said again. */
export function resumeLine(command: SwitchName, said: Said): string {
  return line(command, ["--resume", ...otherFlags(said)]);
}

/** The other switch, with the same variables. */
export function wayBack(command: SwitchName, said: Said): string {
  // What was not copied to RDS must not be copied back.
  const copies = command === "deactivate" || said.syncData === true;
  const other = command === "activate" ? "deactivate" : "activate";
  return line(other, [...(copies ? ["--sync-data"] : []), ...variableFlags(said)]);
}

function line(command: SwitchName, flags: readonly string[]): string {
  return commandLine("pnpm", [command, ...flags]);
}

/** `--var name=value` for `-var=name=value`. */
function variableFlags({ variables }: Said): string[] {
  return variables.flatMap((argument) => {
    const [, flag = "", value = ""] = /^-(var|var-file)=(.*)$/s.exec(argument) ?? [];
    return [`--${flag}`, value];
  });
}

function otherFlags({ keepBackend, allow }: Said): string[] {
  const allowed = (Object.keys(allow) as Guard[]).filter((guard) => allow[guard]);
  return [...(keepBackend ? ["--keep-backend"] : []), ...allowed.map((guard) => `--allow-${guard}`)];
}
