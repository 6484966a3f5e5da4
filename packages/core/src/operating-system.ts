/** What the command that installs a program depends on: the operating system and the architecture. */
import { readFileSync } from "node:fs";

export interface OperatingSystem {
  platform: NodeJS.Platform;
  /** Content of /etc/os-release; empty if there is none. */
  release: string;
  /** `x64`, `arm64`, as Node names it. */
  architecture: string;
}

/** The system that this process runs on. */
export function thisSystem(): OperatingSystem {
  const { platform, arch: architecture } = process;
  try {
    const release = platform === "linux" ? readFileSync("/etc/os-release", "utf8") : "";
    return { platform, release, architecture };
  } catch {
    return { platform, release: "", architecture };
  }
}

/** Whether a Linux is one of these distributions, or is derived from one of them. */
export function isLike({ release }: Pick<OperatingSystem, "release">, ...names: readonly string[]): boolean {
  const families = [...release.matchAll(/^ID(?:_LIKE)?="?([^"\n]*)"?$/gm)].flatMap(([, found = ""]) =>
    found.split(" "),
  );
  return names.some((name) => families.includes(name));
}
