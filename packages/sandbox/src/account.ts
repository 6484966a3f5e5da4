/** The account that the database servers run as. PostgreSQL refuses to run as root, so root starts them as another user. */
import { execFile } from "node:child_process";
import { stat } from "node:fs/promises";
import { dirname } from "node:path";
import { promisify } from "node:util";
import type { Environment } from "@pilot-light/core/config/env";
import { run } from "@pilot-light/core/process";
import { noServerAccount } from "./errors.ts";

/** User and group id of a process. */
export interface Account {
  uid: number;
  gid: number;
}

/**
 * The account for the servers; undefined for every other user than root: the user's own account then runs them.
 * @throws OpsError NO_SERVER_ACCOUNT (configuration)
 */
export async function serverAccount(environment: Environment): Promise<Account | undefined> {
  if (process.getuid?.() !== 0) return undefined;
  for (const name of ["postgres", "nobody"]) {
    const uid = await run("id", ["-u", name], { environment });
    const gid = await run("id", ["-g", name], { environment });
    if (uid.exitCode === 0 && gid.exitCode === 0) return { uid: Number(uid.stdout), gid: Number(gid.stdout) };
  }
  throw noServerAccount();
}

/** Whether the account can reach the files in `directory`: it needs the execute permission on every directory up to the root. */
export async function canReach(directory: string, account: Account): Promise<boolean> {
  const { mode, uid, gid } = await stat(directory);
  const execute = uid === account.uid ? 0o100 : gid === account.gid ? 0o010 : 0o001;
  if ((mode & execute) === 0) return false;
  const parent = dirname(directory);
  return parent === directory || canReach(parent, account);
}

const execute = promisify(execFile);

/**
 * Runs a program as `account` and waits until it ends.
 * @throws the error of `execFile` with the program's `stderr` when it fails.
 */
export async function runAs(
  account: Account | undefined,
  program: string,
  args: readonly string[],
  options: { cwd: string; environment: Environment },
): Promise<void> {
  await execute(program, [...args], { cwd: options.cwd, env: { ...options.environment }, ...account });
}
