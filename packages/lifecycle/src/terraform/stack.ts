/** The environment's Terraform stack: synthesized by cdktf, planned, and applied exactly as it was planned. */
import { terraformProgram } from "@pilot-light/core/terraform/program";
import { readFile } from "node:fs/promises";
import { join } from "node:path";
import { type Outputs, outputsSchema } from "@pilot-light/core/contract";
import type { Printer } from "@pilot-light/core/output/printer";
import { plainDeploy } from "@pilot-light/core/terraform/deploy-command";
import { type Environment, withoutSecrets } from "@pilot-light/core/config/env";
import { OpsError } from "@pilot-light/core/ops-error";
import { parseOutputs, type RawOutputs } from "@pilot-light/core/terraform/outputs";
import { run, type RunResult } from "@pilot-light/core/process";
import { prepareTerraform } from "@pilot-light/core/terraform/cli-config";
import { isInitialized } from "@pilot-light/core/terraform/initialized";
import { z } from "zod";
import { parsePlan, parseState, type PlanContents, type Resource } from "./changes.ts";
import { readingHint, terraformError } from "./errors.ts";
import { parseEvent, type Diagnostic, type ResourceEvent } from "./events.ts";
import { plainLines } from "@pilot-light/core/terraform/plain-text";
import { runTerraform } from "./process.ts";
import { remoteRun } from "./remote-run.ts";

export interface StackOptions {
  /** Terraform stack. */
  name: string;
  /** Folder with cdktf.json. */
  directory: string;
  /** For files of this run; nobody else may read them. */
  workDirectory: string;
  environment: Environment;
  printer: Printer;
  signal: AbortSignal;
}

/** A plan that can be applied as it is. */
export interface SavedPlan extends PlanContents {
  /** Terraform's own file. It holds the state's secrets. */
  file: string;
  /** The state that it was made for. */
  stateVersion: string;
  /** Address of the run in Terraform Cloud that has made it and would apply it; undefined when that happens here. */
  remoteRun: string | undefined;
}

/** How an apply came out. */
export interface Applied {
  exitCode: number;
  diagnostics: readonly Diagnostic[];
  /** Last lines that were no JSON. */
  tail: readonly string[];
}

const stateVersionSchema = z.object({ lineage: z.string(), serial: z.number() });
const synthesizedSchema = z.object({
  variable: z.record(z.string(), z.object({ sensitive: z.boolean().optional() })).default({}),
});
const deployedOutputs = z.record(z.string(), z.object({ value: z.unknown() }));

export class Stack {
  readonly folder: string;
  /** What terraform prints while it applies; stays there after the run. */
  readonly logFile: string;
  readonly #options: StackOptions;
  readonly #environment: Environment;
  readonly #program: string;

  private constructor(options: StackOptions, environment: Environment) {
    this.#options = options;
    this.#environment = environment;
    this.#program = terraformProgram(options.environment);
    this.folder = join(options.directory, "cdktf.out", "stacks", options.name);
    this.logFile = join(options.directory, "cdktf.out", `terraform.${options.name}.log`);
  }

  /** Finds out how terraform and cdktf are called here. */
  static async create(options: StackOptions): Promise<Stack> {
    const setup = await prepareTerraform(options.environment, options.workDirectory);
    const environment = {
      ...withoutSecrets(options.environment),
      ...setup.environment,
      TF_IN_AUTOMATION: "1",
      NO_COLOR: "1",
    };
    return new Stack(options, environment);
  }

  /** Version of terraform. */
  async version(): Promise<string> {
    const { stdout } = await this.#terraform(["version", "-json"], { anywhere: true });
    return z.object({ terraform_version: z.string() }).parse(JSON.parse(stdout)).terraform_version;
  }

