/** Arguments that the environment adds to every plan and apply of terraform (developer.hashicorp.com/terraform/cli/config/environment-variables). */
import type { Environment } from "../config/env.ts";
import { tfCliArgsRefused } from "../errors.ts";

const variables = ["TF_CLI_ARGS", "TF_CLI_ARGS_plan", "TF_CLI_ARGS_apply"] as const;

/** Options that change neither what terraform plans, nor whether it locks the state, nor its exit code. */
const harmless: ReadonlySet<string> = new Set([
  "compact-warnings",
  "input",
  "lock-timeout",
  "no-color",
  "parallelism",
]);

/**
 * Checks that terraform plans the whole stack, with the variables that the command names. With `-target`, a deployment would end in the
 * middle and look complete; with `-lock=false`, two could run at the same time.
 * @throws OpsError TF_CLI_ARGS_REFUSED (configuration)
 */
export function assertHarmlessArguments(environment: Environment): void {
  for (const variable of variables) {
    const options = (environment[variable] ?? "").split(/\s+/).flatMap((word) => {
      // The value is left out: it may be a secret.
      const [, option] = /^["']?--?([\w-]+)/.exec(word) ?? [];
      return option === undefined || harmless.has(option) ? [] : [`-${option}`];
    });
    if (options.length > 0) throw tfCliArgsRefused({ variable, options: [...new Set(options)] });
  }
}
