/** The register of infra's errors; docs/errors.md is generated from the entries. */
import { defineError } from "@pilot-light/core/ops-error";

export const committedStale = defineError<{ files: readonly string[] }>({
  code: "COMMITTED_STALE",
  failure: "problems",
  meaning: "The synthesized Terraform that is committed for Terraform Cloud is older than the code.",
  remedy: "Write it again with `pnpm infra:commit`, then commit it.",
  state: "nothing-written",
  message: () => "The synthesized Terraform that is committed is older than the code.",
  details: ({ files }) => files,
  hint: () => "Write it again, then commit it:  pnpm infra:commit",
});
