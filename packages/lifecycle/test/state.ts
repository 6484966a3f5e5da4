/** Where the state of a test environment is, and how a test reads the journal and the lock next to it. */
import { spawn } from "node:child_process";
import { once } from "node:events";
import { readFile } from "node:fs/promises";
import { join } from "node:path";
import { setTimeout as sleep } from "node:timers/promises";
import { GetObjectCommand, S3Client } from "@aws-sdk/client-s3";
import { resourceNames } from "@pilot-light/core/contract";
import type { Environment } from "@pilot-light/core/config/env";
import { clientOptions, createBucket } from "@pilot-light/sandbox/aws/resources";
import { s3StateVariables, stateBucket } from "@pilot-light/sandbox/deployed-variables";
import type { Workplace } from "@pilot-light/sandbox/workplace";
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
