/** The registry of validate's errors: code, class, message and hint, each in one place. docs/errors.md is generated from it. */
import { defineError } from "@pilot-light/core/ops-error";
import { deployCommand } from "@pilot-light/core/terraform/deploy-command";
import { formatDuration } from "@pilot-light/core/output/format";

const listChecks = "pnpm validate --list";

// The command line and its files

export const unknownCheck = defineError<{ id: string }>({
  code: "UNKNOWN_CHECK",
  failure: "usage",
  meaning: "`--only` or `--skip` names a check that does not exist.",
  remedy: "Use the names that `pnpm validate --list` shows.",
  state: "nothing-written",
  message: ({ id }) => `There is no check "${id}".`,
  hint: () => `To list all checks:  ${listChecks}`,
});

export const checkEssential = defineError<{ id: string }>({
  code: "CHECK_ESSENTIAL",
  failure: "usage",
  meaning: "`--skip` names a check that every other check needs.",
  remedy: "Remove that check from `--skip`.",
  state: "nothing-written",
  message: ({ id }) => `The check ${id} cannot be skipped: every other check needs it.`,
  hint: ({ id }) => `Remove ${id} from --skip. To list all checks:  ${listChecks}`,
});

export const addressInvalid = defineError<{ value: string }>({
  code: "ADDRESS_INVALID",
  failure: "configuration",
  meaning: "`--resolve`, or ALB_HOSTADDR, is not an address with a port.",
  remedy: "Set the option or the variable to an address such as `127.0.0.1:8443`.",
  state: "nothing-written",
  message: ({ value }) => `"${value}" is not an address with a port.`,
  hint: () => "Set --resolve (or ALB_HOSTADDR) to an address with a port:  --resolve 127.0.0.1:8443",
});

const waiversExample =
  '{ "waivers": [{ "check": "cloudfront", "until": "2027-01-31", "reason": "moves to another account" }] }';

export const waiversUnreadable = defineError<{ file: string; reason: string }>({
  code: "WAIVERS_UNREADABLE",
  failure: "configuration",
  meaning: "The waivers file cannot be read, or is not JSON.",
  remedy: "Correct the path in `--waivers` or PILOT_LIGHT_WAIVERS, or the JSON.",
  state: "nothing-written",
  message: ({ file, reason }) => `Cannot read the waivers file ${file}: ${reason}.`,
  hint: () => `The file must look like  ${waiversExample}`,
});

export const waiversInvalid = defineError<{ file: string; problems: readonly string[] }>({
  code: "WAIVERS_INVALID",
  failure: "configuration",
  meaning:
    "The waivers file has wrong fields, or names a check that does not exist, or one whose failure cannot be accepted.",
  remedy: "Correct the entries that the error lists.",
  state: "nothing-written",
  message: ({ file }) => `The waivers file ${file} is not valid.`,
  details: ({ problems }) => problems,
  hint: () => `The file must look like  ${waiversExample}`,
});

export const reportUnwritable = defineError<{ file: string; reason: string }>({
  code: "REPORT_UNWRITABLE",
  failure: "configuration",
  meaning: "The JUnit report cannot be written. The validation itself is complete.",
  remedy: "Give `--junit` a path that can be written.",
  message: ({ file, reason }) => `Cannot write the JUnit report ${file}: ${reason}`,
  hint: () => "Give --junit a path that can be written.",
});

// Time limits

export const checkTimeout = defineError<{ timeoutMs: number }>({
  code: "CHECK_TIMEOUT",
  failure: "aws",
  meaning: "A check did not finish within `--timeout`.",
  remedy: "Check the network and the proxy, or raise `--timeout`.",
  state: "nothing-written",
  message: ({ timeoutMs }) => `The check did not finish within ${formatDuration(timeoutMs)}.`,
  hint: () =>
    "The network may be slow, or a proxy may block the request. To allow more time, add the option:  --timeout 60s",
});

export const runTimeout = defineError({
  code: "RUN_TIMEOUT",
  failure: "aws",
  meaning: "The checks together did not finish within `--deadline`.",
  remedy: "Raise `--deadline`.",
  state: "nothing-written",
  message: () => "The checks together did not finish within the deadline.",
  hint: () => "To allow more time, add the option:  --deadline 5m",
});

// What the checks read

export const outputEmpty = defineError<{ output: string; active: boolean; origin: string }>({
  code: "OUTPUT_EMPTY",
  failure: "configuration",
  meaning: "A Terraform output is empty, but the environment needs its value in the current mode.",
  remedy: "If the environment is active, run `pnpm activate`. Otherwise, run `pnpm infra:deploy`.",
  state: "nothing-written",
  message: ({ output, active, origin }) =>
    `The output ${output} is empty, but the environment is ${active ? "active" : "in pilot light"} (${origin}).`,
  hint: ({ active }) =>
    active
      ? "The environment is partly active. To create the missing resources:  pnpm activate"
      : `Create the missing resources:  ${deployCommand}`,
});

export const certificateMissing = defineError<{ arn: string }>({
  code: "CERTIFICATE_MISSING",
  failure: "aws",
  meaning: "The certificate of the output `acm_certificate_arn` does not exist.",
  remedy: "Deploy the environment again.",
  state: "nothing-written",
  message: ({ arn }) => `ACM has no certificate ${arn}.`,
  hint: () => `Create the certificate again:  ${deployCommand}`,
});

export const loadBalancerMissing = defineError<{ dnsName: string }>({
  code: "LOAD_BALANCER_MISSING",
  failure: "aws",
  meaning: "The load balancer of the output `alb_dns_name` does not exist.",
  remedy: "Run `pnpm activate`.",
  state: "nothing-written",
  message: ({ dnsName }) => `There is no load balancer ${dnsName}.`,
  hint: () => "Create the load balancer again:  pnpm activate",
});
