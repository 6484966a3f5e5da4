/**
 * Work that runs to its end although a person sends a second signal. A signal reaches the whole process, so the process has one counter.
 */

let running = 0;

/** Keeps a second signal from ending the process until `work` has ended. The work must have its own limits. */
export async function protect<T>(work: Promise<T>): Promise<T> {
  running += 1;
  try {
    return await work;
  } finally {
    running -= 1;
  }
}

/** Whether protected work runs. */
export function isProtected(): boolean {
  return running > 0;
}
