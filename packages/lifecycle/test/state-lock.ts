/** Another person's Terraform run that holds the lock of a local state: a real one, which waits for its confirmation. */
import { spawn } from "node:child_process";
import { once } from "node:events";
import { readFile } from "node:fs/promises";
import { join } from "node:path";
import { setTimeout as sleep } from "node:timers/promises";
import type { Workplace } from "@pilot-light/sandbox/workplace";
import { z } from "zod";

const infoSchema = z.object({ ID: z.string(), Who: z.string() });

export interface HeldLock extends AsyncDisposable {
  id: string;
  who: string;
}

export async function holdStateLock(workplace: Workplace, stack: string): Promise<HeldLock> {
  const program = workplace.environment["TERRAFORM_BINARY_NAME"] ?? "terraform";
  const child = spawn(program, ["apply", "-refresh=false", "-var=dev_activated=true"], {
    cwd: workplace.stackDirectory,
    env: { ...workplace.environment },
    stdio: ["pipe", "ignore", "ignore"],
  });
  const file = join(workplace.directory, `.terraform.${stack}.tfstate.lock.info`);
  for (let attempt = 0; attempt < 300; attempt++) {
    const text = await readFile(file, "utf8").catch(() => "");
    if (text !== "") {
      const { ID, Who } = infoSchema.parse(JSON.parse(text));
      return {
        id: ID,
        who: Who,
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
