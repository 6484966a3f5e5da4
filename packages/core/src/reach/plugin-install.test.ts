import { expect, test } from "vitest";
import { pluginInstallCommand } from "./plugin-install.ts";

const linux = (release: string, architecture = "x64") =>
  ({ platform: "linux", release, architecture }) as const;

test.each([
  { system: linux("ID=debian\n"), says: /ubuntu_64bit\/session-manager-plugin\.deb && sudo dpkg -i/ },
  { system: linux('ID="pop"\nID_LIKE="ubuntu debian"\n', "arm64"), says: /ubuntu_arm64\// },
  { system: linux('ID="amzn"\nID_LIKE="fedora"\n'), says: /dnf install -y .*linux_64bit\/.*\.rpm$/ },
  { system: linux("ID=fedora\n", "arm64"), says: /linux_arm64\/.*\.rpm$/ },
  { system: linux("ID=alpine\n"), says: /docs\.aws\.amazon\.com/ },
  {
    system: { platform: "darwin", release: "", architecture: "arm64" } as const,
    says: /brew install --cask/,
  },
])("the hint fits the system $system", ({ system, says }) => {
  expect(pluginInstallCommand(system)).toMatch(says);
});
