import { expect, test } from "vitest";
import { installCommand } from "./install-command.ts";

const linux = (release: string) => ({ platform: "linux", release }) as const;

test.each([
  {
    system: linux('ID=debian\nVERSION_ID="12"\n'),
    says: /apt\.postgresql\.org\.sh -y && .*postgresql-client-18$/,
  },
  { system: linux("NAME=Ubuntu\nID=ubuntu\nID_LIKE=debian\n"), says: /postgresql-client-18$/ },
  { system: linux('ID="pop"\nID_LIKE="ubuntu debian"\n'), says: /postgresql-client-18$/ },
  { system: linux('ID="amzn"\nID_LIKE="fedora"\n'), says: /dnf install -y postgresql18$/ },
  { system: linux("ID=alpine\n"), says: /apk add postgresql18-client$/ },
  { system: linux(""), says: /PILOT_LIGHT_PG_BIN=/ },
  { system: { platform: "darwin", release: "" } as const, says: /brew install postgresql@18$/ },
  { system: { platform: "win32", release: "" } as const, says: /PILOT_LIGHT_PG_BIN=/ },
])("the hint fits the system $system", ({ system, says }) => {
  expect(installCommand(18, system)).toMatch(says);
});
