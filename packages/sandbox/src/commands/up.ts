/** `pnpm sandbox up`: starts the sandbox, or reports that it already runs. */
import { defineCommand } from "@pilot-light/core/cli/define-command";
import { sandboxExits, sandboxOptions } from "./options.ts";

const seeds = ["app", "awkward"] as const;

export const upCommand = defineCommand({
  words: "up",
  name: "sandbox up",
  summary: "Start two PostgreSQL servers and an AWS emulator with sample data",
  options: (argv) =>
    sandboxOptions(argv)
      .option("seed", {
        choices: seeds,
        default: "app" as const,
        describe:
          "Sample data of the Neon database: tables of an application (app), or objects that are difficult to copy (awkward)",
      })
      .option("neon-major", {
        type: "number",
        describe: "PostgreSQL major version of Neon, 14 to 18 [default: the version of pg_dump]",
      })
      .option("rds-major", {
        type: "number",
        describe: "PostgreSQL major version of RDS, 14 to 18 [default: the version of pg_dump]",
      })
      .option("ecs-running", {
        type: "number",
        describe: "Number of running tasks that the AWS emulator reports for each ECS service",
      })
      .option("deployed", {
        type: "boolean",
        default: false,
        describe: "Also deploy the environment to the emulator, in pilot light (1 to 2 min)",
      }),
  examples: [
    ["pnpm sandbox up", "start a sandbox with data to sync"],
    ["pnpm sandbox up --seed awkward --dir /tmp/sb", "start a second one"],
  ],
  variables: [],
  exits: sandboxExits({ 7: "the emulator failed, or the deployment to it" }),
  run: async (args, { printer, environment, signal }) => {
    const [{ startSandbox }, { describeParts }] = await Promise.all([
      import("../sandbox.ts"),
      import("../describe.ts"),
    ]);
    const { sandboxStatus } = await import("../status.ts");
    const { state, started } = await startSandbox({
      directory: args.dir,
      environment,
      signal,
      seed: args.seed,
      majors: { neon: args.neonMajor, rds: args.rdsMajor },
      ecsServiceRunning: args.ecsRunning,
      deployed: args.deployed,
      log: (line) => printer.line(`  ${line}`),
    });
    const parts = await sandboxStatus(state, environment);
    printer.line();
    printer.line(started ? "The sandbox is up." : `The sandbox is already running, with seed ${state.seed}.`);
    printer.line();
    for (const line of describeParts(parts)) printer.line(line);
    printer.line();
    const example =
      state.deployment === undefined ? "pnpm sync neon-to-rds --dry-run" : "pnpm activate --sync-data";
    for (const [line, purpose] of [
      [`pnpm sandbox run -- ${example}`, "run a command with its variables"],
      ['eval "$(pnpm --silent sandbox env)"', "set its variables in this shell, then:"],
      ['psql "$SANDBOX_NEON_URL"', "connect to its Neon database"],
      ['psql "$SANDBOX_RDS_URL"', "connect to its RDS database"],
      ["pnpm sandbox down", "stop it and delete its files"],
    ] as const) {
      printer.line(`  ${line.padEnd(54)} ${purpose}`);
    }
    return {
      outcome: started ? "started" : "already-running",
      document: { directory: state.directory, seed: state.seed, parts },
    };
  },
});
