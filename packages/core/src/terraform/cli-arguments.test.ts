import { expect, it } from "vitest";
import { assertHarmlessArguments } from "./cli-arguments.ts";

it.each([
  ["TF_CLI_ARGS", "-no-color"],
  ["TF_CLI_ARGS_plan", "-parallelism=4 --lock-timeout=30s -compact-warnings"],
  ["TF_CLI_ARGS_apply", "-parallelism 4 -input=false"],
  ["TF_CLI_ARGS_plan", ""],
  // They name the place of the state, which all commands share.
  ["TF_CLI_ARGS_init", "-backend-config=profile=me"],
])("%s=%j changes nothing", (variable, value) => {
  expect(() => assertHarmlessArguments({ [variable]: value })).not.toThrow();
});

it.each([
  ["TF_CLI_ARGS_plan", "-parallelism=4 -target=aws_vpc.x -target=aws_lb.y", ["-target"]],
  ["TF_CLI_ARGS_plan", "-destroy", ["-destroy"]],
  ["TF_CLI_ARGS_plan", "--refresh-only", ["-refresh-only"]],
  ["TF_CLI_ARGS_plan", "-refresh=false -replace aws_db_instance.x", ["-refresh", "-replace"]],
  ["TF_CLI_ARGS_plan", `"-var=token=a-secret" '-var-file=x'`, ["-var", "-var-file"]],
  ["TF_CLI_ARGS_plan", "-detailed-exitcode", ["-detailed-exitcode"]],
  ["TF_CLI_ARGS_apply", "-lock=false", ["-lock"]],
  ["TF_CLI_ARGS", "-no-color -lock=false", ["-lock"]],
])("%s=%j is refused, without its values", (variable, value, options) => {
  const error = expect.objectContaining({
    code: "TF_CLI_ARGS_REFUSED",
    failure: "configuration",
    message: `${variable} contains ${options.join(", ")}, which changes what Terraform plans or applies.`,
    hint: expect.stringContaining(`unset ${variable}`) as string,
  }) as Error;
  expect(() => assertHarmlessArguments({ [variable]: value })).toThrow(error);
});
