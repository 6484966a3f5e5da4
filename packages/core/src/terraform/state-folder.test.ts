import { mkdir, mkdtemp, readFile, rm, writeFile } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join, resolve } from "node:path";
import { afterAll, beforeAll, expect, test } from "vitest";
import { openStateFolder } from "./state-folder.ts";

let root: string;
let stack: string;
beforeAll(async () => {
  root = await mkdtemp(join(tmpdir(), "pilot-light-state-folder-"));
  stack = join(root, "cdktf.out/stacks/shop-dev");
  await mkdir(stack, { recursive: true });
});
afterAll(() => rm(root, { recursive: true }));

async function synthesize(terraform: object): Promise<void> {
  const document = { terraform: { required_providers: { aws: {} }, ...terraform }, resource: { aws_lb: {} } };
  await writeFile(join(stack, "cdk.tf.json"), JSON.stringify(document));
}

test.each([
  { backend: { s3: { bucket: "states" } } },
  { cloud: { organization: "acme", workspaces: { name: "shop-dev" } } },
  { backend: { local: { path: "../../../terraform.shop-dev.tfstate" } } },
])("it has the place of the state and no provider, also after another synthesis: %j", async (terraform) => {
  await synthesize(terraform);
  const { directory } = await openStateFolder(stack, {});
  expect(JSON.parse(await readFile(join(directory, "main.tf.json"), "utf8"))).toEqual({ terraform });
});

test("a relative path means the same file as in the stack's folder", async () => {
  const { directory } = await openStateFolder(stack, {});
  expect(directory).not.toBe(stack);
  expect(resolve(directory, "../../../x")).toBe(resolve(stack, "../../../x"));
});

test("the record of the initialization is that of the stack, in a folder of the user's as well", async () => {
  const dataOf = async (environment: Record<string, string>) =>
    (await openStateFolder(stack, environment)).environment["TF_DATA_DIR"];
  expect(await dataOf({})).toBe(join(stack, ".terraform"));
  expect(await dataOf({ TF_DATA_DIR: "data" })).toBe(join(stack, "data"));
  expect(await dataOf({ TF_DATA_DIR: "/data" })).toBe("/data");
});
