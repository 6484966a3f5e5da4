/** How to install the client programs of a major version on this system. */
import { readFileSync } from "node:fs";

/** The facts that the command depends on. */
export interface OperatingSystem {
  platform: NodeJS.Platform;
  /** Content of /etc/os-release; empty where there is none. */
  release: string;
}

/** The system that this process runs on. */
function thisSystem(): OperatingSystem {
  const { platform } = process;
  try {
    return { platform, release: platform === "linux" ? readFileSync("/etc/os-release", "utf8") : "" };
  } catch {
    return { platform, release: "" };
  }
}

/**
 * A hint with the commands. Debian and Ubuntu ship one major version; PostgreSQL's own repository has all of them
 * (https://wiki.postgresql.org/wiki/Apt). Homebrew does not link its versioned formulas into the PATH; the tool finds them nevertheless.
 */
export function installCommand(major: number, { platform, release }: OperatingSystem = thisSystem()): string {
  const families = [...release.matchAll(/^ID(?:_LIKE)?="?([^"\n]*)"?$/gm)].flatMap(([, names = ""]) =>
    names.split(" "),
  );
  const isOneOf = (...names: readonly string[]) => families.some((family) => names.includes(family));
  if (platform === "darwin") return `Install them:  brew install postgresql@${major}`;
  if (isOneOf("debian", "ubuntu")) {
    return `Install them from the repository of PostgreSQL:  sudo apt-get install -y postgresql-common && sudo /usr/share/postgresql-common/pgdg/apt.postgresql.org.sh -y && sudo apt-get install -y postgresql-client-${major}`;
  }
  if (isOneOf("alpine")) return `Install them:  apk add postgresql${major}-client`;
  if (isOneOf("rhel", "fedora", "centos", "amzn")) {
    return `Install them. If the package is missing, add the repository of https://www.postgresql.org/download/linux/redhat/ first:  sudo dnf install -y postgresql${major}`;
  }
  return `Install PostgreSQL ${major} from https://www.postgresql.org/download/. If the tool does not find it:  export PILOT_LIGHT_PG_BIN=<directory of pg_dump>`;
}
