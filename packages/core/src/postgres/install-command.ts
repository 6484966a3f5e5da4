/** How to install the client programs of a major version on this system. */
import { isLike, thisSystem, type OperatingSystem } from "../operating-system.ts";

/**
 * A hint with the commands. Debian and Ubuntu ship one major version; PostgreSQL's own repository has all of them
 * (https://wiki.postgresql.org/wiki/Apt). Homebrew does not link its versioned formulas into the PATH; the tool finds them nevertheless.
 */
export function installCommand(
  major: number,
  system: Pick<OperatingSystem, "platform" | "release"> = thisSystem(),
): string {
  if (system.platform === "darwin") return `Install them:  brew install postgresql@${major}`;
  if (isLike(system, "debian", "ubuntu")) {
    return `Install them from the repository of PostgreSQL:  sudo apt-get install -y postgresql-common && sudo /usr/share/postgresql-common/pgdg/apt.postgresql.org.sh -y && sudo apt-get install -y postgresql-client-${major}`;
  }
  if (isLike(system, "alpine")) return `Install them:  apk add postgresql${major}-client`;
  if (isLike(system, "rhel", "fedora", "centos", "amzn")) {
    return `Install them. If the package is missing, add the repository of https://www.postgresql.org/download/linux/redhat/ first:  sudo dnf install -y postgresql${major}`;
  }
  return `Install PostgreSQL ${major} from https://www.postgresql.org/download/. If the tool does not find it:  export PILOT_LIGHT_PG_BIN=<directory of pg_dump>`;
}
