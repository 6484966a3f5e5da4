/** Adds the resulting state of the target to the errors of a command. */
import { OpsError, withState, type ResultingState } from "@pilot-light/core/ops-error";

/**
 * Runs a part of a command in which every error leaves the target in the same state. An error that has a state already keeps it. After an
 * interruption, the interruption is thrown, because it caused the error.
 */
export async function stating<T>(
  state: ResultingState,
  signal: AbortSignal,
  part: () => Promise<T>,
): Promise<T> {
  try {
    return await part();
  } catch (error) {
    const reported = error instanceof OpsError && error.outlastsInterruption;
    throw withState(signal.aborted && !reported ? signal.reason : error, state);
  }
}
