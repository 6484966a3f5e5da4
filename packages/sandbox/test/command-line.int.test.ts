/** A sandbox from start to stop, through its command line. */
import { spawn } from "node:child_process";
import { once } from "node:events";
import {
  access,
  chmod,
  mkdir,
  mkdtemp,
  readFile,
  readdir,
  rm,
  stat,
  symlink,
  writeFile,
} from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { fileURLToPath } from "node:url";
import { assertDocument, failureSchema } from "@pilot-light/core/cli/documents";
import { processEnvironment, type Environment } from "@pilot-light/core/config/env";
import { findClientPrograms } from "@pilot-light/core/postgres/programs";
import { run } from "@pilot-light/core/process";
import { documents } from "@pilot-light/sandbox/documents";
import { isRunning } from "@pilot-light/sandbox/os-process";
import { extraSandboxDirectory } from "@pilot-light/sandbox/vitest";
import { afterAll, beforeAll, describe, expect, test } from "vitest";
import { z } from "zod";

const bin = fileURLToPath(new URL("../dist/bin.js", import.meta.url));
const own = processEnvironment();

const partsSchema = z.object({
  outcome: z.string(),
  parts: z.array(z.object({ part: z.string(), pid: z.number().optional(), answers: z.boolean() })),
});
const stateSchema = z.object({
  clusterDirectory: z.string(),
  neon: z.object({ dataDir: z.string() }),
  moto: z.object({ port: z.number(), pidFile: z.string() }),
});

const directory = extraSandboxDirectory("command-line");
let parent: string;

function sandbox(command: string, args: readonly string[] = [], environment: Environment = own) {
  return run(process.execPath, [bin, command, "--dir", directory, ...args], { environment });
}

async function status() {
  const { stdout, exitCode } = await sandbox("status", ["--json"]);
  return { exitCode, ...partsSchema.parse(assertDocument(documents, JSON.parse(stdout))) };
}

async function readState() {
  return stateSchema.parse(JSON.parse(await readFile(join(directory, "state.json"), "utf8")));
}

function errorOf({ stdout }: { stdout: string }) {
  return failureSchema.parse(assertDocument(documents, JSON.parse(stdout))).error;
}

function exists(path: string): Promise<boolean> {
  return access(path).then(
    () => true,
    () => false,
  );
}

/** Command lines of all processes that contain `text`. On Linux from /proc: small images have no `ps`. */
async function processesOf(text: string): Promise<string[]> {
  return (await allCommandLines()).filter((line) => line.includes(text));
}

async function allCommandLines(): Promise<string[]> {
  if (process.platform !== "linux") {
    const { stdout } = await run("ps", ["-ww", "-A", "-o", "command="], { environment: own });
    return stdout.split("\n");
  }
  const ids = (await readdir("/proc")).filter((name) => /^\d+$/.test(name));
  const texts = await Promise.all(ids.map((id) => readFile(`/proc/${id}/cmdline`, "utf8").catch(() => "")));
  return texts.map((text) => text.replaceAll("\0", " "));
}

beforeAll(async () => {
  parent = await mkdtemp(join(tmpdir(), "pilot-light-cli-"));
});

afterAll(async () => {
  await sandbox("down");
  await rm(directory, { recursive: true, force: true });
  await rm(parent, { recursive: true, force: true });
});

