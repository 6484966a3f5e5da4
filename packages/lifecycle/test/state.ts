/** Where the state of a test environment is, and how a test reads the journal and the lock next to it. */
import { spawn } from "node:child_process";
import { once } from "node:events";
import { readFile, writeFile } from "node:fs/promises";
import { join } from "node:path";
import { setTimeout as sleep } from "node:timers/promises";
import { GetObjectCommand, S3Client } from "@aws-sdk/client-s3";
import { resourceNames } from "@pilot-light/core/contract";
import type { Environment } from "@pilot-light/core/config/env";
import { clientOptions, createBucket } from "@pilot-light/sandbox/aws/resources";
import { s3StateVariables, stateBucket } from "@pilot-light/sandbox/deployed-variables";
import { succeeds, type Workplace } from "@pilot-light/sandbox/workplace";
import { z } from "zod";

export interface TestState {
  /** The variables that name the place of the state. */
  variables: Environment;
  /** Reads the journal of the last mode change, or the record of the holder of the lock. */
  read(workplace: Workplace, what: "journal" | "lock"): Promise<string>;
}

export async function createState(kind: "local" | "s3", project: string, moto: string): Promise<TestState> {
  const { stack } = resourceNames(project);
  if (kind === "local") {
    const files = { journal: `lifecycle.${stack}.json`, lock: `.terraform.${stack}.tfstate.lock.info` };
    return {
      variables: {},
      read: async ({ directory }, what) => await readFile(join(directory, files[what]), "utf8"),
    };
  }
  const Bucket = stateBucket(project);
  await createBucket(moto, Bucket);
  const client = new S3Client(clientOptions(moto));
  const keys = { journal: `${stack}/lifecycle.json`, lock: `${stack}/terraform.tfstate.tflock` };
  return {
    variables: s3StateVariables(Bucket),
    async read(_workplace, what) {
      const { Body } = await client.send(new GetObjectCommand({ Bucket, Key: keys[what] }));
      return (await Body?.transformToString()) ?? "";
    },
  };
}

const infoSchema = z.object({ ID: z.string(), Who: z.string() });

export interface HeldLock extends AsyncDisposable {
  id: string;
  who: string;
  /** Ends it as `kill -9` does, so that the lock remains. */
  kill(): Promise<void>;
}

/** A real Terraform run of another person. It holds the lock of the state while it waits for its confirmation. */
export async function holdStateLock({
  workplace,
  state,
}: {
  workplace: Workplace;
  state: TestState;
}): Promise<HeldLock> {
  const program = workplace.environment["TERRAFORM_BINARY_NAME"] ?? "terraform";
  const child = spawn(program, ["apply", "-refresh=false", "-var=dev_activated=true"], {
    cwd: workplace.stackDirectory,
    env: { ...workplace.environment },
    stdio: ["pipe", "ignore", "ignore"],
  });
  for (let attempt = 0; attempt < 300; attempt++) {
    const text = await state.read(workplace, "lock").catch(() => "");
    if (text !== "") {
      const { ID, Who } = infoSchema.parse(JSON.parse(text));
      return {
        id: ID,
        who: Who,
        async kill() {
          child.kill("SIGKILL");
          await once(child, "close");
        },
        async [Symbol.asyncDispose]() {
          child.stdin.end("no\n");
          await once(child, "close");
        },
      };
    }
    await sleep(100);
  }
  child.kill("SIGINT");
  throw new Error("terraform did not lock the state.");
}

/** A deployment of another person that reverts the outputs after a run has applied its plan. */
export interface DeployedMeanwhile {
  /** For TERRAFORM_BINARY_NAME. */
  program: string;
  /** Writes the state of the run once more. */
  revert(): Promise<void>;
}

export async function deployedMeanwhile({ workplace }: { workplace: Workplace }): Promise<DeployedMeanwhile> {
  const program = join(workplace.directory, "terraform-meanwhile.rc");
  const real = workplace.environment["TERRAFORM_BINARY_NAME"] ?? "terraform";
  const text = `#!${process.execPath}
const { spawnSync } = require("node:child_process");
const { writeFileSync } = require("node:fs");
const terraform = (args, stdio) => spawnSync(${JSON.stringify(real)}, args, { stdio, maxBuffer: 1e9 });
const [command] = process.argv.slice(2);
const pull = () => JSON.parse(terraform(["state", "pull"], "pipe").stdout);
const before = command === "apply" ? pull() : undefined;
const { status } = terraform(process.argv.slice(2), "inherit");
process.exitCode = status;
if (before !== undefined && status === 0) {
  const after = pull();
  // A state replaces another one only if its serial is higher, and Terraform raises the serial when it writes.
  const write = (name, change) => writeFileSync(${JSON.stringify(program)} + name, JSON.stringify({ ...after, ...change }));
  write(".other", { serial: after.serial + 1, outputs: before.outputs });
  write(".reverted", { serial: after.serial + 100 });
  process.exitCode = terraform(["state", "push", ${JSON.stringify(program)} + ".other"], "ignore").status;
}
`;
  await writeFile(program, text, { mode: 0o755 });
  return {
    program,
    revert: async () => {
      await succeeds(workplace.terraform(["state", "push", `${program}.reverted`]));
    },
  };
}
