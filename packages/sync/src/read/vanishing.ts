/** Reads a database while other sessions drop its objects. */
import type { Side } from "@pilot-light/core/errors";
import { OpsError } from "@pilot-light/core/ops-error";
import { sqlState, sqlStateOf } from "@pilot-light/core/postgres/sql-state";

const attempts = 6;

/**
 * Runs `work`, which lists objects and then reads them. Runs it again if one of the objects was dropped in between.
 * @param side the side that `work` reads. An error of the other side is thrown at once.
 * @throws the error of the last attempt
 */
export async function whileObjectsVanish<T>(work: () => Promise<T>, side?: Side): Promise<T> {
  for (let attempt = 1; ; attempt += 1) {
    try {
      return await work();
    } catch (error) {
      if (attempt === attempts || isOfOther(error, side) || !isVanished(error)) throw error;
    }
  }
}

function isOfOther(error: unknown, side: Side | undefined): boolean {
  const isOfSide = (failure: string): failure is Side => failure === "source" || failure === "target";
  return error instanceof OpsError && side !== undefined && isOfSide(error.failure) && error.failure !== side;
}

/** Whether an object was dropped after it had been listed. For most of these errors the server has no separate SQLSTATE. */
function isVanished(error: unknown): boolean {
  const state = sqlStateOf(error);
  if (state === sqlState.undefinedTable || state === sqlState.undefinedObject) return true;
  if (!(error instanceof OpsError)) return false;
  return [error.message, ...error.details].some((line) =>
    /cache lookup failed for|could not open relation with OID|could not find tuple for|relation "[^\n]*" does not exist/.test(
      line,
    ),
  );
}
