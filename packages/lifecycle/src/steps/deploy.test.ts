import { PassThrough } from "node:stream";
import type { WriteStream } from "node:tty";
import { Printer } from "@pilot-light/core/output/printer";
import { interrupted } from "@pilot-light/core/errors";
import { expect, test } from "vitest";
import { deploy } from "./deploy.ts";
import type { ResourceEvent } from "../terraform/events.ts";
import type { Applied } from "../terraform/stack.ts";

const run = "https://app.terraform.io/app/acme/shop-dev/runs/run-1";
const addresses = ["aws_vpc.a", "aws_vpc.b", "aws_vpc.c"];

const created = (addr: string): ResourceEvent => ({
  type: "apply_complete",
  hook: { resource: { addr, resource_type: "aws_vpc" }, action: "create" },
});

/** An apply of three resources: its error, or undefined, and what was printed. */
async function deployed(
  remoteRun: string | undefined,
  { made = 0, interrupt = false, ...applied }: Partial<Applied> & { made?: number; interrupt?: boolean },
) {
  const stderr = Object.assign(new PassThrough(), { isTTY: false }) as unknown as WriteStream;
  const printer = new Printer({ environment: {}, verbose: false, json: false, color: false, stderr });
  const controller = new AbortController();
  const stack = {
    folder: "out",
    logFile: "terraform.log",
    apply(_plan: unknown, onEvent: (event: ResourceEvent) => void, onStopping: () => void) {
      for (const address of addresses.slice(0, made)) onEvent(created(address));
      if (interrupt) {
        controller.abort(interrupted({ signal: "SIGINT" }));
        onStopping();
      }
      return Promise.resolve({
        exitCode: 0,
        killedBy: undefined,
        stall: undefined,
        leftRunning: undefined,
        diagnostics: [],
        tail: [],
        ...applied,
      });
    },
  };
  const changes = addresses.map((address) => ({
    address,
    type: "aws_vpc",
    action: "create" as const,
    name: address,
  }));
  const error = await deploy(
    stack,
    { file: "plan", changes, remoteRun },
    { printer, signal: controller.signal },
  ).catch((problem: unknown) => problem);
  stderr.end();
  return { error, printed: String(stderr.read() as unknown) };
}

test("changes that Terraform makes on this machine are counted", async () => {
  expect((await deployed(undefined, { made: 3 })).printed).toContain("3 of 3 changes made");
  const { error } = await deployed(undefined, { made: 1, exitCode: 1, tail: ["Error: denied"] });
  expect(error).toMatchObject({
    code: "TERRAFORM_FAILED",
    details: ["1 of 3 changes were made. Log of Terraform: terraform.log"],
  });
});

test("a terraform that was killed may have created resources that its state lacks", async () => {
  const { error } = await deployed(undefined, { made: 1, exitCode: 128, killedBy: "SIGKILL" });
  expect(error).toMatchObject({
    details: [
      "1 of 3 changes were made. Log of Terraform: terraform.log",
      expect.stringMatching(/^Terraform could not write its state in order\./) as string,
    ],
  });
});

test("changes that Terraform Cloud makes are not counted, and its run is named", async () => {
  const { error, printed } = await deployed(run, {});
  expect(error).toBeUndefined();
  expect(printed).toContain(run);
  expect(printed).toContain("Terraform Cloud has made all 3 changes");
  const failed = await deployed(run, { exitCode: 1, tail: ["Error: denied"] });
  expect(failed.error).toMatchObject({
    code: "TERRAFORM_FAILED",
    details: [`The log of the run shows how many of the 3 changes were made: ${run} (copy: terraform.log)`],
  });
});

test("an interruption of an apply in Terraform Cloud reports that the run continues there", async () => {
  const { error, printed } = await deployed(run, { exitCode: 1, interrupt: true });
  expect(printed).toContain("The run continues in Terraform Cloud. This command only stops watching it.");
  expect(error).toMatchObject({
    code: "INTERRUPTED",
    exit: 130,
    message: "Interrupted by SIGINT. The run in Terraform Cloud was not stopped.",
    hint: "Wait until that run has ended, or stop it in Terraform Cloud.",
  });
});

test("an interruption of an apply on this machine reports what Terraform does, and how many changes were made", async () => {
  const { error, printed } = await deployed(undefined, { made: 1, exitCode: 1, interrupt: true });
  expect(printed).toContain("writes its state. This may take minutes.");
  expect(printed).toContain("--resume completes the mode change.");
  expect(error).toMatchObject({
    code: "INTERRUPTED",
    message: "Interrupted by SIGINT. 1 of 3 changes were made.",
  });
});
