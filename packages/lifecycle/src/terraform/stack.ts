/** The Terraform stack of the environment: the CDKTF app synthesizes it, Terraform plans it, and applies exactly that plan. */
import { terraformProgram } from "@pilot-light/core/terraform/program";
import { copyFile, mkdir, readFile, rm, stat, symlink, writeFile } from "node:fs/promises";
import { join } from "node:path";
import { type Outputs, outputsSchema } from "@pilot-light/core/contract";
import type { Printer } from "@pilot-light/core/output/printer";
import { type Environment, withoutSecrets } from "@pilot-light/core/config/env";
import type { OpsError } from "@pilot-light/core/ops-error";
import { parseOutputs } from "@pilot-light/core/terraform/outputs";
import { run, type RunResult } from "@pilot-light/core/process";
import { chooseBackend, defaultWorkspace } from "@pilot-light/core/terraform/backend";
import { assertHarmlessArguments } from "@pilot-light/core/terraform/cli-arguments";
import { prepareTerraform } from "@pilot-light/core/terraform/cli-config";
import { isInitialized } from "@pilot-light/core/terraform/initialized";
import { openStateFolder } from "@pilot-light/core/terraform/state-folder";
import { z } from "zod";
import {
  neverDeployed,
  stateChanged,
  stateFileEmpty,
  terraformInitFailed,
  terraformStalled,
} from "../errors.ts";
import { runApp } from "./app.ts";
import { parsePlan, type PlanContents } from "./changes.ts";
import { readingHint, terraformError } from "./errors.ts";
import { parseEvent, type Diagnostic, type ResourceEvent } from "./events.ts";
import { parsePulledState, type PulledState } from "./pulled-state.ts";
import { runTerraform, type TerraformEnd } from "./process.ts";
import { watchTerraform } from "./stall.ts";
import { remoteRun } from "./remote-run.ts";
import { unknownResources, type UnknownResource } from "./unknown-resources.ts";
import { hideSecrets, variableArguments, type TerraformVariable } from "./variables.ts";

export interface StackOptions {
  /** Name of the Terraform stack. */
  name: string;
  /** Folder with cdktf.json. */
  directory: string;
  /** For files of this run. No other user may read them. */
  workDirectory: string;
  environment: Environment;
  printer: Printer;
  signal: AbortSignal;
}

/** What one read of the state found. */
export interface StackState extends PulledState {
  /** Resources that the synthesized stack does not define. */
  unknown: readonly UnknownResource[];
}

/** A saved plan, which can be applied unchanged. */
export interface SavedPlan extends PlanContents {
  /** Terraform's own file. It contains the secrets of the state. */
  file: string;
  /** Version of the state that was read before the plan. */
  stateVersion: string;
  /** Address of the run in Terraform Cloud that made the plan and will apply it; undefined for a plan of this machine. */
  remoteRun: string | undefined;
}

/** The result of an apply. */
export interface Applied extends TerraformEnd {
  diagnostics: readonly Diagnostic[];
  /** Last lines that were not JSON. */
  tail: readonly string[];
}

const lockFile = ".terraform.lock.hcl";

const synthesizedSchema = z.object({
  variable: z.record(z.string(), z.object({ sensitive: z.boolean().optional() })).default({}),
});

export class Stack {
  readonly name: string;
  readonly folder: string;
  /** The output of the last apply. The run does not delete the file. */
  readonly logFile: string;
  readonly #options: StackOptions;
  readonly #environment: Environment;
  readonly #program: string;

  private constructor(options: StackOptions, environment: Environment) {
    this.#options = options;
    this.#environment = environment;
    this.#program = terraformProgram(options.environment);
    this.name = options.name;
    this.folder = join(options.directory, "cdktf.out", "stacks", options.name);
    this.logFile = join(options.directory, "cdktf.out", `terraform.${options.name}.log`);
  }

