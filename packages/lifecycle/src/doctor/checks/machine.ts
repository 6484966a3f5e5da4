/** Checks of this machine: settings, programs, free space. */
import { statfs } from "node:fs/promises";
import { tmpdir } from "node:os";
import { isSimilar } from "@pilot-light/core/cli/usage";
import { readVariable, variables, withoutSecrets } from "@pilot-light/core/config/env";
import { readVia } from "@pilot-light/core/config/via";
import { OpsError, messageOf } from "@pilot-light/core/ops-error";
import { formatBytes } from "@pilot-light/core/output/format";
import { hostAddress } from "@pilot-light/core/postgres/rds-endpoint";
import { chooseClientPrograms, findClientPrograms } from "@pilot-light/core/postgres/programs";
import { run } from "@pilot-light/core/process";
import { terraformProgram } from "@pilot-light/core/terraform/program";
import { failure, warning, type Check, type CheckContext, type Problem } from "@pilot-light/validate/check";
import { problemOf } from "@pilot-light/validate/result";
import { z } from "zod";
import type { DoctorContext } from "../context.ts";
import { terraformInstallCommand } from "../terraform-install.ts";

/** The versions that package.json names, the oldest of each major. */
export const supportedNodes: Readonly<Record<number, number>> = { 20: 19, 22: 12, 24: 0 };
export const oldestPnpm = "10.26";
const oldestTerraform = "1.6";

const isOlder = (version: string, oldest: string) =>
  version.localeCompare(oldest, "en", { numeric: true }) < 0;

const base = { needs: [], actions: [] } as const satisfies Partial<Check>;

export function settingsCheck({ settings, invalid, via }: DoctorContext): Check {
  return {
    ...base,
    id: "settings",
    title: "The variables that are set have values that commands accept",
    run({ environment }) {
      const problems = [
        ...invalid,
        ...thrown(
          () => readVia(via, environment),
          () => hostAddress(readVariable(environment, "RDS_HOSTADDR")),
        ),
      ].map((error) =>
        error instanceof OpsError
          ? problemOf(error)
          : failure(messageOf(error), { text: "Correct the variable." }),
      );
      const names = [...(settings?.applied ?? []), ...(settings?.overridden ?? [])];
      problems.push(...names.flatMap(unknownName));
      const file =
        settings === undefined
          ? "no .env: variables of the environment only"
          : `${names.length} in ${settings.path}`;
      const overridden = settings?.overridden ?? [];
      const details = overridden.map((name) => {
        const hasValue = environment[name] !== undefined;
        return `${name} of the file is not used: the environment has ${hasValue ? "another value" : "other credentials"}`;
      });
      return Promise.resolve({ summary: file, details, problems });
    },
  };
}

/** The errors that these functions throw. */
function thrown(...reads: readonly (() => unknown)[]): unknown[] {
  return reads.flatMap((read) => {
    try {
      read();
      return [];
    } catch (error) {
      return [error];
    }
  });
}

/** A name that is similar to that of a variable: no command notices a typing error. */
function unknownName(name: string): Problem[] {
  if (name in variables) return [];
  const [meant] = Object.keys(variables).filter((known) => isSimilar(name, known));
  if (meant === undefined) return [];
  return [warning(`no command reads ${name}`, { text: `Write ${meant} in the settings file.` })];
}

export const nodeCheck: Check = {
  ...base,
  id: "node",
  title: "Node.js has a version that the tools support",
  run() {
    const { node } = process.versions;
    const [major = 0, minor = 0] = node.split(".").map(Number);
    const oldest = supportedNodes[major];
    const fix = { text: "Install Node.js 22, for example with a version manager", command: "nvm install 22" };
    const problems =
      oldest === undefined || minor < oldest
        ? [failure(`Node.js ${node} is not supported`, fix)]
        : major >= 24
          ? [warning("pnpm infra:synth and cdktf need Node.js 20 or 22", fix)]
          : [];
    return Promise.resolve({ summary: `Node.js ${node}`, problems });
  },
};

export const pnpmCheck: Check = {
  ...base,
  id: "pnpm",
  title: "pnpm has a version that the repository supports",
  async run(context) {
    const fix = { text: "Install it", command: "npm install --global pnpm" };
    const version = await pnpmVersion(context);
    if (version === undefined) {
      return { summary: "not installed", problems: [failure("every command is a script of pnpm", fix)] };
    }
    const problems = isOlder(version, oldestPnpm)
      ? [failure(`pnpm ${version} is older than ${oldestPnpm}`, fix)]
      : [];
    return { summary: `pnpm ${version}`, problems };
  },
};

