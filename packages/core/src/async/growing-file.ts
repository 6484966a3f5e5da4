/** A file that another program writes, read while it grows. */
import { open, type FileHandle } from "node:fs/promises";
import { Readable } from "node:stream";
import { setTimeout as sleep } from "node:timers/promises";

const pauseMs = 20;
const chunkBytes = 256 * 1024;

export class GrowingFile {
  readonly path: string;
  #isComplete = false;

  constructor(path: string) {
    this.path = path;
  }

  /** The other program has written everything. */
  complete(): void {
    this.#isComplete = true;
  }

  /**
   * Repeats `read` until it returns a value.
   * @param read gets whether the file is complete; returns undefined when the file is still too short
   * @throws what `read` throws, or the reason of `signal`
   */
  async wait<T>(read: (isComplete: boolean) => Promise<T | undefined>, signal: AbortSignal): Promise<T> {
    for (;;) {
      signal.throwIfAborted();
      // `isComplete` is read before the file: if it is true, this call of `read` sees the end of the file.
      const result = await read(this.#isComplete);
      if (result !== undefined) return result;
      await sleep(pauseMs, undefined, { signal }).catch(() => undefined);
    }
  }

  /** Reads the file from its beginning. The stream ends once the file is complete and read. */
  follow(signal: AbortSignal): GrowingStream {
    return new GrowingStream(this, signal);
  }
}

/** The content of a growing file. */
export class GrowingStream {
  readonly stream: Readable;
  #waits = true;
  #bytes = 0;

  constructor(file: GrowingFile, signal: AbortSignal) {
    this.stream = Readable.from(this.#chunks(file, signal), { objectMode: false });
  }

  /** Whether the reader has read the whole file so far, and waits for the program that writes it. */
  get waits(): boolean {
    return this.#waits;
  }

  /** Bytes that were read so far. */
  get bytes(): number {
    return this.#bytes;
  }

  async *#chunks(file: GrowingFile, signal: AbortSignal): AsyncGenerator<Buffer> {
    await using handle = await file.wait(() => openIfExists(file.path), signal);
    let buffer = Buffer.allocUnsafe(chunkBytes);
    for (;;) {
      const chunk = await file.wait(async (isComplete) => {
        const { bytesRead } = await handle.read(buffer, 0, chunkBytes, this.#bytes);
        this.#waits = bytesRead === 0;
        return bytesRead > 0 || isComplete ? buffer.subarray(0, bytesRead) : undefined;
      }, signal);
      if (chunk.length === 0) {
        // The stream has delivered the complete file.
        this.#waits = false;
        return;
      }
      this.#bytes += chunk.length;
      yield chunk;
      // The reader may still use the previous buffer.
      buffer = Buffer.allocUnsafe(chunkBytes);
    }
  }
}

async function openIfExists(path: string): Promise<FileHandle | undefined> {
  try {
    return await open(path);
  } catch (error) {
    if (error instanceof Error && "code" in error && error.code === "ENOENT") return undefined;
    throw error;
  }
}
