/** Finding a provider mirror and writing the CLI configuration for it. */
import { mkdir, mkdtemp, readFile, readdir, rm, writeFile } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { afterEach, beforeEach, describe, expect, it } from "vitest";
import { findPluginMirror, prepareTerraform } from "./cli-config.ts";

let directory = "";
beforeEach(async () => {
  directory = await mkdtemp(join(tmpdir(), "cli-config-"));
});
afterEach(async () => {
  await rm(directory, { recursive: true });
});

const common = { CHECKPOINT_DISABLE: "1", GOGC: "400" };

async function makeMirror(name: string): Promise<string> {
  const mirror = join(directory, name);
  for (const type of ["tls", "aws"]) {
    await mkdir(join(mirror, "registry.terraform.io", "hashicorp", type), { recursive: true });
  }
  return mirror;
}

describe("findPluginMirror", () => {
  it("takes the first place that is a mirror", async () => {
    const first = await makeMirror("first");
    const second = await makeMirror("second");
    expect(await findPluginMirror({}, [join(directory, "none"), first, second])).toBe(first);
  });

  it("finds no mirror if no place is one", async () => {
    expect(await findPluginMirror({}, [directory])).toBeUndefined();
  });

  it("prefers the mirror that the environment names", async () => {
    const found = await makeMirror("found");
    const named = await makeMirror("named");
    expect(await findPluginMirror({ PILOT_LIGHT_TF_PLUGIN_MIRROR: named }, [found])).toBe(named);
  });

  it("refuses a directory that is not a mirror", async () => {
    await expect(findPluginMirror({ PILOT_LIGHT_TF_PLUGIN_MIRROR: directory })).rejects.toMatchObject({
      code: "TF_PLUGIN_MIRROR_MISSING",
      failure: "configuration",
    });
  });
});

describe("prepareTerraform", () => {
  it("reads the providers of the mirror from the mirror, and the others from the registry", async () => {
    const mirror = await makeMirror('with ${braces} and "quotes"');
    const setup = await prepareTerraform({ PILOT_LIGHT_TF_PLUGIN_MIRROR: mirror }, directory);
    expect(setup).toEqual({
      environment: {
        ...common,
        CDKTF_DISABLE_PLUGIN_CACHE_ENV: "1",
        TF_CLI_CONFIG_FILE: join(directory, "terraform.rc"),
      },
      cdktfFlags: ["--skip-provider-lock"],
    });
    const providers = `["registry.terraform.io/hashicorp/aws", "registry.terraform.io/hashicorp/tls"]`;
    const text = await readFile(join(directory, "terraform.rc"), "utf8");
    expect(text).toContain('with $${braces} and \\"quotes\\""');
    expect(text).toContain(`include = ${providers}`);
    expect(text).toContain(`exclude = ${providers}`);
  });

  it("passes on the token of `terraform login`, which terraform does not read together with the configuration of the mirror", async () => {
    const mirror = await makeMirror("mirror");
    const credentials = { "app.terraform.io": { token: "stored" }, "tfe.my-company.com": { token: "other" } };
    await mkdir(join(directory, ".terraform.d"));
    await writeFile(join(directory, ".terraform.d/credentials.tfrc.json"), JSON.stringify({ credentials }));
    const variables = { PILOT_LIGHT_TF_PLUGIN_MIRROR: mirror, HOME: directory };
    const cloud = { ...variables, TF_CLOUD_ORGANIZATION: "acme" };
    const tokens = async (environment: Record<string, string>) => {
      const setup = await prepareTerraform(environment, directory);
      return Object.entries(setup.environment).filter(([name]) => name.startsWith("TF_TOKEN_"));
    };
    expect(await tokens(variables)).toEqual([]);
    expect(await tokens(cloud)).toEqual([
      ["TF_TOKEN_app_terraform_io", "stored"],
      ["TF_TOKEN_tfe_my__company_com", "other"],
    ]);
    expect(await tokens({ ...cloud, TF_TOKEN_app_terraform_io: "of CI" })).toEqual([
      ["TF_TOKEN_tfe_my__company_com", "other"],
    ]);
  });

  it("keeps a person's own configuration file and settings", async () => {
    const own = join(directory, "own.tfrc");
    await writeFile(own, "");
    const setup = await prepareTerraform({ TF_CLI_CONFIG_FILE: own, GOGC: "50" }, directory);
    expect(setup).toEqual({ environment: { ...common, GOGC: "50" }, cdktfFlags: [] });
    expect(await readdir(directory)).toEqual(["own.tfrc"]);
  });
});
