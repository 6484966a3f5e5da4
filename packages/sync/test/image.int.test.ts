/** The parts of the image for syncs inside AWS that can be built without Docker: its programs start without dependencies. */
import { spawn } from "node:child_process";
import { once } from "node:events";
import { mkdtemp, readFile, readdir, rm } from "node:fs/promises";
import { tmpdir } from "node:os";
import { delimiter, dirname, join } from "node:path";
import { fileURLToPath } from "node:url";
import { run } from "@pilot-light/core/process";
import { tcpProxy } from "@pilot-light/sandbox/postgres/tcp-proxy";
import { afterAll, beforeAll, expect, test } from "vitest";
import { signalWhen } from "./processes.ts";

const root = fileURLToPath(new URL("../../..", import.meta.url));
let app = "";

/** The environment of a container: only the programs of the image. */
const environment = { PATH: [dirname(process.execPath), "/usr/bin", "/bin"].join(delimiter) };

beforeAll(async () => {
  app = await mkdtemp(join(tmpdir(), "pilot-light-image-"));
  await run(process.execPath, ["scripts/bundle.mjs", "--if-older"], { environment, cwd: root });
  const { exitCode, stderr } = await run(join(root, "image/assemble.sh"), [app], { environment });
  expect(exitCode, stderr.join("\n")).toBe(0);
});
afterAll(() => rm(app, { recursive: true }));

const inImage = async (...args: readonly string[]) =>
  await run(join(app, "image/pilot-light"), args, { environment, cwd: app });

test("the files of the image are the programs, without dependencies", async () => {
  const files = await readdir(app, { recursive: true, withFileTypes: true });
  const names = files.filter((file) => !file.isDirectory()).map(({ name }) => name);
  expect(names.sort()).toEqual(
    [
      ...["bin.js", "bin.js", "bundle.cjs", "bundle.cjs", "bundle.code", "bundle.code", "bundle.js", "core"],
      ...["package.json", "package.json", "package.json", "pilot-light"],
    ].sort(),
  );
});

test("each program starts from its bundle, and fails with the exit code of the tools", async () => {
  expect((await inImage("sync", "--help")).stdout).toContain("pnpm sync");
  expect((await inImage("validate", "--list")).stdout).toContain("rds-instance");
  expect((await inImage("dumps", "list", "--help")).exitCode).toBe(0);
  expect((await inImage("history", "--help")).exitCode).toBe(0);
  const missing = await inImage("sync", "neon-to-rds", "--dry-run", "--json");
  expect(missing.exitCode).toBe(3);
  expect(JSON.parse(missing.stdout)).toMatchObject({ error: { code: "NEON_URL_MISSING" } });
  expect((await inImage("activate")).exitCode).toBe(2);
});

test("a signal to the program of the image reaches the command, which ends cleanly", async () => {
  await using silent = await tcpProxy(0, () => "ignore");
  const child = spawn(join(app, "image/pilot-light"), ["sync", "neon-to-rds", "--dry-run", "--json"], {
    cwd: app,
    stdio: ["ignore", "pipe", "ignore"],
    env: {
      ...environment,
      NEON_DATABASE_URL: "postgresql://nobody:none@127.0.0.1:9/none?sslmode=disable",
      PILOT_LIGHT_OUTPUTS: "{}",
      AWS_ENDPOINT_URL: `http://127.0.0.1:${silent.port}`,
      AWS_ACCESS_KEY_ID: "none",
      AWS_SECRET_ACCESS_KEY: "none",
    },
  });
  let stdout = "";
  child.stdout.setEncoding("utf8").on("data", (text: string) => (stdout += text));
  signalWhen(() => silent.connections() > 0, "SIGTERM")(child);
  const [exitCode] = (await once(child, "close")) as [number | null];
  expect(exitCode).toBe(130);
  expect(JSON.parse(stdout)).toMatchObject({ error: { code: "INTERRUPTED", state: "nothing-written" } });
});

test("the scripts are valid for the shell of the image", async () => {
  for (const file of ["install-clients.sh", "assemble.sh", "pilot-light"]) {
    const { exitCode } = await run("/bin/sh", ["-n", join(root, "image", file)], { environment });
    expect(exitCode, file).toBe(0);
  }
});

test("the Dockerfile pins its base, and the programs do not run as root", async () => {
  const lines = (await readFile(join(root, "Dockerfile"), "utf8")).split("\n");
  const bases = lines.filter((line) => line.startsWith("FROM "));
  expect(bases).toHaveLength(2);
  for (const base of bases) {
    expect(base).toMatch(/^FROM node:22-bookworm-slim@sha256:[0-9a-f]{64}( AS build)?$/);
  }
  expect(new Set(bases.map((base) => base.split(" ")[1])).size).toBe(1);
  expect(lines).toContain("USER node");
  // The entry point is not a shell, which would not forward signals.
  expect(lines).toContain('ENTRYPOINT ["pilot-light"]');
});
