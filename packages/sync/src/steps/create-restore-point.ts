/** Step: create a branch of Neon with the present state of the target, before anything is written. */
import { isRefusal } from "@pilot-light/core/neon/neon-api";
import { expiryAfter } from "@pilot-light/core/neon/restore-point";
import type { SyncResult } from "../documents.ts";
import type { RestorePoint, StepContext } from "../job.ts";

/**
 * Creates the planned restore point. A sync that fails before its swap deletes the restore point again. If the sync is killed, Neon deletes
 * the restore point after its days.
 * @throws OpsError NEON_BRANCH_LIMIT (precondition), NEON_OPERATION_FAILED, NEON_API_* (target)
 */
export async function createRestorePoint(
  { project, parent, name, keepDays }: RestorePoint,
  { printer, signal, cleanUp }: StepContext,
): Promise<SyncResult["restorePoint"]> {
  return await printer.step("branch", async (report) => {
    report(`creating ${name}`);
    const expiresAt = expiryAfter(keepDays);
    const removal = () =>
      cleanUp.add(`the Neon branch ${name}`, `Neon deletes it on ${expiresAt}.`, (stop) =>
        project.deleteBranch(name, stop),
      );
    const branch = await project.createBranch({ name, parent, expiresAt }, signal).catch((error: unknown) => {
      // If Neon has not refused the request, it may have created the branch.
      if (!isRefusal(error)) removal();
      throw error;
    });
    removal();
    const value = { project: project.id, branch: parent.name, ...branch, expiresAt };
    return { value, summary: `${name} has the state of ${parent.name} before the sync` };
  });
}
