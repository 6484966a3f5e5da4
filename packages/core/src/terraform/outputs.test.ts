import { mkdir, mkdtemp, rm, writeFile } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { afterAll, beforeAll, expect, test } from "vitest";
import { outputsSchema } from "../contract.ts";
import { outputsSource, parseOutputs, readOutputs } from "./outputs.ts";

let directory: string;
beforeAll(async () => {
  directory = await mkdtemp(join(tmpdir(), "pilot-light-outputs-test-"));
});
afterAll(() => rm(directory, { recursive: true }));

async function read(document: unknown) {
  const file = join(directory, "outputs.json");
  await writeFile(file, JSON.stringify(document));
  return await readOutputs({ source: { file }, stack: "shop-dev", directory, environment: {} });
}

test("the stack of the project is chosen, and the only stack under any name", async () => {
  const both = { "other-dev": { vpc_id: "vpc-1" }, "shop-dev": { vpc_id: "vpc-2" } };
  expect((await read(both)).values).toEqual({ vpc_id: "vpc-2" });
  expect((await read({ "other-dev": { vpc_id: "vpc-1" } })).values).toEqual({ vpc_id: "vpc-1" });
});

test("of several stacks without that of the project, none is chosen", async () => {
  const reading = read({ "a-dev": { vpc_id: "1" }, "b-dev": { vpc_id: "2" } });
  await expect(reading).rejects.toMatchObject({ code: "OUTPUTS_STACK_MISSING", details: ["a-dev", "b-dev"] });
});

test.each([[{}], [{ "shop-dev": {} }]])(
  "a stack that was never deployed is an error and not a mode: %j",
  async (document) => {
    await expect(read(document)).rejects.toMatchObject({ code: "OUTPUTS_EMPTY", exit: 3 });
  },
);

test.each([[[]], ["text"], [null], [{ "shop-dev": "text" }]])(
  "%j is no outputs document",
  async (document) => {
    await expect(read(document)).rejects.toMatchObject({ code: "OUTPUTS_UNREADABLE", exit: 3 });
  },
);

test("the outputs of a variable are read as those of a file", async () => {
  const at = (json: string) => ({ source: { json }, stack: "shop-dev", directory, environment: {} });
  expect(outputsSource(undefined, { PILOT_LIGHT_OUTPUTS: "{}" })).toEqual({ json: "{}" });
  const { values } = await readOutputs(at(JSON.stringify({ "shop-dev": { vpc_id: "vpc-2" } })));
  expect(values).toEqual({ vpc_id: "vpc-2" });
  await expect(readOutputs(at("no JSON"))).rejects.toMatchObject({ code: "OUTPUTS_UNREADABLE" });
});

test("one error names every output that is missing or wrongly typed", () => {
  const raw = { values: { database_port: "5432", database_endpoint: "nowhere" }, from: "outputs.json" };
  const schema = outputsSchema.pick({ database_port: true, database_endpoint: true, database_name: true });
  expect(() => parseOutputs(raw, schema)).toThrow(
    expect.objectContaining({
      code: "OUTPUTS_INVALID",
      details: [
        expect.stringMatching(/^database_port: .*number/),
        expect.stringMatching(/^database_endpoint: must be host:port/),
        "database_name: missing",
      ] as unknown,
    }),
  );
});

test("a program that never ends is stopped", async () => {
  const bin = join(directory, "node_modules", ".bin");
  await mkdir(bin, { recursive: true });
  await writeFile(join(bin, "cdktf"), "#!/bin/sh\nexec sleep 600\n", { mode: 0o700 });
  const environment = { PATH: "/usr/bin:/bin", PILOT_LIGHT_STALL_SECONDS: "0.5" };
  await expect(
    readOutputs({ source: "deployed", stack: "shop-dev", directory, environment }),
  ).rejects.toMatchObject({
    code: "OUTPUTS_FAILED",
    details: ["It did not end within 0.5 s (PILOT_LIGHT_STALL_SECONDS)."],
  });
});

test("cdktf installs its providers from the mirror", async () => {
  const bin = join(directory, "node_modules", ".bin");
  const mirror = join(directory, "mirror");
  await mkdir(join(mirror, "registry.terraform.io", "hashicorp", "aws"), { recursive: true });
  await mkdir(bin, { recursive: true });
  // Its arguments: output shop-dev --skip-provider-lock --outputs-file <file>. Without the third, it would request checksums from the registry.
  const script = `#!/bin/sh\necho "{\\"shop-dev\\": {\\"configuration\\": \\"$(tr -d '\\n"' < "$TF_CLI_CONFIG_FILE")\\"}}" > "$5"\n[ "$3" = --skip-provider-lock ]\n`;
  await writeFile(join(bin, "cdktf"), script, { mode: 0o700 });
  const environment = { PATH: "/usr/bin:/bin", PILOT_LIGHT_TF_PLUGIN_MIRROR: mirror };
  const { values } = await readOutputs({ source: "deployed", stack: "shop-dev", directory, environment });
  expect(values["configuration"]).toContain(`path    = ${mirror}`);
});
