/** The tokens that `terraform login` stored on this machine, as the variables from which terraform reads them as well. */
import { readFile } from "node:fs/promises";
import { homedir } from "node:os";
import { join } from "node:path";
import { z } from "zod";
import { type Environment, readVariable } from "../config/env.ts";

const schema = z.object({ credentials: z.record(z.string(), z.object({ token: z.string() })) });

/** Name of the variable with the token for a host: developer.hashicorp.com/terraform/cli/config/config-file#environment-variable-credentials. */
export function tokenVariable(host: string): string {
  return `TF_TOKEN_${host.replaceAll("-", "__").replaceAll(".", "_")}`;
}

/**
 * For a state in Terraform Cloud; empty for other states. A variable that is already set has precedence.
 * Where they are stored: developer.hashicorp.com/terraform/cli/commands/login.
 */
export async function loginTokens(environment: Environment): Promise<Environment> {
  if (readVariable(environment, "TF_CLOUD_ORGANIZATION") === undefined) return {};
  const file = join(environment["HOME"] ?? homedir(), ".terraform.d", "credentials.tfrc.json");
  const stored = await readStored(file);
  const tokens = Object.entries(stored).map(([host, { token }]): [string, string] => [
    tokenVariable(host),
    token,
  ]);
  return Object.fromEntries(tokens.filter(([name]) => environment[name] === undefined));
}

/** Empty when nobody has logged in. */
async function readStored(file: string): Promise<z.infer<typeof schema>["credentials"]> {
  try {
    return schema.parse(JSON.parse(await readFile(file, "utf8"))).credentials;
  } catch {
    return {};
  }
}
