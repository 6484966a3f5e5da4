import { mkdtemp, rm, writeFile } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { afterAll, beforeAll, expect, test } from "vitest";
import { remoteRun } from "./remote-run.ts";

let directory = "";
beforeAll(async () => {
  directory = await mkdtemp(join(tmpdir(), "remote-run-"));
});
afterAll(() => rm(directory, { recursive: true }));

async function runOf(content: string) {
  const file = join(directory, "plan.tfplan");
  await writeFile(file, content);
  return await remoteRun(file, { TF_CLOUD_ORGANIZATION: "acme", TF_WORKSPACE: "shop-dev" });
}

test("a plan that Terraform Cloud has made names its run", async () => {
  // As terraform writes it: internal/cloud/cloudplan/saved_plan.go.
  const note = { remote_plan_format: 1, run_id: "run-CZcmD7eagjhyX0vN", hostname: "app.terraform.io" };
  expect(await runOf(JSON.stringify(note))).toBe(
    "https://app.terraform.io/app/acme/shop-dev/runs/run-CZcmD7eagjhyX0vN",
  );
});

test("a plan that was made here has no run", async () => {
  expect(await runOf("PK\u0003\u0004...")).toBeUndefined();
});
