/** The log of a task in CloudWatch, read as it grows. */
import type { AwsClients } from "@pilot-light/core/aws/clients";
import { sdk } from "@pilot-light/core/aws/sdk";

export interface LogStream {
  group: string;
  stream: string;
}

/** Pages of one reading. The next reading continues after them. */
const mostPages = 20;

export class TaskLog {
  readonly #aws: AwsClients;
  readonly #stream: LogStream;
  #token: string | undefined;

  constructor(aws: AwsClients, stream: LogStream) {
    this.#aws = aws;
    this.#stream = stream;
  }

  /**
   * The lines since the last call. None while the stream does not exist: the container has not written yet. If a later page fails, the
   * lines before it are returned, and the next call continues with that page.
   * @throws what AWS refuses for the first page
   */
  async read(signal: AbortSignal): Promise<string[]> {
    const { GetLogEventsCommand, ResourceNotFoundException } = sdk.logs();
    const client = await this.#aws.logs();
    const lines: string[] = [];
    for (let page = 0; page < mostPages; page++) {
      const command = new GetLogEventsCommand({
        logGroupName: this.#stream.group,
        logStreamName: this.#stream.stream,
        startFromHead: true,
        ...(this.#token === undefined ? {} : { nextToken: this.#token }),
      });
      const reply = await client.send(command, { abortSignal: signal }).catch((error: unknown) => {
        if (error instanceof ResourceNotFoundException || page > 0) return undefined;
        throw error;
      });
      if (reply === undefined) break;
      lines.push(...(reply.events ?? []).map(({ message = "" }) => message));
      // At the end, CloudWatch returns the token that was given.
      const isEnd = reply.nextForwardToken === undefined || reply.nextForwardToken === this.#token;
      this.#token = reply.nextForwardToken ?? this.#token;
      if (isEnd) break;
    }
    return lines;
  }
}