  /**
   * Writes the stack's Terraform JSON and initialises its folder.
   * @throws OpsError SYNTH_FAILED (configuration), TERRAFORM_FAILED (aws) with what the backend says
   */
  async synthesize(): Promise<void> {
    const { directory, name } = this.#options;
    const cdktf = join(directory, "node_modules", ".bin", "cdktf");
    const result = await run(cdktf, ["synth"], { ...this.#runOptions(), cwd: directory }).catch(
      (error: unknown) => {
        throw error instanceof OpsError && error.code === "PROGRAM_MISSING"
          ? error.with({ hint: "Run it in the repository, and after  pnpm install." })
          : error;
      },
    );
    if (result.exitCode !== 0) {
      throw new OpsError("configuration", "SYNTH_FAILED", "`cdktf synth` failed.", {
        details: plainLines([...result.stdout.split("\n"), ...result.stderr]).slice(-15),
        hint: "Try it yourself:  pnpm infra:synth",
      });
    }
    const initialised = await this.#terraform(["init", "-input=false"]);
    if (initialised.exitCode === 0) return;
    const what = `The stack ${name} cannot be initialised`;
    const error = failureOf(initialised, what, this.folder);
    if (error.code !== "TERRAFORM_FAILED") throw error;
    throw new OpsError("aws", "TERRAFORM_INIT_FAILED", `${what}: its state is not reachable.`, {
      details: error.details,
      hint: "Check TF_STATE_BUCKET, TF_CLOUD_ORGANIZATION and TF_WORKSPACE; docs/runbooks/terraform-cloud.md",
    });
  }

  /** Names of the variables whose values are secrets, as the synthesized stack has them. */
  async secretVariables(): Promise<ReadonlySet<string>> {
    const text = await readFile(join(this.folder, "cdk.tf.json"), "utf8");
    const { variable } = synthesizedSchema.parse(JSON.parse(text));
    return new Set(Object.keys(variable).filter((name) => variable[name]?.sensitive === true));
  }

  /** Whether it can be asked as it is. */
  async isInitialized(): Promise<boolean> {
    return await isInitialized(this.folder, this.#options.environment);
  }

  /**
   * Plans under the state's lock, and saves the plan. A run in Terraform Cloud plans without the lock, and waits for it to apply.
   * @throws OpsError STATE_LOCKED (precondition), TERRAFORM_FAILED (aws)
   */
  async plan(variables: readonly string[]): Promise<SavedPlan> {
    const file = join(this.#options.workDirectory, "plan.tfplan");
    const args = ["plan", "-input=false", "-json", "-lock-timeout=0s", `-out=${file}`, ...variables];
    const planned = await this.#follow(args, join(this.#options.workDirectory, "plan.log"));
    this.#options.signal.throwIfAborted();
    if (planned.exitCode !== 0) {
      throw terraformError("Terraform cannot plan", planned.diagnostics, planned.tail, this.folder);
    }
    const [shown, stateVersion, run] = await Promise.all([
      this.#terraform(["show", "-json", file]),
      this.#stateVersion(),
      remoteRun(file, this.#options.environment),
    ]);
    return { file, stateVersion, remoteRun: run, ...parsePlan(this.#parse(shown, "the plan")) };
  }

  /**
   * Makes sure that the plan is still one for the state: Terraform itself would find out only after the data was copied.
   * @throws OpsError STATE_CHANGED (precondition)
   */
  async assertCurrent({ stateVersion }: SavedPlan): Promise<void> {
    if ((await this.#stateVersion()) === stateVersion) return;
    throw new OpsError(
      "precondition",
      "STATE_CHANGED",
      "The Terraform state has changed since the plan was made: somebody else has deployed.",
      { details: ["Nothing was written."], hint: "Look again, with the same command." },
    );
  }

  /**
   * Applies a saved plan. When interrupted, it lets Terraform come to an orderly end and write its state.
   * @throws only when terraform cannot be started: how it came out is in the result
   */
  async apply(
    plan: Pick<SavedPlan, "file">,
    onEvent: (event: ResourceEvent) => void,
    onStopping: () => void,
  ): Promise<Applied> {
    return await this.#follow(
      ["apply", "-input=false", "-json", plan.file],
      this.logFile,
      onEvent,
      onStopping,
    );
  }

  /** Resources of the state. */
  async state(): Promise<readonly Resource[]> {
    return parseState(this.#parse(await this.#terraform(["show", "-json"]), "the state"));
  }

  /**
   * The outputs as they are in the state now.
   * @throws OpsError NEVER_DEPLOYED (precondition), OUTPUTS_INVALID (configuration), TERRAFORM_FAILED (aws)
   */
  async outputs(): Promise<Outputs> {
    const result = await this.#terraform(["output", "-json"]);
    const entries = Object.entries(deployedOutputs.parse(this.#parse(result, "the outputs")));
    if (entries.length === 0) {
      throw new OpsError(
        "precondition",
        "NEVER_DEPLOYED",
        `The stack ${this.#options.name} has no outputs: it was never deployed, or its state is elsewhere.`,
        {
          hint: `Deploy it in pilot light first:  ${plainDeploy}    or check where its state is (TF_STATE_BUCKET, TF_CLOUD_ORGANIZATION).`,
        },
      );
    }
    const raw: RawOutputs = {
      values: Object.fromEntries(entries.map(([name, { value }]) => [name, value])),
      from: "terraform",
    };
    return parseOutputs(raw, outputsSchema);
  }

  /** Every write raises the serial; a state that is made anew has another lineage. */
  async #stateVersion(): Promise<string> {
    const result = await this.#terraform(["state", "pull"]);
    const { lineage, serial } = stateVersionSchema.parse(this.#parse(result, "the state"));
    return `${lineage} ${serial}`;
  }

  async #follow(
    args: readonly string[],
    outputFile: string,
    onEvent: (event: ResourceEvent) => void = () => undefined,
    onStopping: () => void = () => undefined,
  ): Promise<Applied> {
    const { printer, signal } = this.#options;
    const diagnostics: Diagnostic[] = [];
    const tail: string[] = [];
    const exitCode = await runTerraform(
      // What Terraform Cloud sends is text, also with -json.
      [...args, "-no-color"],
      {
        program: this.#program,
        directory: this.folder,
        environment: this.#environment,
        outputFile,
        signal,
        onStart: (line) => printer.detail(`$ ${line}`),
        onStopping,
      },
      (line) => {
        const event = parseEvent(line);
        if (event?.type === "diagnostic") diagnostics.push(event.diagnostic);
        else if (event !== undefined) onEvent(event);
        else if (!line.startsWith("{")) tail.push(line);
      },
    );
    return { exitCode, diagnostics, tail: tail.slice(-40) };
  }

  async #terraform(args: readonly string[], { anywhere = false } = {}): Promise<RunResult> {
    return await run(this.#program, [...args, "-no-color"], {
      ...this.#runOptions(),
      cwd: anywhere ? this.#options.directory : this.folder,
    });
  }

  #runOptions() {
    const { printer, signal } = this.#options;
    return { environment: this.#environment, signal, onStart: (line: string) => printer.detail(`$ ${line}`) };
  }

  #parse(result: RunResult, what: string): unknown {
    if (result.exitCode === 0) return JSON.parse(result.stdout);
    throw failureOf(result, `Terraform cannot read ${what}`, this.folder, readingHint);
  }
}

function failureOf({ stdout, stderr }: RunResult, what: string, folder: string, hint?: string): OpsError {
  return terraformError(what, [], [...stdout.split("\n"), ...stderr], folder, hint);
}
