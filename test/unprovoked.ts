/** Codes that no integration test provokes. For each: why, and which unit test creates the error. */
export interface Unprovoked {
  reason: string;
  unit: string;
}

const active =
  "Only an active environment reaches the guard, and its deployment takes minutes. The guard is a function of the plan.";
const accounts =
  "It depends on the accounts of the machine: only root starts the servers as another account.";

export const unprovoked: Readonly<Record<string, Unprovoked>> = {
  COMMITTED_STALE: {
    reason: "The command reads the committed files of the repository, which a test must not make stale.",
    unit: "packages/infra/src/committed.test.ts",
  },
  DATABASE_PROTECTED: {
    reason: active,
    unit: "packages/lifecycle/src/plan/guards/guards.test.ts",
  },
  DATABASE_WOULD_BE_CREATED: {
    reason: active,
    unit: "packages/lifecycle/src/plan/guards/guards.test.ts",
  },
  DNS_SERVERS_INVALID: {
    reason: "Node.js rejects the address before the first request. No server takes part.",
    unit: "packages/lifecycle/src/preflight/production.test.ts",
  },
  JOURNAL_UNWRITABLE: {
    reason: "The commands write into this folder before the journal, and root may write everywhere.",
    unit: "packages/lifecycle/src/journal/journal.test.ts",
  },
  MODE_CHANGE_RUNNING: {
    reason:
      "The second run must write its journal in the milliseconds between the plan and the start of the first.",
    unit: "packages/lifecycle/src/journal/journal.test.ts",
  },
  NO_SERVER_ACCOUNT: { reason: accounts, unit: "packages/sandbox/src/account.test.ts" },
  OUTPUTS_FAILED: {
    reason:
      "`cdktf output` never hangs in a sandbox. The unit test runs a process in its place that never ends.",
    unit: "packages/core/src/terraform/outputs.test.ts",
  },
  SYNC_IMAGE_DIFFERS: {
    reason: "The stand-in for tasks runs the same build as the command.",
    unit: "packages/sync/src/fargate/result.test.ts",
  },
  SYNC_TOO_LARGE: {
    reason: "A task has at least 20 GiB, and a sandbox has no database of that size.",
    unit: "packages/sync/src/fargate/storage.test.ts",
  },
  TMPDIR_NOT_ACCESSIBLE: { reason: accounts, unit: "packages/sandbox/src/account.test.ts" },
};
