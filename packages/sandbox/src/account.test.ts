/** The account that the servers run as when root starts them. */
import { chmod, mkdir, writeFile } from "node:fs/promises";
import { join } from "node:path";
import { temporaryDirectory } from "@pilot-light/core/testing/temporary-directory";
import { expect, test, vi } from "vitest";
import { serverAccount } from "./account.ts";
import { planSandbox } from "./plan.ts";

test("root without the users postgres and nobody is told to create one", async () => {
  const folder = await temporaryDirectory();
  await writeFile(join(folder, "id"), "#!/bin/sh\necho 'no such user' >&2\nexit 1\n");
  await chmod(join(folder, "id"), 0o755);
  vi.spyOn(process, "getuid").mockReturnValue(0);
  await expect(serverAccount({ PATH: folder })).rejects.toMatchObject({
    code: "NO_SERVER_ACCOUNT",
    exit: 3,
    state: "nothing-written",
    hint: expect.stringContaining("useradd --system postgres") as string,
  });
});

test("an account that may enter neither the directory nor the one for temporary files is refused", async () => {
  const closed = await temporaryDirectory();
  const directory = join(closed, "sandbox");
  await mkdir(directory);
  vi.stubEnv("TMPDIR", closed);
  try {
    const servers = { neon: { binDir: "/nowhere", major: 16 }, rds: { binDir: "/nowhere", major: 16 } };
    const nobody = { uid: 65_534, gid: 65_534 };
    const project = { project: "sandbox", seed: "app", deployed: false, clusterParent: undefined } as const;
    const planned = planSandbox({ directory, servers, account: nobody, ...project });
    await expect(planned).rejects.toMatchObject({
      code: "TMPDIR_NOT_ACCESSIBLE",
      exit: 3,
      state: "nothing-written",
      hint: expect.stringContaining("TMPDIR=/tmp pnpm sandbox up") as string,
    });
  } finally {
    vi.unstubAllEnvs();
  }
});
