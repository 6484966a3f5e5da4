/** Check, with `--drift`: a Terraform plan contains no changes. */
import { assertHarmlessArguments } from "@pilot-light/core/terraform/cli-arguments";
import { terraformProgram } from "@pilot-light/core/terraform/program";
import { join } from "node:path";
import { terraformFailed } from "@pilot-light/core/errors";
import { plural } from "@pilot-light/core/output/format";
import { run } from "@pilot-light/core/process";
import { z } from "zod";
import { runningImages } from "../aws/running-images.ts";
import type { Check } from "../check.ts";
import { warning } from "../check.ts";

/** Exit code of `-detailed-exitcode` for a plan with changes. */
const changesPending = 2;

/** The lines of `terraform plan -json` that name a change (developer.hashicorp.com/terraform/internals/machine-readable-ui). */
const changeSchema = z.object({
  type: z.enum(["planned_change", "resource_drift"]),
  change: z.object({ resource: z.object({ addr: z.string() }), action: z.string() }),
});
const errorSchema = z.object({ "@level": z.literal("error"), "@message": z.string() });

const inspect = { text: "Show the plan", command: "pnpm infra:diff" };

export const drift: Check = {
  id: "drift",
  title: "A Terraform plan contains no changes",
  needs: ["aws-credentials", "terraform-outputs"],
  // Terraform reads every resource itself: it needs ReadOnlyAccess, not the policy of the checks.
  actions: [],
  optional: true,
  timeout: 600_000,
  async run({ aws, environment, names, options, signal, reads, log }) {
    assertHarmlessArguments(environment);
    const directory = join(options.directory, "cdktf.out", "stacks", names.stack);
    const { values } = await reads.outputs();
    const program = terraformProgram(environment);
    // The mode and the images are variables: without them, the plan would deactivate the environment, or deploy newer images.
    const images = values.dev_activated ? await runningImages(aws, names, signal) : [];
    const kept = [{ name: "dev_activated", value: String(values.dev_activated) }, ...images];
    const args = [
      `-chdir=${directory}`,
      "plan",
      "-detailed-exitcode",
      "-json",
      "-input=false",
      "-lock=false",
      ...kept.map(({ name, value }) => `-var=${name}=${value}`),
    ];
    const result = await run(program, args, { environment, signal, onStart: (line) => log(`$ ${line}`) });
    const lines = result.stdout.split("\n").flatMap(parseLine);
    if (result.exitCode === 0) return { summary: "no changes" };
    if (result.exitCode !== changesPending) {
      const errors = lines.flatMap((line) => errorSchema.safeParse(line).data?.["@message"] ?? []);
      const [reason = "see below", ...others] = errors;
      throw terraformFailed({
        attempt: "`terraform plan` failed",
        reason,
        details: [...others, ...result.stderr],
        hint: "Synthesize and initialize the stack first:  pnpm infra:diff",
      });
    }
    const changes = lines.flatMap((line) => changeSchema.safeParse(line).data ?? []);
    const planned = changes.filter(({ type }) => type === "planned_change");
    const named = planned.map(({ change }) => `${change.resource.addr}: ${change.action}`);
    return {
      summary: `${plural(planned.length, "change")} planned`,
      details: changes.map(({ type, change }) => `${type} ${change.resource.addr} ${change.action}`),
      problems: (named.length === 0 ? ["only outputs would change"] : named).map((change) =>
        warning(change, inspect),
      ),
    };
  },
};

function parseLine(line: string): unknown[] {
  try {
    return [JSON.parse(line)];
  } catch {
    return [];
  }
}