describe("a sandbox", () => {
  test("starts, and every part answers", async () => {
    const up = await sandbox("up");
    expect(up).toMatchObject({ exitCode: 0, stdout: "" });
    expect(up.stderr.join("\n")).toContain("The sandbox is up.");
    // This shows that the same check after the stop can fail.
    expect(await processesOf((await readState()).neon.dataDir)).not.toEqual([]);
    expect(await status()).toMatchObject({
      exitCode: 0,
      outcome: "up",
      parts: [
        { part: "neon", answers: true },
        { part: "rds", answers: true },
        { part: "aws", answers: true },
      ],
    });
  });

  test("reports that it already runs, and does not change", async () => {
    const before = await status();
    const up = await sandbox("up", ["--json"]);
    expect(up.exitCode).toBe(0);
    expect(assertDocument(documents, JSON.parse(up.stdout))).toMatchObject({ outcome: "already-running" });
    expect(await status()).toEqual(before);
  });

  test("hides its superuser's password from other users", async () => {
    expect((await stat(join(directory, "state.json"))).mode & 0o077).toBe(0);
  });

  test("prints variables that a shell reads unchanged", async () => {
    const { stdout: script } = await sandbox("env");
    const { stdout: json } = await sandbox("env", ["--json"]);
    const { environment } = z
      .object({ environment: z.record(z.string(), z.string()) })
      .parse(assertDocument(documents, JSON.parse(json)));
    const dump = `process.stdout.write(JSON.stringify(process.env))`;
    const shell = await run("sh", ["-c", `${script}\nexec "$0" -e '${dump}'`, process.execPath], {
      environment: { PATH: own.PATH, AWS_PROFILE: "of-the-developer" },
    });
    expect(JSON.parse(shell.stdout)).toMatchObject(environment);
    expect(JSON.parse(shell.stdout)).not.toHaveProperty("AWS_PROFILE");
    expect(environment.NEON_DATABASE_URL).toContain("-pooler.us-east-2.aws.neon.tech");
    expect(environment.AWS_DEFAULT_REGION).toBe(environment.AWS_REGION);
  });

  test.each([
    ["SANDBOX_NEON_URL", "neondb_owner|neondb|t"],
    ["SANDBOX_RDS_URL", "dbadmin|davidshaevel|t"],
  ])("has a variable %s with which psql connects, over verified TLS", async (variable, stdout) => {
    const [client] = await findClientPrograms(own);
    const query =
      "select current_user, current_database(), ssl from pg_stat_ssl where pid = pg_backend_pid()";
    const script = `"$0/psql" "$${variable}" --no-psqlrc -Atc "${query}"`;
    const result = await sandbox("run", ["--", "sh", "-c", script, client?.directory ?? ""]);
    expect(result).toEqual({ exitCode: 0, stdout, stderr: [] });
  });

  test("runs a command with its variables; arguments, streams and exit code are passed on", async () => {
    const script = 'echo "$AWS_REGION $1 $2"; echo "error" >&2; exit 7';
    const result = await sandbox("run", ["--", "sh", "-c", script, "sh", "--json", "a b"]);
    expect(result).toEqual({ exitCode: 7, stdout: "us-east-1 --json a b", stderr: ["error"] });
  });

  test("forwards a signal to the command, which decides how to end", async () => {
    const script = `process.on("SIGTERM", () => { console.error("the command ends"); process.exit(130); });
      setInterval(() => {}, 1000); console.error("ready");`;
    const child = spawn(process.execPath, [
      bin,
      "run",
      "--dir",
      directory,
      "--",
      process.execPath,
      "-e",
      script,
    ]);
    let stderr = "";
    child.stderr.on("data", (data) => (stderr += String(data)));
    await expect.poll(() => stderr, { timeout: 300_000 }).toContain("ready");
    child.kill("SIGTERM");
    await once(child, "close");
    expect(child.exitCode).toBe(130);
    expect(stderr).toBe("ready\nthe command ends\n");
  });

  test("names the command that it cannot run", async () => {
    expect(await sandbox("run", ["--", "no-such-program"])).toMatchObject({ exitCode: 3 });
    expect(await sandbox("run")).toMatchObject({ exitCode: 2 });
  });

  test("is incomplete after a server was killed, and the next `up` starts it again", async () => {
    const { parts } = await status();
    const neon = parts.find(({ part }) => part === "neon")?.pid ?? Number.NaN;
    process.kill(neon, "SIGKILL");
    await expect.poll(async () => (await status()).outcome, { timeout: 300_000 }).toBe("incomplete");
    expect((await status()).exitCode).toBe(1);

    expect(await sandbox("up")).toMatchObject({ exitCode: 0 });
    expect(await status()).toMatchObject({ exitCode: 0, outcome: "up" });
    const old = { pid: parts.find(({ part }) => part === "rds")?.pid ?? Number.NaN, mark: "postgres" };
    expect(await isRunning(old, own)).toBe(false);
  });

  test("leaves nothing behind when it stops, and does not end another process that has a recorded id", async () => {
    const { clusterDirectory, neon, moto } = await readState();
    const { parts } = await status();
    const bystander = spawn("sleep", ["600"]);
    await once(bystander, "spawn");
    // As after a reboot: the emulator does not run, and its id belongs to another process.
    process.kill(parts.find(({ part }) => part === "aws")?.pid ?? Number.NaN, "SIGKILL");
    await writeFile(moto.pidFile, String(bystander.pid));

    const down = await sandbox("down", ["--json"]);
    expect(down.exitCode).toBe(0);
    expect(assertDocument(documents, JSON.parse(down.stdout))).toMatchObject({ outcome: "stopped" });
    expect(bystander.exitCode ?? bystander.signalCode).toBeNull();
    bystander.kill();
    expect(await exists(directory)).toBe(false);
    expect(await exists(clusterDirectory)).toBe(false);
    expect(await processesOf(neon.dataDir)).toEqual([]);
    expect(await processesOf(`-p ${moto.port}`)).toEqual([]);
  });

  test("can be stopped twice", async () => {
    const { exitCode, stdout } = await sandbox("down", ["--json"]);
    expect(exitCode).toBe(0);
    expect(assertDocument(documents, JSON.parse(stdout))).toMatchObject({ outcome: "nothing-to-stop" });
    const status = await sandbox("status", ["--json"]);
    expect(errorOf(status)).toMatchObject({ code: "NO_SANDBOX", exit: 4, state: "nothing-written" });
  });
});

