/**
 * Reads the Terraform outputs. An unreadable, empty or wrongly typed document is an error of its own and never reads as
 * a mode: a stack that was never deployed gives `{ "<stack>": {} }` with exit code 0.
 */
import { mkdtemp, readFile, rm } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { z } from "zod";
import { deployCommand, plainDeploy } from "./deploy-command.ts";
import { withoutSecrets, type Environment } from "../config/env.ts";
import { OpsError, messageOf } from "../errors.ts";
import { run } from "../process.ts";
import { plainLines } from "./plain-text.ts";
import { isInitialized } from "./initialized.ts";

export interface ReadOutputsOptions {
  /** JSON of `cdktf output`; without it the deployed stack is asked. */
  file?: string | undefined;
  /** Terraform stack, used when the document holds several, and for reading it fresh. */
  stack: string;
  /** Folder with cdktf.json. */
  directory: string;
  environment: Environment;
  signal?: AbortSignal;
  onStart?: (commandLine: string) => void;
}

/** The outputs of one stack, and where they came from. */
export interface RawOutputs {
  values: Readonly<Record<string, unknown>>;
  from: string;
}

const documentSchema = z.record(z.string(), z.record(z.string(), z.unknown()));

/**
 * Reads the outputs document from a file or, without one, from the deployed stack.
 * @throws OpsError OUTPUTS_UNREADABLE, OUTPUTS_EMPTY, OUTPUTS_STACK (configuration), TERRAFORM_FAILED (aws)
 */
export async function readOutputs(options: ReadOutputsOptions): Promise<RawOutputs> {
  if (options.file !== undefined) {
    return stackOf(await readJson(options.file), options.stack, options.file);
  }
  const quick = await terraformOutput(options);
  return quick ?? (await cdktfOutput(options));
}

/**
 * The outputs a command needs, typed. Others may be missing or of any type.
 * @param schema a part of the contract: `outputsSchema.pick({ ... })`
 * @throws OpsError OUTPUTS_INVALID naming every output that is missing or wrongly typed
 */
export function parseOutputs<Schema extends z.ZodType>(raw: RawOutputs, schema: Schema): z.output<Schema> {
  const result = schema.safeParse(raw.values);
  if (result.success) return result.data;
  const details = result.error.issues.map((issue) => {
    const name = issue.path.join(".");
    return name in raw.values ? `${name}: ${issue.message}` : `${name}: missing`;
  });
  throw new OpsError(
    "configuration",
    "OUTPUTS_INVALID",
    `The Terraform outputs in ${raw.from} are not what this tool needs.`,
    {
      details,
      hint: `Deploy with this version, then try again:  ${deployCommand(undefined)}`,
    },
  );
}

async function readJson(file: string): Promise<unknown> {
  try {
    return JSON.parse(await readFile(file, "utf8"));
  } catch (cause) {
    const why = cause instanceof SyntaxError ? "it is not JSON" : messageOf(cause);
    throw new OpsError(
      "configuration",
      "OUTPUTS_UNREADABLE",
      `Cannot read the Terraform outputs from ${file}: ${why}.`,
      {
        hint: `Write them:  pnpm infra:output --outputs-file ${file}`,
        cause,
      },
    );
  }
}

function stackOf(document: unknown, stack: string, from: string): RawOutputs {
  const parsed = documentSchema.safeParse(document);
  if (!parsed.success) {
    throw new OpsError(
      "configuration",
      "OUTPUTS_UNREADABLE",
      `${from} does not hold the outputs of a stack.`,
      {
        hint: `The shape is { "${stack}": { "<output>": <value> } }, as \`cdktf output\` writes it.`,
      },
    );
  }
  const stacks = Object.keys(parsed.data);
  const [only] = stacks;
  const name = stack in parsed.data ? stack : stacks.length === 1 ? only : undefined;
  const values = name === undefined ? undefined : parsed.data[name];
  if (values === undefined && stacks.length > 0) {
    throw new OpsError(
      "configuration",
      "OUTPUTS_STACK",
      `${from} holds several stacks and none is called ${stack}.`,
      {
        details: stacks,
        hint: "Set PROJECT_NAME to the project of the environment.",
      },
    );
  }
  if (values === undefined || Object.keys(values).length === 0) {
    throw new OpsError(
      "configuration",
      "OUTPUTS_EMPTY",
      `There are no Terraform outputs in ${from}: the stack was never deployed, or its state is elsewhere.`,
      {
        hint: `Deploy it:  ${plainDeploy}    or check where its state is (TF_CLOUD_ORGANIZATION, TF_WORKSPACE).`,
      },
    );
  }
  return { values, from };
}

/** `terraform output` in the synthesized stack folder: under a second, where that folder has been initialised. */
async function terraformOutput(options: ReadOutputsOptions): Promise<RawOutputs | undefined> {
  const folder = join(options.directory, "cdktf.out", "stacks", options.stack);
  if (!(await isInitialized(folder, options.environment))) return undefined;
  const program = options.environment.TERRAFORM_BINARY_NAME ?? "terraform";
  const result = await run(program, ["output", "-json"], { ...runOptions(options), cwd: folder }).catch(
    (error: unknown) => {
      if (error instanceof OpsError && error.code === "PROGRAM_MISSING") return undefined;
      throw error;
    },
  );
  if (result?.exitCode !== 0) return undefined;
  const schema = z.record(z.string(), z.object({ value: z.unknown() }));
  const parsed = schema.safeParse(JSON.parse(result.stdout));
  if (!parsed.success || Object.keys(parsed.data).length === 0) return undefined;
  const values = Object.fromEntries(Object.entries(parsed.data).map(([name, { value }]) => [name, value]));
  return { values, from: "terraform" };
}

/** `cdktf output`, which synthesizes and initialises first: some four seconds. */
async function cdktfOutput(options: ReadOutputsOptions): Promise<RawOutputs> {
  const directory = await mkdtemp(join(tmpdir(), "pilot-light-outputs-"));
  try {
    const file = join(directory, "outputs.json");
    const program = join(options.directory, "node_modules", ".bin", "cdktf");
    const result = await run(program, ["output", options.stack, "--outputs-file", file], {
      ...runOptions(options),
      environment: { ...withoutSecrets(options.environment), CHECKPOINT_DISABLE: "1", NO_COLOR: "1" },
      cwd: options.directory,
    });
    if (result.exitCode !== 0) {
      throw new OpsError(
        "aws",
        "TERRAFORM_FAILED",
        "`cdktf output` failed, so the Terraform outputs are not known.",
        {
          details: plainLines([...result.stdout.split("\n"), ...result.stderr]).slice(-15),
          hint: "Try it yourself:  pnpm infra:output    or give a file:  --outputs-file <path>",
        },
      );
    }
    return stackOf(await readJson(file), options.stack, "cdktf");
  } finally {
    await rm(directory, { recursive: true, force: true });
  }
}

function runOptions({ environment, signal, onStart }: ReadOutputsOptions) {
  return {
    environment: withoutSecrets(environment),
    ...(signal === undefined ? {} : { signal }),
    ...(onStart === undefined ? {} : { onStart }),
  };
}
