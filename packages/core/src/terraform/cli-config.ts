/** Makes terraform and cdktf read their providers from a mirror directory instead of the registry, if such a directory exists. */
import { readdir, stat, writeFile } from "node:fs/promises";
import { homedir } from "node:os";
import { join } from "node:path";
import { type Environment, readVariable } from "../config/env.ts";
import { tfPluginMirrorMissing } from "../errors.ts";
import { loginTokens } from "./login-tokens.ts";

/** How to call terraform and cdktf here. */
export interface TerraformSetup {
  /** Variables to add to the environment of both. */
  environment: Environment;
  /** Flags for those `cdktf` commands that initialize: deploy, diff, destroy. */
  cdktfFlags: readonly string[];
}

/** A mirror is a directory that holds this one: `<host>/<namespace>/<type>/<version>/...`. */
const registry = "registry.terraform.io";

/**
 * Prepares one run: finds the mirror and writes the CLI configuration for it to `<directory>/terraform.rc`. Without a
 * mirror, or when `TF_CLI_CONFIG_FILE` names a file that exists, nothing is written and Terraform decides by itself.
 * @throws OpsError TF_PLUGIN_MIRROR_MISSING (configuration) when `PILOT_LIGHT_TF_PLUGIN_MIRROR` names another kind of directory.
 */
export async function prepareTerraform(environment: Environment, directory: string): Promise<TerraformSetup> {
  const common = {
    CHECKPOINT_DISABLE: "1",
    // Go collects garbage less often: a plan takes a quarter less CPU time and 130 MB more memory. Most of it is the schema of the provider.
    GOGC: environment["GOGC"] ?? "400",
  };
  const ownConfiguration = environment["TF_CLI_CONFIG_FILE"];
  const isConfigured = readVariable(environment, "PILOT_LIGHT_TF_PLUGIN_MIRROR") !== undefined;
  if (!isConfigured && ownConfiguration !== undefined && (await isThere(ownConfiguration))) {
    return { environment: common, cdktfFlags: [] };
  }
  const mirror = await findPluginMirror(environment);
  if (mirror === undefined) return { environment: common, cdktfFlags: [] };
  const file = join(directory, "terraform.rc");
  await writeFile(file, cliConfiguration(mirror, await providersIn(mirror)));
  return {
    environment: {
      ...common,
      TF_CLI_CONFIG_FILE: file,
      // With TF_CLI_CONFIG_FILE, terraform does not read the tokens that `terraform login` has stored.
      ...(await loginTokens(environment)),
      // cdktf's plugin cache may be the mirror itself, which Terraform refuses.
      CDKTF_DISABLE_PLUGIN_CACHE_ENV: "1",
    },
    // Without this flag, cdktf requests checksums from the registry.
    cdktfFlags: ["--skip-provider-lock"],
  };
}

/**
 * The mirror that `PILOT_LIGHT_TF_PLUGIN_MIRROR` names, or the first one below `places`.
 * @throws OpsError TF_PLUGIN_MIRROR_MISSING (configuration).
 */
export async function findPluginMirror(
  environment: Environment,
  places?: readonly string[],
): Promise<string | undefined> {
  const isConfigured = readVariable(environment, "PILOT_LIGHT_TF_PLUGIN_MIRROR");
  if (isConfigured !== undefined) {
    if (await isThere(join(isConfigured, registry))) return isConfigured;
    throw tfPluginMirrorMissing({ directory: isConfigured, registry });
  }
  for (const place of places ?? (await usualPlaces())) {
    if (await isThere(join(place, registry))) return place;
  }
  return undefined;
}

/** The directories where Terraform itself searches for providers, and directories below /opt. Not its plugin cache, which may hold old versions. */
async function usualPlaces(): Promise<string[]> {
  const bases = [join(homedir(), ".terraform.d"), "/usr/local/share/terraform", "/usr/share/terraform"];
  const optional = (await entries("/opt")).map((name) => join("/opt", name));
  return [...bases, ...optional].flatMap((base) => [join(base, "plugins"), base]);
}

/** Provider addresses, sorted: `registry.terraform.io/hashicorp/aws`. */
async function providersIn(mirror: string): Promise<string[]> {
  const root = join(mirror, registry);
  const namespaces = await entries(root);
  const perNamespace = namespaces.map(async (namespace) =>
    (await entries(join(root, namespace))).map((type) => `${registry}/${namespace}/${type}`),
  );
  return (await Promise.all(perNamespace)).flat().sort();
}

/** Reads the providers of the mirror from the mirror, and all others from the registry. */
function cliConfiguration(mirror: string, providers: readonly string[]): string {
  const list = providers.map(hclString).join(", ");
  return `provider_installation {
  filesystem_mirror {
    path    = ${hclString(mirror)}
    include = [${list}]
  }
  direct {
    exclude = [${list}]
  }
}
`;
}

function hclString(value: string): string {
  return JSON.stringify(value).replaceAll(/[$%](?=\{)/g, "$&$&");
}

/** Names in a directory without the hidden ones; none when the directory does not exist. */
async function entries(directory: string): Promise<string[]> {
  const names = await readdir(directory).catch(() => []);
  return names.filter((name) => !name.startsWith(".")).sort();
}

async function isThere(path: string): Promise<boolean> {
  return stat(path).then(
    () => true,
    () => false,
  );
}
