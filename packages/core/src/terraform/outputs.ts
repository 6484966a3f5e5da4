/**
 * Reads the Terraform outputs. An unreadable, empty or wrongly typed document has its own error, and never counts as
 * a mode: for a stack that was never deployed, `cdktf output` prints `{ "<stack>": {} }` with exit code 0.
 */
import { mkdtemp, readFile, rm } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join, resolve } from "node:path";
import { z } from "zod";
import { readVariable, withoutSecrets, type Environment } from "../config/env.ts";
import { readStallLimit } from "../config/stall-limit.ts";
import {
  outputsEmpty,
  outputsFailed,
  outputsInvalid,
  outputsStackMissing,
  outputsUnreadable,
} from "../errors.ts";
import { OpsError, messageOf } from "../ops-error.ts";
import { run } from "../process.ts";
import { prepareTerraform } from "./cli-config.ts";
import { terraformProgram } from "./program.ts";
import { plainLines } from "./plain-text.ts";
import { isInitialized } from "./initialized.ts";
import { openStateFolder } from "./state-folder.ts";

/**
 * Where the outputs come from: values that the caller has, a file with the JSON of `cdktf output`, the same JSON in a variable, or the
 * deployed stack.
 */
export type OutputsSource =
  "deployed" | { file: string } | { json: string } | { values: Readonly<Record<string, unknown>> };

/** The source that a command uses: its `--outputs-file`, else PILOT_LIGHT_OUTPUTS_FILE, else PILOT_LIGHT_OUTPUTS, else the deployed stack. */
export function outputsSource(file: string | undefined, environment: Environment): OutputsSource {
  const chosen = file ?? readVariable(environment, "PILOT_LIGHT_OUTPUTS_FILE");
  if (chosen !== undefined) return { file: resolve(chosen) };
  const json = readVariable(environment, "PILOT_LIGHT_OUTPUTS");
  return json === undefined ? "deployed" : { json };
}

export interface ReadOutputsOptions {
  source: OutputsSource;
  /** Terraform stack: chosen when the document holds several, and read when the source is the deployed stack. */
  stack: string;
  /** Folder with cdktf.json. */
  directory: string;
  environment: Environment;
  signal?: AbortSignal;
  onStart?: (commandLine: string) => void;
}

/** The outputs of one stack. */
export interface RawOutputs {
  values: Readonly<Record<string, unknown>>;
  /** The file, or the program that reported them. */
  from: string;
}

const documentSchema = z.record(z.string(), z.record(z.string(), z.unknown()));

/**
 * Reads the outputs from their source.
 * @throws OpsError OUTPUTS_UNREADABLE, OUTPUTS_EMPTY, OUTPUTS_STACK_MISSING, TF_PLUGIN_MIRROR_MISSING (configuration), OUTPUTS_FAILED (aws)
 */
export async function readOutputs(options: ReadOutputsOptions): Promise<RawOutputs> {
  const { source, stack } = options;
  if (source === "deployed") return (await terraformOutput(options)) ?? (await cdktfOutput(options));
  if ("values" in source) return { values: source.values, from: "terraform" };
  const [json, from] =
    "json" in source
      ? [source.json, "PILOT_LIGHT_OUTPUTS"]
      : [await readText(source.file, stack), source.file];
  return stackOf(parseJson(json, from, stack), stack, from);
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
  throw outputsInvalid({
    problem: `The Terraform outputs in ${raw.from} lack what this command needs.`,
    details,
  });
}

async function readText(file: string, stack: string): Promise<string> {
  try {
    return await readFile(file, "utf8");
  } catch (cause) {
    throw outputsUnreadable({ file, reason: messageOf(cause), stack }, { cause });
  }
}

function parseJson(text: string, from: string, stack: string): unknown {
  try {
    return JSON.parse(text);
  } catch (cause) {
    throw outputsUnreadable({ file: from, reason: "it is not JSON", stack }, { cause });
  }
}

