/**
 * A folder in which terraform reads the state of an initialized stack. In the stack's own folder every command of terraform first hashes the
 * files of the locked providers: 700 MB for the one of AWS. Reading the state needs no provider.
 */
import { mkdir, readFile, writeFile } from "node:fs/promises";
import { basename, join, resolve } from "node:path";
import { z } from "zod";
import type { Environment } from "../config/env.ts";

export interface StateFolder {
  directory: string;
  environment: Environment;
}

const schema = z.object({
  terraform: z.object({ backend: z.unknown().optional(), cloud: z.unknown().optional() }).default({}),
});

/** A local state with a path. */
const withPath = z.object({ local: z.object({ path: z.string() }) });

/** The state is in the stack's folder: without a backend, and with a local one without a path. */
function isInStackFolder({ backend, cloud }: z.infer<typeof schema>["terraform"]): boolean {
  if (cloud !== undefined) return false;
  const isLocal = z.object({ local: z.looseObject({}) }).safeParse(backend).success;
  return backend === undefined || (isLocal && !withPath.safeParse(backend).success);
}

/**
 * @param stackFolder `cdktf.out/stacks/<stack>`, synthesized and initialized
 * @param environment that of terraform
 */
export async function openStateFolder(stackFolder: string, environment: Environment): Promise<StateFolder> {
  const synthesized: unknown = JSON.parse(await readFile(join(stackFolder, "cdk.tf.json"), "utf8"));
  const place = schema.parse(synthesized);
  if (isInStackFolder(place.terraform)) return { directory: stackFolder, environment };
  const text = JSON.stringify(place);
  // As deep as the stack's folder: the path of a local state is relative to the folder.
  const directory = join(stackFolder, "../../states", basename(stackFolder));
  const file = join(directory, "main.tf.json");
  await mkdir(directory, { recursive: true });
  // Another command may read the file at this moment.
  if ((await readFile(file, "utf8").catch(() => "")) !== text) await writeFile(file, text);
  const data = resolve(stackFolder, environment["TF_DATA_DIR"] ?? ".terraform");
  return { directory, environment: { ...environment, TF_DATA_DIR: data } };
}
