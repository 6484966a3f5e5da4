/** Parses an `address:port` that replaces a host name. */
import { addressInvalid } from "./errors.ts";

/**
 * Host and port of `address:port`; undefined for undefined.
 * @throws OpsError ADDRESS_INVALID (configuration)
 */
export function addressOption(text: string | undefined): { host: string; port: number } | undefined {
  if (text === undefined) return undefined;
  const match = /^(?:\[(?<six>[^\]]+)\]|(?<four>[^:\s]+)):(?<port>\d{1,5})$/.exec(text);
  const host = match?.groups?.six ?? match?.groups?.four;
  const port = Number(match?.groups?.port);
  if (host !== undefined && port >= 1 && port <= 65535) return { host, port };
  throw addressInvalid({ value: text });
}
