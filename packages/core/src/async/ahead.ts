/** A resource that is acquired before it is known whether it is needed, so that nobody waits for it later. */
export class Ahead<T extends AsyncDisposable> implements AsyncDisposable {
  readonly #ending = new AbortController();
  #acquiring: Promise<T> | undefined;

  /**
   * @param acquire its signal ends the acquisition if nobody takes the resource
   * @param signal ends the acquisition as well
   */
  constructor(acquire: (signal: AbortSignal) => Promise<T>, signal: AbortSignal) {
    this.#acquiring = acquire(AbortSignal.any([signal, this.#ending.signal]));
    this.#acquiring.catch(() => undefined);
  }

  /**
   * The resource, or the error of its acquisition. The caller disposes of it.
   * @throws if it was taken before
   */
  async take(): Promise<T> {
    const acquiring = this.#acquiring;
    this.#acquiring = undefined;
    if (acquiring === undefined) throw new Error("The resource was taken before.");
    return await acquiring;
  }

  /** Disposes of the resource unless it was taken. */
  async [Symbol.asyncDispose](): Promise<void> {
    const acquiring = this.#acquiring;
    if (acquiring === undefined) return;
    this.#ending.abort(new Error("Nobody needs this resource."));
    const resource = await acquiring.catch(() => undefined);
    await resource?.[Symbol.asyncDispose]();
  }
}
