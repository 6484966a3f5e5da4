/**
 * Waits with one of the SDK's waiters. They do not hand their signal on to their requests: one that is not answered would keep an
 * interrupted process alive, so the client's connections end with the signal.
 */
export async function endingWith<T>(
  client: { destroy(): void },
  signal: AbortSignal,
  wait: () => Promise<T>,
): Promise<T> {
  const end = () => client.destroy();
  signal.addEventListener("abort", end, { once: true });
  try {
    return await wait();
  } finally {
    signal.removeEventListener("abort", end);
  }
}
