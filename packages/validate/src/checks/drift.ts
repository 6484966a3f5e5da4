/** Check, with `--drift`: Terraform would change nothing. */
import { terraformProgram } from "@pilot-light/core/terraform/program";
import { join } from "node:path";
import { OpsError } from "@pilot-light/core/ops-error";
import { plural } from "@pilot-light/core/output/format";
import { run } from "@pilot-light/core/process";
import { z } from "zod";
import type { Check } from "../check.ts";
import { warning } from "../check.ts";

/** `-detailed-exitcode`: there are changes. */
const changesPending = 2;

/** The lines of `terraform plan -json` that name a change (developer.hashicorp.com/terraform/internals/machine-readable-ui). */
const changeSchema = z.object({
  type: z.enum(["planned_change", "resource_drift"]),
  change: z.object({ resource: z.object({ addr: z.string() }), action: z.string() }),
});
const errorSchema = z.object({ "@level": z.literal("error"), "@message": z.string() });

export const drift: Check = {
  id: "drift",
  title: "Terraform would change nothing",
  needs: ["aws-credentials", "terraform-outputs"],
  // Terraform reads every resource by calls of its own: it needs ReadOnlyAccess, not the policy of the checks.
  actions: [],
  optional: true,
  timeout: 600_000,
  async run({ environment, names, options, signal, reads, log }) {
    const folder = join(options.directory, "cdktf.out", "stacks", names.stack);
    const { values } = await reads.outputs();
    const program = terraformProgram(environment);
    // The mode is a variable: without it, the plan would be to switch the environment off.
    const mode = `-var=dev_activated=${values.dev_activated}`;
    const args = [
      `-chdir=${folder}`,
      "plan",
      "-detailed-exitcode",
      "-json",
      "-input=false",
      "-lock=false",
      mode,
    ];
    const result = await run(program, args, { environment, signal, onStart: (line) => log(`$ ${line}`) });
    const lines = result.stdout.split("\n").flatMap(parseLine);
    if (result.exitCode === 0) return { summary: "no changes" };
    if (result.exitCode !== changesPending) {
      const errors = lines.flatMap((line) => errorSchema.safeParse(line).data?.["@message"] ?? []);
      throw new OpsError(
        "aws",
        "TERRAFORM_FAILED",
        `\`terraform plan\` failed: ${errors[0] ?? "see below"}`,
        {
          details: [...errors, ...result.stderr],
          hint: "Synthesize and initialise the stack first:  pnpm infra:diff",
        },
      );
    }
    const changes = lines.flatMap((line) => changeSchema.safeParse(line).data ?? []);
    const planned = changes.filter(({ type }) => type === "planned_change");
    const named = planned.map(({ change }) => `${change.resource.addr}: ${change.action}`);
    return {
      summary: `${plural(planned.length, "change")} planned`,
      details: changes.map(({ type, change }) => `${type} ${change.resource.addr} ${change.action}`),
      problems:
        named.length === 0
          ? [warning("outputs would change", "Look at it:  pnpm infra:diff")]
          : named.map((change) => warning(change, "Look at it:  pnpm infra:diff")),
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
