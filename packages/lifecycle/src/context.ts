/** The context of the commands of this package: clients, names, and Terraform. */
import { setMaxListeners } from "node:events";
import { delayed, grace } from "@pilot-light/core/async/grace";
import { commandAwsClients, type AwsClients } from "@pilot-light/core/aws/clients";
import type { CommandContext } from "@pilot-light/core/cli/command";
import { resourceNames, type ResourceNames } from "@pilot-light/core/contract";
import { readProject } from "@pilot-light/core/config/project";
import { Routes, type RoutesOptions } from "@pilot-light/core/reach/routes";
import { openWorkDirectory } from "@pilot-light/core/work-directory";
import { Stack } from "./terraform/stack.ts";

export interface Basics extends CommandContext {
  project: string;
  names: ResourceNames;
  aws: AwsClients;
  /** Aborted some seconds after an interruption: for requests that clean up and record what the command leaves. */
  cleaningSignal: AbortSignal;
  /** Folder with cdktf.json. */
  directory: string;
}

/** With Terraform, and a private directory for this run. */
export interface LifecycleContext extends Basics, AsyncDisposable {
  stack: Stack;
  /** The routes to RDS, which all steps share. */
  routes: Routes;
}

/** @throws OpsError PROJECT_NAME_INVALID (configuration) */
export function basics(context: CommandContext): Basics {
  const { environment, printer } = context;
  const project = readProject(environment);
  const aws = commandAwsClients(environment, (line) => printer.detail(line));
  const cleaningSignal = delayed(context.signal, grace.cleaning);
  // Every request listens to it.
  setMaxListeners(0, cleaningSignal);
  const names = resourceNames(project);
  return { ...context, cleaningSignal, project, names, aws, directory: process.cwd() };
}

export async function openContext(
  context: CommandContext,
  routesOptions: RoutesOptions = {},
): Promise<LifecycleContext> {
  const base = basics(context);
  const work = await openWorkDirectory();
  const routes = new Routes(routesOptions, context);
  const dispose = async () => {
    await routes[Symbol.asyncDispose]();
    await work[Symbol.asyncDispose]();
  };
  try {
    const stack = await Stack.create({ ...base, name: base.names.stack, workDirectory: work.path });
    return { ...base, stack, routes, [Symbol.asyncDispose]: dispose };
  } catch (error) {
    await dispose();
    throw error;
  }
}