function stackOf(document: unknown, stack: string, from: string): RawOutputs {
  const parsed = documentSchema.safeParse(document);
  if (!parsed.success) {
    throw outputsUnreadable({ file: from, reason: "it does not hold the outputs of a stack", stack });
  }
  const stacks = Object.keys(parsed.data);
  const [only] = stacks;
  const name = stack in parsed.data ? stack : stacks.length === 1 ? only : undefined;
  const values = name === undefined ? undefined : parsed.data[name];
  if (values === undefined && stacks.length > 0) throw outputsStackMissing({ source: from, stack, stacks });
  if (values === undefined || Object.keys(values).length === 0) throw outputsEmpty({ source: from });
  return { values, from };
}

/** `terraform output`, if the stack's folder was synthesized and initialized: some tenths of a second. */
async function terraformOutput(options: ReadOutputsOptions): Promise<RawOutputs | undefined> {
  const folder = join(options.directory, "cdktf.out", "stacks", options.stack);
  if (!(await isInitialized(folder, options.environment))) return undefined;
  const program = terraformProgram(options.environment);
  const running = runOptions(options);
  const { directory: cwd, environment } = await openStateFolder(folder, running.environment);
  const result = await run(program, ["output", "-json"], { ...running, environment, cwd }).catch(
    (error: unknown) => {
      if (error instanceof OpsError && error.code === "PROGRAM_MISSING") return undefined;
      throw error;
    },
  );
  if (result?.exitCode !== 0) return undefined;
  const values = outputValues(JSON.parse(result.stdout));
  return Object.keys(values).length === 0 ? undefined : { values, from: "terraform" };
}

const terraformOutputSchema = z.record(z.string(), z.object({ value: z.unknown() }));

/**
 * The values in the JSON of `terraform output -json`, by name. A stack that was never deployed has none.
 * @throws ZodError when the JSON has another form
 */
export function outputValues(json: unknown): Readonly<Record<string, unknown>> {
  const outputs = Object.entries(terraformOutputSchema.parse(json));
  return Object.fromEntries(outputs.map(([name, { value }]) => [name, value]));
}

/** `cdktf output`, which synthesizes and initializes first: some four seconds. */
async function cdktfOutput(options: ReadOutputsOptions): Promise<RawOutputs> {
  const directory = await mkdtemp(join(tmpdir(), "pilot-light-outputs-"));
  try {
    const file = join(directory, "outputs.json");
    const program = join(options.directory, "node_modules", ".bin", "cdktf");
    const terraform = await prepareTerraform(options.environment, directory);
    const result = await run(
      program,
      ["output", options.stack, ...terraform.cdktfFlags, "--outputs-file", file],
      {
        ...runOptions(options),
        environment: { ...withoutSecrets(options.environment), ...terraform.environment, NO_COLOR: "1" },
        cwd: options.directory,
      },
    );
    if (result.exitCode !== 0) {
      const details = plainLines([...result.stdout.split("\n"), ...result.stderr]).slice(-15);
      throw outputsFailed({ details });
    }
    return stackOf(
      parseJson(await readText(file, options.stack), file, options.stack),
      options.stack,
      "cdktf",
    );
  } finally {
    await rm(directory, { recursive: true, force: true });
  }
}

/** Reading a state takes seconds. If its backend does not answer, Terraform would wait forever. */
function runOptions({ environment, signal, onStart }: ReadOutputsOptions) {
  const limit = readStallLimit(environment);
  const late = new AbortController();
  const details = [`It did not end within ${limit / 1000} s (PILOT_LIGHT_STALL_SECONDS).`];
  setTimeout(() => late.abort(outputsFailed({ details })), limit).unref();
  return {
    environment: withoutSecrets(environment),
    signal: signal === undefined ? late.signal : AbortSignal.any([signal, late.signal]),
    ...(onStart === undefined ? {} : { onStart }),
  };
}
