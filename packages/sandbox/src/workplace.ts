/**
 * A temporary directory with a copy of `cdktf.json`. In it, cdktf, terraform and the repository's own commands run against the
 * emulator as they do in a checkout. For tests.
 */
import { mkdir, mkdtemp, readdir, readFile, rm, symlink, writeFile } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join, relative, resolve } from "node:path";
import { type Environment, processEnvironment } from "@pilot-light/core/config/env";
import { type RunResult, run } from "@pilot-light/core/process";
import { findPluginMirror, prepareTerraform } from "@pilot-light/core/terraform/cli-config";
import { z } from "zod";

/** The repository's root. */
export const root = resolve(import.meta.dirname, "../../..");

/** The resources of a state: the id of each address. */
export type Ids = ReadonlyMap<string, string>;

const stateSchema = z.object({
  resources: z.array(
    z.object({
      mode: z.enum(["managed", "data"]),
      type: z.string(),
      name: z.string(),
      instances: z.array(
        z.object({ index_key: z.number().optional(), attributes: z.object({ id: z.string() }) }),
      ),
    }),
  ),
});

export interface WorkplaceOptions {
  project: string;
  /** Another region than the sandbox's own: moto gives every RDS instance of a region the same resource id, by which the provider reads it. */
  region: string;
  /** Address of the emulator. */
  endpoint: string;
  /** Additional variables. */
  variables?: Environment;
  /** Stops cdktf. */
  signal?: AbortSignal | undefined;
}

/** Go collects no garbage until Terraform needs much memory. A run is short, and takes a tenth less CPU time this way. */
const garbageCollection = { GOGC: "off", GOMEMLIMIT: "400MiB" };

/**
 * Writes a mirror whose small programs start the providers of another mirror. Each command of Terraform hashes the files of the providers.
 * The 700 MB of the AWS provider take a quarter of the CPU time of a plan.
 * @returns the mirror itself if it holds ZIP files, which Terraform does not hash that way; undefined if there is no mirror
 */
async function startersOf(mirror: string | undefined, directory: string): Promise<string | undefined> {
  if (mirror === undefined) return undefined;
  const starters = join(directory, "providers");
  const files = await readdir(mirror, { recursive: true, withFileTypes: true });
  const programs = files.filter(
    (file) => file.isFile() && /^terraform-provider-\S+(?<!\.zip)$/.test(file.name),
  );
  for (const { parentPath, name } of programs) {
    const folder = join(starters, relative(mirror, parentPath));
    await mkdir(folder, { recursive: true });
    const script = `#!/bin/sh\nexec "${join(parentPath, name)}" "$@"\n`;
    await writeFile(join(folder, name), script, { mode: 0o755 });
  }
  return programs.length === 0 ? mirror : starters;
}

export class Workplace implements AsyncDisposable {
  readonly directory: string;
  readonly environment: Environment;
  readonly #project: string;
  readonly #signal: AbortSignal | undefined;
  readonly #cdktfFlags: readonly string[];

  private constructor(
    directory: string,
    environment: Environment,
    { project, signal }: Pick<WorkplaceOptions, "project" | "signal">,
    cdktfFlags: readonly string[],
  ) {
    this.directory = directory;
    this.environment = environment;
    this.#project = project;
    this.#signal = signal;
    this.#cdktfFlags = cdktfFlags;
  }

