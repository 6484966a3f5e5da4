/** Waiting for several things at once and reporting every failure, not only the quickest. */
import { OpsError, messageOf } from "../ops-error.ts";

/**
 * Like `Promise.all`, but waits until all have ended, so that no work continues after the error.
 * @throws the first failure in order; further ones are listed in its details
 */
export async function settleAll<T extends readonly Promise<unknown>[] | []>(
  promises: T,
): Promise<{ -readonly [K in keyof T]: Awaited<T[K]> }> {
  const results = await Promise.allSettled(promises);
  const failures = results.flatMap((result) =>
    result.status === "rejected" ? [result.reason as unknown] : [],
  );
  if (failures.length > 0) throw combine(failures);
  return await Promise.all(promises);
}

/**
 * Like `settleAll`, for resources: when one of them fails to open, the others are closed.
 * @throws as `settleAll` does
 */
export async function acquireAll<T extends readonly Promise<AsyncDisposable>[] | []>(
  promises: T,
): Promise<{ -readonly [K in keyof T]: Awaited<T[K]> }> {
  try {
    return await settleAll(promises);
  } catch (error) {
    for (const result of await Promise.allSettled(promises)) {
      if (result.status === "fulfilled") await result.value[Symbol.asyncDispose]();
    }
    throw error;
  }
}

/** Combines several errors into one. A bug has precedence, because a person must see it. */
export function combine(failures: readonly unknown[]): unknown {
  const first = failures.find((failure) => !(failure instanceof OpsError)) ?? failures[0];
  if (!(first instanceof OpsError)) return first;
  const others = failures.filter(
    (failure) => failure !== first && failure instanceof Error && messageOf(failure) !== first.message,
  );
  if (others.length === 0) return first;
  const also = others.flatMap((other) => [
    `also: ${messageOf(other)}`,
    ...(other instanceof OpsError && other.hint !== undefined ? [`      ${other.hint}`] : []),
  ]);
  return first.with({ details: [...first.details, ...also] });
}

/**
 * Works through `items` with one worker for each resource; starts no item after the first failure. A worker whose resource is promised
 * begins later.
 */
export async function drain<Item, Resource>(
  items: readonly Item[],
  resources: readonly (Resource | Promise<Resource>)[],
  work: (item: Item, resource: Resource) => Promise<void>,
): Promise<void> {
  const queue = [...items];
  let failed = false;
  const worker = async (promised: Resource | Promise<Resource>) => {
    try {
      const resource = await promised;
      for (let item = queue.shift(); item !== undefined && !failed; item = queue.shift()) {
        await work(item, resource);
      }
    } catch (error) {
      failed = true;
      throw error;
    }
  };
  await settleAll(resources.map(worker));
}