/** The pnpm that has started this command, else that of the PATH. */
async function pnpmVersion({ environment, signal }: CheckContext): Promise<string | undefined> {
  const own = /^pnpm\/(\S+)/.exec(environment["npm_config_user_agent"] ?? "")?.[1];
  if (own !== undefined) return own;
  try {
    return (
      await run("pnpm", ["--version"], { environment: withoutSecrets(environment), signal })
    ).stdout.trim();
  } catch (error) {
    if (error instanceof OpsError && error.code === "PROGRAM_MISSING") return undefined;
    throw error;
  }
}

export const terraformCheck: Check = {
  ...base,
  id: "terraform",
  title: "Terraform is installed",
  async run({ environment, signal }) {
    const fix = { text: terraformInstallCommand() };
    const options = { environment: { ...withoutSecrets(environment), CHECKPOINT_DISABLE: "1" }, signal };
    try {
      const { stdout } = await run(terraformProgram(environment), ["version", "-json"], options);
      const version = z.object({ terraform_version: z.string() }).parse(JSON.parse(stdout)).terraform_version;
      const old = isOlder(version, oldestTerraform);
      const problems = old ? [failure(`Terraform ${version} is older than ${oldestTerraform}`, fix)] : [];
      return { summary: `Terraform ${version}`, problems };
    } catch (error) {
      if (!(error instanceof OpsError) || error.code !== "PROGRAM_MISSING") throw error;
      return { summary: "not installed", problems: [failure(error.message, fix)] };
    }
  },
};

/** The version of PostgreSQL to assume if no database answers: the default of the stack. */
const usualMajor = 18;

export function clientProgramsCheck(doctor: DoctorContext): Check {
  return {
    ...base,
    id: "pg-programs",
    title: "pg_dump and pg_restore fit both servers, in both directions",
    timeout: 20_000,
    async run(context) {
      const programs = await findClientPrograms(context.environment);
      const details = programs.map(({ version, directory }) => `pg_dump ${version} in ${directory}`);
      const majors = await knownMajors(doctor, context);
      const wanted = majors.length > 0 ? majors : [usualMajor];
      let found = programs.map(({ version }) => version).join(", ") || "none";
      const servers =
        majors.length > 0
          ? `for PostgreSQL ${[...new Set(majors)].join(" and ")}`
          : "no server answered; compared with the default";
      const problems: Problem[] = [];
      try {
        const chosen = wanted.map((target) => chooseClientPrograms(programs, wanted, target).version);
        found = [...new Set(chosen)].join(", ");
      } catch (error) {
        if (!(error instanceof OpsError)) throw error;
        // Without a server, the version is a guess.
        const kind = majors.length > 0 || programs.length === 0 ? failure : warning;
        problems.push(kind(error.message, { text: error.hint ?? "" }));
      }
      return { summary: `pg_dump ${found}; ${servers}`, details, problems };
    },
  };
}

async function knownMajors({ neon, rds }: DoctorContext, context: CheckContext): Promise<number[]> {
  const read = await Promise.allSettled([neon(context), rds(context)]);
  context.signal.throwIfAborted();
  return read.flatMap((side) => (side.status === "fulfilled" ? [side.value.major] : []));
}

/** Bytes. The smallest dump with its logs needs more. */
const leastSpace = 200_000_000;

export function temporarySpaceCheck(doctor: DoctorContext): Check {
  return {
    ...base,
    id: "temporary-space",
    title: "The directory for temporary files has room for a dump",
    timeout: 20_000,
    async run(context) {
      const directory = tmpdir();
      const { bavail, bsize } = await statfs(directory);
      const free = bavail * bsize;
      const read = await Promise.allSettled([doctor.neon(context), doctor.rds(context)]);
      context.signal.throwIfAborted();
      const sizes = read.flatMap((side) => (side.status === "fulfilled" ? [side.value.bytes] : []));
      const largest = Math.max(0, ...sizes);
      const fix = { text: "Name a directory with more room", command: "export TMPDIR=<directory>" };
      const summary = `${formatBytes(free)} free in ${directory}`;
      if (free < leastSpace) return { summary, problems: [failure("a dump needs more room", fix)] };
      if (free < largest) {
        const problem = `the largest database has ${formatBytes(largest)}; its dump is smaller, but may not fit`;
        return { summary, problems: [warning(problem, fix)] };
      }
      return { summary };
    },
  };
}
