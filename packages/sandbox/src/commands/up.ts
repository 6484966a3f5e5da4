/** `pnpm sandbox up`: starts the sandbox, or says that it runs. */
import { defineCommand } from "@pilot-light/core/cli/define-command";
import { sandboxOptions } from "./options.ts";

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
          "What the neon database holds: an application's data, or everything that is awkward to copy",
      })
      .option("neon-major", {
        type: "number",
        describe: "PostgreSQL major version of neon, 14 to 18 [default: that of pg_dump]",
      })
      .option("rds-major", {
        type: "number",
        describe: "PostgreSQL major version of rds, 14 to 18 [default: that of pg_dump]",
      })
      .option("ecs-running", {
        type: "number",
        describe: "Tasks that the AWS emulator reports as running of each ECS service",
      })
      .option("deployed", {
        type: "boolean",
        default: false,
        describe:
          "Deploy the environment on the emulator as well, in pilot light, to switch it on and off (1 to 2 min)",
      }),
  examples: [
    ["pnpm sandbox up", "start, with data to sync"],
    ["pnpm sandbox up --seed awkward --dir /tmp/sb", "another one beside it"],
  ],
  variables: [],
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
    printer.line(`  ${`pnpm sandbox run -- ${example}`.padEnd(54)} one command in its environment`);
    printer.line('  eval "$(pnpm --silent sandbox env)"                    its environment in this shell');
    printer.line('                 then  psql "$SANDBOX_RDS_URL"              a look into its RDS database');
    printer.line("  pnpm sandbox down                                      stop it and remove its files");
    return {
      outcome: started ? "started" : "already-running",
      document: { directory: state.directory, seed: state.seed, parts },
    };
  },
});
