import { chmod, mkdtemp, readFile, rm, writeFile } from "node:fs/promises";
import { tmpdir } from "node:os";
import { delimiter, join } from "node:path";
import { afterEach, beforeEach, describe, expect, test } from "vitest";
import { isProcessAlive } from "../process.ts";
import { assertPlugin, startPlugin } from "./plugin.ts";

const never = new AbortController().signal;
let directory = "";

beforeEach(async () => {
  directory = await mkdtemp(join(tmpdir(), "pilot-light-plugin-"));
});
afterEach(async () => {
  await rm(directory, { recursive: true });
});

/** An environment in which this shell script is the plugin. */
async function withPlugin(script: string) {
  const file = join(directory, "session-manager-plugin");
  await writeFile(file, `#!/bin/sh\n${script}\n`);
  await chmod(file, 0o755);
  return {
    PATH: `${directory}${delimiter}/usr/bin${delimiter}/bin`,
    NEON_DATABASE_URL: "postgresql://secret",
  };
}

describe("the version of the plugin", () => {
  test("a missing plugin is refused with the command that installs it", async () => {
    await expect(assertPlugin({ PATH: directory }, never)).rejects.toMatchObject({
      code: "SESSION_PLUGIN_MISSING",
      hint: expect.stringContaining("session-manager") as string,
    });
  });

  test.each(["1.2.463.0", "1.1.61.0", ""])(
    "%j is refused: it takes the token as an argument",
    async (version) => {
      const environment = await withPlugin(`echo ${version}`);
      await expect(assertPlugin(environment, never)).rejects.toMatchObject({ code: "SESSION_PLUGIN_OLD" });
    },
  );

  test.each(["1.2.497.0", "1.2.707.0", "1.10.0.0"])("%s is accepted", async (version) => {
    await assertPlugin(await withPlugin(`echo ${version}`), never);
  });
});

describe("a running plugin", () => {
  const session = {
    response: { SessionId: "s", TokenValue: "the-token", StreamUrl: "wss://x" },
    request: { Target: "i-1" },
    region: "us-east-1",
    profile: "",
    endpoint: "https://ssm.us-east-1.amazonaws.com",
  };

  test("gets the session in its environment and no secret of ours, and is ended by SIGINT", async () => {
    const environment = await withPlugin(
      `echo $$ > ${directory}/pid; echo "$@" > ${directory}/arguments
       env > ${directory}/environment
       trap 'echo interrupted; exit 0' INT
       echo; echo "Port 23456 opened for sessionId s."; while :; do sleep 0.05; done`,
    );
    const lines: string[] = [];
    const plugin = startPlugin(session, environment, (line) => lines.push(line));
    expect(await plugin.port).toBe(23_456);
    const pid = Number(await readFile(join(directory, "pid"), "utf8"));
    expect(isProcessAlive(pid)).toBe(true);
    await plugin[Symbol.asyncDispose]();
    expect(await plugin.ended).toEqual(["Port 23456 opened for sessionId s.", "interrupted"]);
    expect(isProcessAlive(pid)).toBe(false);

    const passed = await readFile(join(directory, "arguments"), "utf8");
    expect(passed).toContain("AWS_SSM_START_SESSION_RESPONSE us-east-1 StartSession");
    for (const seen of [passed, ...lines]) expect(seen).not.toContain("the-token");
    const variables = await readFile(join(directory, "environment"), "utf8");
    expect(variables).toContain(`AWS_SSM_START_SESSION_RESPONSE=${JSON.stringify(session.response)}`);
    expect(variables).toContain("SSM_PLUGIN_LOCAL_HOST=127.0.0.1");
    expect(variables).not.toContain("NEON_DATABASE_URL");
  });

  test("that ignores SIGINT is killed", async () => {
    const environment = await withPlugin(
      `trap '' INT; echo "Port 1 opened for sessionId s."; while :; do sleep 0.05; done`,
    );
    const plugin = startPlugin(session, environment, () => undefined);
    expect(await plugin.port).toBe(1);
    await plugin[Symbol.asyncDispose]();
    await plugin.ended;
  });

  test("that ends before it opens a port has none, and leaves what it printed", async () => {
    const environment = await withPlugin(`echo "Cannot perform start session: denied"; exit 1`);
    const plugin = startPlugin(session, environment, () => undefined);
    expect(await plugin.port).toBeUndefined();
    expect(await plugin.ended).toEqual(["Cannot perform start session: denied"]);
  });
});
