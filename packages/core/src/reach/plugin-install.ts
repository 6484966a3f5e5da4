/** How to install the Session Manager plugin on this system. */
import { isLike, thisSystem, type OperatingSystem } from "../operating-system.ts";

const downloads = "https://s3.amazonaws.com/session-manager-downloads/plugin/latest";
const page =
  "https://docs.aws.amazon.com/systems-manager/latest/userguide/session-manager-working-with-install-plugin.html";

/** A hint with the command. AWS publishes the addresses on the page above. */
export function pluginInstallCommand(system: OperatingSystem = thisSystem()): string {
  const isArm = system.architecture === "arm64";
  if (system.platform === "darwin") return "Install it:  brew install --cask session-manager-plugin";
  if (isLike(system, "debian", "ubuntu")) {
    const file = `${downloads}/ubuntu_${isArm ? "arm64" : "64bit"}/session-manager-plugin.deb`;
    return `Install it:  curl -fsSLo /tmp/session-manager-plugin.deb ${file} && sudo dpkg -i /tmp/session-manager-plugin.deb`;
  }
  if (isLike(system, "rhel", "fedora", "centos", "amzn")) {
    const file = `${downloads}/linux_${isArm ? "arm64" : "64bit"}/session-manager-plugin.rpm`;
    return `Install it:  sudo dnf install -y ${file}`;
  }
  return `Install it as AWS describes:  ${page}`;
}
