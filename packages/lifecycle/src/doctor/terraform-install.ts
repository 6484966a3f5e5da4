/** How to install Terraform on this system: https://developer.hashicorp.com/terraform/install */
import { isLike, thisSystem, type OperatingSystem } from "@pilot-light/core/operating-system";

export function terraformInstallCommand(
  system: Pick<OperatingSystem, "platform" | "release"> = thisSystem(),
): string {
  if (system.platform === "darwin") {
    return "Install it:  brew install hashicorp/tap/terraform";
  }
  if (isLike(system, "debian", "ubuntu")) {
    return `Install it from the repository of HashiCorp:  wget -qO- https://apt.releases.hashicorp.com/gpg | sudo gpg --dearmor -o /usr/share/keyrings/hashicorp.gpg && echo "deb [signed-by=/usr/share/keyrings/hashicorp.gpg] https://apt.releases.hashicorp.com $(lsb_release -cs) main" | sudo tee /etc/apt/sources.list.d/hashicorp.list && sudo apt-get update && sudo apt-get install -y terraform`;
  }
  return "Install it as HashiCorp describes:  https://developer.hashicorp.com/terraform/install";
}
