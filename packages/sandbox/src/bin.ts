#!/usr/bin/env node
/** `pnpm sandbox`: runs everything that the tools need on this machine. */
import { runCli } from "@pilot-light/core/cli/cli";
import { downCommand } from "./commands/down.ts";
import { envCommand } from "./commands/env.ts";
import { runInSandboxCommand } from "./commands/run.ts";
import { statusCommand } from "./commands/status.ts";
import { upCommand } from "./commands/up.ts";

const given = process.argv.slice(2);
// The words after `--` belong to the command that `run` starts. yargs would read its flags as flags of `run`.
const separator = given.indexOf("--", 1);
const own = separator === -1 ? given : given.slice(0, separator);
const command = separator === -1 ? [] : given.slice(separator + 1);

const commands = [upCommand, downCommand, statusCommand, envCommand, runInSandboxCommand(command)];
await runCli("pnpm sandbox", own, commands, {
  epilogue: "Two PostgreSQL servers with TLS, an AWS emulator and sample data. Nothing leaves this machine.",
});
