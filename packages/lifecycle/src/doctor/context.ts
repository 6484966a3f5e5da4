/** What the checks of the doctor need in addition to the context of a check. Each part is read once, when the first check asks for it. */
import type { Session } from "@pilot-light/core/postgres/session";
import type { OutputsSource } from "@pilot-light/core/terraform/outputs";
import type { AppliedSettings } from "@pilot-light/core/cli/command";
import type { Via } from "@pilot-light/core/config/via";
import { openNeon, openRds } from "@pilot-light/validate/databases";
import type { CheckContext } from "@pilot-light/validate/check";
import { readFacts, type DatabaseFacts } from "@pilot-light/sync/read/database-facts";
import type { DeployedState } from "./state.ts";

export interface DoctorContext {
  settings: AppliedSettings | undefined;
  /** The option `--via`. */
  via: Via | undefined;
  /** Where the outputs are from: a file, or the deployed stack. */
  source: OutputsSource;
  /** Errors of variables that are not valid. */
  invalid: readonly Error[];
  state: () => Promise<DeployedState>;
  /** Connects, and reads the facts that a sync checks. */
  neon: (context: CheckContext) => Promise<DatabaseFacts>;
  rds: (context: CheckContext) => Promise<DatabaseFacts>;
}

export function databaseReaders(): Pick<DoctorContext, "neon" | "rds"> {
  return { neon: onceFor(openNeon), rds: onceFor(openRds) };
}

function onceFor(open: (context: CheckContext) => Promise<Session>) {
  let reading: Promise<DatabaseFacts> | undefined;
  return (context: CheckContext) =>
    (reading ??= (async () => {
      await using session = await open(context);
      return await readFacts(session);
    })());
}
