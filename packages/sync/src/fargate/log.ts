/** Reads the log of a task in CloudWatch while the log grows. */
import type { AwsClients } from "@pilot-light/core/aws/clients";
import { sdk } from "@pilot-light/core/aws/sdk";

export interface LogStream {
  group: string;
  stream: string;
}

/** How many pages one reading requests at most. The next reading continues after them. */
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
   * The lines since the last call. While the stream does not exist, the container has not written yet, and there are no lines. If a later
   * page fails, the lines before it are returned, and the next call requests that page again.
   * @throws the error of AWS for the first page
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
      // At the end of the log, CloudWatch returns the token of the request.
      const isEnd = reply.nextForwardToken === undefined || reply.nextForwardToken === this.#token;
      this.#token = reply.nextForwardToken ?? this.#token;
      if (isEnd) break;
    }
    return lines;
  }
}
