/** An `address:port` that a person gives in place of a host name. */
import { OpsError } from "@pilot-light/core/ops-error";

/**
 * Parts of `address:port`, undefined for undefined.
 * @throws OpsError ADDRESS_INVALID (configuration)
 */
export function addressOption(text: string | undefined): { host: string; port: number } | undefined {
  if (text === undefined) return undefined;
  const match = /^(?:\[(?<six>[^\]]+)\]|(?<four>[^:\s]+)):(?<port>\d{1,5})$/.exec(text);
  const host = match?.groups?.six ?? match?.groups?.four;
  const port = Number(match?.groups?.port);
  if (host !== undefined && port >= 1 && port <= 65535) return { host, port };
  throw new OpsError("configuration", "ADDRESS_INVALID", `This is no address:port: ${text}`, {
    hint: "Give it as  --resolve 127.0.0.1:8443  or in ALB_HOSTADDR",
  });
}