  /**
   * Prepares the environment in which terraform and the CDKTF app run.
   * @throws OpsError STATE_AMBIGUOUS, TF_WORKSPACE_MISSING, TF_ORGANIZATION_MISSING, TF_CLI_ARGS_REFUSED (configuration): the app would
   *   report the first three as errors of its synthesis
   */
  static async create(options: StackOptions): Promise<Stack> {
    assertHarmlessArguments(options.environment);
    const { kind } = chooseBackend(options.environment);
    const setup = await prepareTerraform(options.environment, options.workDirectory);
    const environment = {
      ...withoutSecrets(options.environment),
      ...setup.environment,
      TF_IN_AUTOMATION: "1",
      NO_COLOR: "1",
      // A person may have selected another workspace in the folder of the stack.
      ...(kind === "terraform-cloud" ? {} : { TF_WORKSPACE: defaultWorkspace }),
    };
    return new Stack(options, environment);
  }

  /** Version of terraform. */
  async version(): Promise<string> {
    const { stdout } = await this.#terraform(["version", "-json"], { folder: this.#options.directory });
    return z.object({ terraform_version: z.string() }).parse(JSON.parse(stdout)).terraform_version;
  }

  /**
   * Writes the Terraform JSON of the stack and initializes its folder.
   * @throws OpsError SYNTH_FAILED (configuration), TERRAFORM_INIT_FAILED, TERRAFORM_LOGIN (aws)
   */
  async synthesize(): Promise<void> {
    await runApp(this.#options.directory, this.#runOptions());
    // A killed plan leaves this file. Its blocks may name resources that a mode does not have.
    await rm(this.#blocksFile, { force: true });
    const initialized = await this.#terraform(["init", "-input=false"]);
    if (initialized.exitCode === 0) return;
    const attempt = `Terraform cannot initialize the stack ${this.name}`;
    const error = failureOf(initialized, attempt, this.folder);
    if (error.code !== "TERRAFORM_FAILED") throw error;
    throw terraformInitFailed({ attempt }, { details: error.details });
  }

  /** Names of the variables that the synthesized stack declares as sensitive. */
  async secretVariables(): Promise<ReadonlySet<string>> {
    const { variable } = synthesizedSchema.parse(await this.#configuration());
    return new Set(Object.keys(variable).filter((name) => variable[name]?.sensitive === true));
  }

  /** The state, compared with the synthesized stack. */
  async state(): Promise<StackState> {
    const [state, configuration] = await Promise.all([this.#pullState(), this.#configuration()]);
    return { ...state, unknown: unknownResources(state, configuration) };
  }

  /** Whether terraform can read the stack without another synthesis. */
  async isInitialized(): Promise<boolean> {
    return await isInitialized(this.folder, this.#options.environment);
  }

  /**
   * Plans under the lock of the state, and saves the plan. From then on, nothing prints the values of secret variables. A run in Terraform Cloud plans without the lock; its apply needs the lock.
   * @param state read before the plan: a later write counts as a write after the plan
   * @param blocks further Terraform code that counts for this plan only
   * @throws OpsError STATE_LOCKED (precondition), TERRAFORM_FAILED (aws)
   */
  async plan(
    { version: stateVersion }: Pick<PulledState, "version">,
    variables: readonly TerraformVariable[],
    blocks = "",
  ): Promise<SavedPlan> {
    const secret = await this.secretVariables();
    hideSecrets(variables, (name) => secret.has(name), this.#options.printer.redactor);
    const file = join(this.#options.workDirectory, "plan.tfplan");
    const args = [
      ...["plan", "-input=false", "-json", "-lock-timeout=0s", `-out=${file}`],
      ...variableArguments(variables),
    ];
    if (blocks !== "") await writeFile(this.#blocksFile, blocks);
    try {
      await this.#planIn(this.folder, args);
    } finally {
      // The saved plan contains the configuration.
      await rm(this.#blocksFile, { force: true });
    }
    const [shown, run] = await Promise.all([
      this.#terraform(["show", "-json", file]),
      remoteRun(file, this.#options.environment),
    ]);
    return { file, stateVersion, remoteRun: run, ...parsePlan(this.#parse(shown, "the plan")) };
  }

  /**
   * Plans the stack as if nothing existed, on this machine and without its state. Writes into the work directory only.
   * @returns the JSON of the plan, and of the configuration
   * @throws OpsError TERRAFORM_INIT_FAILED, TERRAFORM_FAILED (aws)
   */
  async planFromNothing(variables: readonly TerraformVariable[]) {
    const folder = join(this.#options.workDirectory, "from-nothing");
    await mkdir(join(folder, ".terraform"), { recursive: true });
    const configuration = withoutBackend(await this.#configuration());
    await writeFile(join(folder, "cdk.tf.json"), JSON.stringify(configuration));
    // Uses the providers of the stack's own folder, so that terraform downloads none.
    await symlink(join(this.folder, ".terraform/providers"), join(folder, ".terraform/providers"));
    await copyFile(join(this.folder, lockFile), join(folder, lockFile)).catch(() => undefined);
    const initialized = await this.#terraform(["init", "-input=false"], { folder });
    const attempt = `Terraform cannot plan the stack ${this.name} without its state`;
    if (initialized.exitCode !== 0) throw failureOf(initialized, attempt, folder);
    const args = ["plan", "-input=false", "-json", "-out=plan.tfplan", ...variableArguments(variables)];
    await this.#planIn(folder, args);
    const shown = await this.#terraform(["show", "-json", "plan.tfplan"], { folder });
    return { plan: this.#parse(shown, "the plan"), configuration };
  }

  /**
   * Checks that the state has not changed since the plan. Terraform itself would report it only after the data was copied.
   * @throws OpsError STATE_CHANGED (precondition)
   */
  async assertCurrent({ stateVersion }: SavedPlan): Promise<void> {
    if ((await this.#pullState()).version === stateVersion) return;
    throw stateChanged();
  }

  /**
   * Applies a saved plan. After an interruption it lets Terraform stop in order and write its state.
   * @throws only when terraform cannot be started: other failures are in the result
   */
  async apply(
    plan: Pick<SavedPlan, "file">,
    onEvent: (event: ResourceEvent) => void,
    onStopping: () => void,
  ): Promise<Applied> {
    return await this.#follow(["apply", "-input=false", "-json", plan.file], this.logFile, {
      onEvent,
      onStopping,
    });
  }

  /**
   * The outputs in the state.
   * @throws OpsError NEVER_DEPLOYED (precondition), OUTPUTS_INVALID (configuration), TERRAFORM_FAILED (aws)
   */
  async outputs(): Promise<Outputs> {
    return this.outputsOf(await this.#pullState());
  }

  /**
   * The outputs in a state that was read.
   * @throws OpsError NEVER_DEPLOYED (precondition), OUTPUTS_INVALID (configuration)
   */
  outputsOf({ outputs }: Pick<PulledState, "outputs">): Outputs {
    if (Object.keys(outputs).length === 0) throw neverDeployed({ stack: this.name });
    return parseOutputs({ values: outputs, from: "terraform" }, outputsSchema);
  }

  /** A saved plan in Terraform's own words. */
  async describe({ file }: Pick<SavedPlan, "file">): Promise<string> {
    const shown = await this.#terraform(["show", file]);
    if (shown.exitCode === 0) return shown.stdout.trim();
    throw failureOf(shown, "Terraform cannot read the plan", this.folder, readingHint);
  }

  async #configuration(): Promise<unknown> {
    return JSON.parse(await readFile(join(this.folder, "cdk.tf.json"), "utf8"));
  }

  async #pullState(): Promise<PulledState> {
    const { directory, environment } = await openStateFolder(this.folder, this.#environment);
    const pulled = await this.#terraform(["state", "pull"], { folder: directory, environment });
    if (pulled.exitCode === 0) {
      const state = parsePulledState(pulled.stdout);
      if (state.version === "none") await this.#assertNoEmptyFile();
      return state;
    }
    throw failureOf(pulled, "Terraform cannot read the state", this.folder, readingHint);
  }

  /**
   * An empty file is no sign that nothing was deployed.
   * @throws OpsError STATE_FILE_EMPTY (precondition)
   */
  async #assertNoEmptyFile(): Promise<void> {
    if (chooseBackend(this.#options.environment).kind !== "local") return;
    const file = join(this.#options.directory, `terraform.${this.name}.tfstate`);
    const sizeOf = (path: string) =>
      stat(path).then(
        ({ size }) => size,
        () => undefined,
      );
    if ((await sizeOf(file)) !== 0) return;
    throw stateFileEmpty({ file, hasBackup: ((await sizeOf(`${file}.backup`)) ?? 0) > 0 });
  }

  /** Code that one plan adds to the stack. */
  get #blocksFile(): string {
    return join(this.folder, "adoption.tf");
  }

  async #planIn(folder: string, args: readonly string[]): Promise<void> {
    const log = join(this.#options.workDirectory, "plan.log");
    const planned = await this.#follow(args, log, { folder, isReading: true });
    this.#options.signal.throwIfAborted();
    if (planned.stall !== undefined) throw terraformStalled({ command: "plan", ...planned.stall });
    if (planned.exitCode === 0) return;
    throw terraformError("Terraform cannot plan", planned.diagnostics, planned.tail, folder);
  }

  async #follow(
    args: readonly string[],
    outputFile: string,
    {
      folder = this.folder,
      onEvent,
      ...rest
    }: {
      folder?: string;
      onEvent?: (event: ResourceEvent) => void;
      onStopping?: () => void;
      isReading?: boolean;
    },
  ): Promise<Applied> {
    const { printer, signal } = this.#options;
    const diagnostics: Diagnostic[] = [];
    const tail: string[] = [];
    const ended = await runTerraform(
      // Terraform Cloud sends text, even with -json.
      [...args, "-no-color"],
      {
        program: this.#program,
        directory: folder,
        environment: this.#environmentIn(folder),
        outputFile,
        signal,
        onStart: (line) => printer.detail(`$ ${line}`),
        ...rest,
      },
      (line) => {
        const event = parseEvent(line);
        if (event?.type === "diagnostic") diagnostics.push(event.diagnostic);
        else if (event !== undefined) onEvent?.(event);
        else if (!line.startsWith("{")) tail.push(line);
      },
    );
    if (ended.killedBy !== undefined) {
      diagnostics.push({ severity: "error", summary: `${ended.killedBy} ended it`, detail: "" });
    }
    return { ...ended, diagnostics, tail: tail.slice(-40) };
  }

  async #terraform(
    args: readonly string[],
    { folder = this.folder, environment = this.#environmentIn(folder) } = {},
  ): Promise<RunResult> {
    const { signal } = this.#options;
    const cutting = new AbortController();
    const running = run(this.#program, [...args, "-no-color"], {
      ...this.#runOptions(),
      environment,
      signal: AbortSignal.any([signal, cutting.signal]),
      cwd: folder,
    });
    // It prints its result at its end.
    const watched = { environment: this.#environment, signal, progress: () => 0 };
    const [command = ""] = args;
    return await watchTerraform(running, watched, (stall) => {
      cutting.abort(terraformStalled({ command, ...stall }));
    });
  }

  /** `TF_WORKSPACE` names a workspace of the stack's own state. */
  #environmentIn(folder: string): Environment {
    return folder === this.folder ? this.#environment : { ...this.#environment, TF_WORKSPACE: undefined };
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

/** A configuration whose state is a local file in its folder. */
function withoutBackend(document: unknown): unknown {
  const { terraform, ...rest } = z.looseObject({ terraform: z.looseObject({}) }).parse(document);
  return { ...rest, terraform: { ...terraform, backend: undefined, cloud: undefined } };
}

function failureOf({ stdout, stderr }: RunResult, attempt: string, folder: string, hint?: string): OpsError {
  return terraformError(attempt, [], [...stdout.split("\n"), ...stderr], folder, hint);
}
