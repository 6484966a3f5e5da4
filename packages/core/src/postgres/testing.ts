/** For tests of what travels between programs and servers. */
import { Requests } from "./protocol-messages.ts";

/** The messages that arrive at one end of a connection, as `Q select 1`. */
export class Inbox extends Requests {
  async read(): Promise<string | undefined> {
    const next = await this.next();
    if (next === undefined) return undefined;
    const contents = (await this.take(next.rest))?.toString("latin1").replaceAll(/\0+$/g, "");
    return `${next.type} ${contents}`.trim();
  }
}
