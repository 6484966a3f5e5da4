/** The registry of infra's errors; docs/errors.md is generated from the entries. */
import { defineError } from "@pilot-light/core/ops-error";

export const committedStale = defineError<{ files: readonly string[] }>({
  code: "COMMITTED_STALE",
  failure: "problems",
  meaning: "The Terraform configuration that is committed for Terraform Cloud is older than the code.",
  remedy: "Run `pnpm infra:commit`, which writes the file, then commit the file.",
  state: "nothing-written",
  message: () => "The committed Terraform configuration is older than the code.",
  details: ({ files }) => files,
  hint: () => "Write the file again, then commit the file. To write the file:  pnpm infra:commit",
});

export const committedMissing = defineError<{ file: string }>({
  code: "COMMITTED_MISSING",
  failure: "problems",
  meaning: "No Terraform configuration of this project is committed for Terraform Cloud.",
  remedy: "Set PROJECT_NAME, run `pnpm infra:commit`, which writes the file, then commit the file.",
  state: "nothing-written",
  message: ({ file }) =>
    `The Terraform configuration of this project was never committed: there is no ${file}.`,
  hint: () => "Check PROJECT_NAME. To write the file:  pnpm infra:commit",
});