describe("a start that is refused creates nothing:", () => {
  /** Programs that exist, and fail. */
  const failing = async (name: string, ...programs: readonly string[]) => {
    const folder = join(parent, name);
    await mkdir(folder);
    for (const program of programs) {
      await writeFile(join(folder, program), "#!/bin/sh\necho 'no such library' >&2\nexit 1\n");
      await chmod(join(folder, program), 0o755);
    }
    return folder;
  };
  const refuses = async (
    expected: { code: string; exit: number; says: string },
    args: readonly string[] = [],
    environment: Environment = {},
  ) => {
    const up = await sandbox("up", ["--json", ...args], { ...own, ...environment });
    const { code, exit, message, details, hint } = errorOf(up);
    expect({ code, exit, exitCode: up.exitCode }, message).toEqual({
      code: expected.code,
      exit: expected.exit,
      exitCode: expected.exit,
    });
    expect([message, ...details, hint].join("\n")).toContain(expected.says);
    expect(await exists(directory)).toBe(false);
    expect(await processesOf(directory)).toEqual([]);
  };

  test("without the emulator", async () => {
    const [client] = await findClientPrograms(own);
    const folder = join(parent, "without-moto");
    await mkdir(folder);
    await symlink("/usr/bin/id", join(folder, "id"));
    const environment = { PATH: folder, XDG_CACHE_HOME: folder, PILOT_LIGHT_PG_BIN: client?.directory };
    await refuses({ code: "MOTO_MISSING", exit: 3, says: "pip install 'moto[server]'" }, [], environment);
  });

  test("without Terraform, which only --deployed needs", async () => {
    const environment = { TERRAFORM_BINARY_NAME: "no-such-terraform" };
    const expected = { code: "TERRAFORM_MISSING", exit: 3, says: "no-such-terraform" };
    await refuses(expected, ["--deployed"], environment);
  });

  test("with a version of PostgreSQL that nobody offers", async () => {
    const expected = { code: "SERVER_UNAVAILABLE", exit: 3, says: "PostgreSQL 99" };
    await refuses(expected, ["--neon-major", "99"]);
  });

  test("with a server that does not start", async () => {
    const [client] = await findClientPrograms(own);
    const folder = await failing("servers", "initdb", "pg_ctl", "postgres");
    for (const [name, program = ""] of [
      ["pg_dump", client?.pgDump],
      ["pg_restore", client?.pgRestore],
    ]) {
      await writeFile(join(folder, name ?? ""), `#!/bin/sh\nexec '${program}' "$@"\n`);
      await chmod(join(folder, name ?? ""), 0o755);
    }
    await chmod(parent, 0o755);
    const expected = { code: "SERVER_START_FAILED", exit: 3, says: "no such library" };
    await refuses(expected, [], { PILOT_LIGHT_PG_BIN: folder });
  });

  test("with a deployment that fails", async () => {
    const folder = await failing("terraform", "failing-terraform");
    const environment = { TERRAFORM_BINARY_NAME: join(folder, "failing-terraform") };
    const expected = { code: "DEPLOY_FAILED", exit: 7, says: "pnpm sandbox up" };
    await refuses(expected, ["--deployed"], environment);
  });
});