  static async create(options: WorkplaceOptions): Promise<Workplace> {
    const { project, region, endpoint, variables = {} } = options;
    const directory = await mkdtemp(join(tmpdir(), "pilot-light-workplace-"));
    const settings = await readFile(join(root, "cdktf.json"), "utf8");
    await writeFile(
      join(directory, "cdktf.json"),
      settings.replace("packages/infra", join(root, "packages/infra")),
    );
    await symlink(join(root, "node_modules"), join(directory, "node_modules"));
    const own = { ...processEnvironment(), ...garbageCollection };
    const mirror = await startersOf(await findPluginMirror(own), directory);
    const terraform = await prepareTerraform({ ...own, PILOT_LIGHT_TF_PLUGIN_MIRROR: mirror }, directory);
    const environment = {
      ...own,
      ...terraform.environment,
      AWS_ENDPOINT_URL: endpoint,
      AWS_ACCESS_KEY_ID: "test",
      AWS_SECRET_ACCESS_KEY: "test",
      AWS_SESSION_TOKEN: undefined,
      AWS_PROFILE: undefined,
      AWS_REGION: region,
      PROJECT_NAME: project,
      PILOT_LIGHT_ENV_FILE: "none",
      CI: "1",
      ...variables,
    };
    return new Workplace(directory, environment, options, terraform.cdktfFlags);
  }

  get stackDirectory(): string {
    return join(this.directory, "cdktf.out/stacks", `${this.#project}-dev`);
  }

  /** Deploys as a user does; returns the outputs. */
  async deploy(...args: readonly string[]): Promise<unknown> {
    const file = join(this.directory, "deployed.json");
    await this.#cdktf("deploy", "--auto-approve", ...this.#cdktfFlags, "--outputs-file", file, ...args);
    return JSON.parse(await readFile(file, "utf8"));
  }

  async output(): Promise<unknown> {
    const file = join(this.directory, "outputs.json");
    await this.#cdktf("output", ...this.#cdktfFlags, "--outputs-file", file);
    return JSON.parse(await readFile(file, "utf8"));
  }

  async destroy(): Promise<void> {
    await this.#cdktf("destroy", "--auto-approve", ...this.#cdktfFlags);
  }

  /** Synthesizes without the CDKTF CLI. */
  async synthesize(): Promise<void> {
    const environment = { ...this.environment, CDKTF_OUTDIR: join(this.directory, "cdktf.out") };
    const program = join(root, "packages/infra/dist/main.js");
    await succeeds(run(process.execPath, [program], { environment }));
  }

  /** Runs terraform, by default in the stack's directory. Any exit code is accepted. */
  async terraform(
    args: readonly string[],
    {
      directory = this.stackDirectory,
      environment = {},
    }: { directory?: string; environment?: Environment } = {},
  ): Promise<RunResult> {
    return run("terraform", [`-chdir=${directory}`, ...args], {
      environment: { ...this.environment, TF_CLI_ARGS: "-no-color", ...environment },
    });
  }

  /** The state's JSON. */
  async state(): Promise<string> {
    return (await succeeds(this.terraform(["state", "pull"]))).stdout;
  }

  /** The ids of all resources in the state, without data sources. */
  async ids(): Promise<Ids> {
    const { resources } = stateSchema.parse(JSON.parse(await this.state()));
    const managed = resources.filter(({ mode }) => mode === "managed");
    return new Map(
      managed.flatMap(({ type, name, instances }) =>
        instances.map(({ index_key: index, attributes }): [string, string] => [
          `${type}.${name}${index === undefined ? "" : `[${index}]`}`,
          attributes.id,
        ]),
      ),
    );
  }

  async [Symbol.asyncDispose](): Promise<void> {
    await rm(this.directory, { recursive: true, force: true });
  }

  async #cdktf(command: string, ...args: readonly string[]): Promise<RunResult> {
    const program = join(this.directory, "node_modules/.bin/cdktf");
    const signal = this.#signal === undefined ? {} : { signal: this.#signal };
    const options = { environment: this.environment, cwd: this.directory, ...signal };
    return succeeds(run(program, [command, ...args], options));
  }
}

/**
 * Waits for a program that must succeed.
 * @throws Error with the last lines of the program's output when it failed.
 */
export async function succeeds(running: Promise<RunResult>): Promise<RunResult> {
  const result = await running;
  if (result.exitCode === 0) return result;
  throw new Error([`exit code ${result.exitCode}`, result.stdout.slice(-4000), ...result.stderr].join("\n"));
}