test("a directory whose state is being written, or that another version has written, is not touched", async () => {
  const state = join(directory, "state.json");
  await mkdir(directory);
  await writeFile(state, "{}");
  const unreadable = await sandbox("up", ["--json"]);
  expect(errorOf(unreadable)).toMatchObject({ code: "STATE_UNREADABLE", exit: 3, state: "nothing-written" });
  expect(errorOf(unreadable).message).toContain(state);
  expect(await readFile(state, "utf8")).toBe("{}");
  await rm(directory, { recursive: true });

  const first = spawn(process.execPath, [bin, "up", "--dir", directory], { stdio: "ignore" });
  await expect.poll(readState, { timeout: 300_000 }).toBeDefined();
  // The first start has not finished, because a process that is stopped finishes nothing.
  first.kill("SIGSTOP");
  const starting = errorOf(await sandbox("up", ["--json"]));
  first.kill("SIGCONT");
  first.kill("SIGTERM");
  await once(first, "close");
  expect(starting).toMatchObject({ code: "SANDBOX_STARTING", exit: 4, state: "nothing-written" });
  expect(starting.message).toContain(directory);
  expect(await exists(directory)).toBe(false);
});

describe("a start that fails", () => {
  test("deletes what it created and ends what it started", async () => {
    const programs = join(parent, "programs");
    await mkdir(programs);
    await writeFile(join(programs, "moto_server"), "#!/bin/sh\necho 'no such module' >&2\nexit 1\n");
    await chmod(join(programs, "moto_server"), 0o755);
    const up = await sandbox("up", ["--json"], { ...own, PATH: `${programs}:${own.PATH ?? ""}` });
    expect(up.exitCode).toBe(3);
    expect(JSON.parse(up.stdout)).toMatchObject({
      error: { code: "MOTO_START_FAILED", details: ["no such module"] },
    });
    expect(await exists(directory)).toBe(false);
    expect(await processesOf(directory)).toEqual([]);
  });

  test("deletes and ends the same when it is interrupted", async () => {
    const child = spawn(process.execPath, [bin, "up", "--dir", directory], { stdio: "ignore" });
    // The file exists before it is complete.
    await expect.poll(readState, { timeout: 300_000 }).toBeDefined();
    const { clusterDirectory, neon, moto } = await readState();
    child.kill("SIGTERM");
    await once(child, "close");
    expect(child.exitCode).toBe(130);
    expect(await exists(directory)).toBe(false);
    expect(await exists(clusterDirectory)).toBe(false);
    expect(await processesOf(neon.dataDir)).toEqual([]);
    expect(await processesOf(`-p ${moto.port}`)).toEqual([]);
  });

  test("does not touch a directory that contains other files", async () => {
    await mkdir(directory);
    await writeFile(join(directory, "thesis.txt"), "years of work");
    const up = await sandbox("up", ["--json"]);
    expect(errorOf(up)).toMatchObject({ code: "DIRECTORY_NOT_EMPTY", exit: 4, state: "nothing-written" });
    expect(await sandbox("down")).toMatchObject({ exitCode: 0 });
    expect(await readdir(directory)).toEqual(["thesis.txt"]);
  });
});
