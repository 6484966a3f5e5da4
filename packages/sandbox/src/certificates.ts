/** Creates the sandbox's own certificate authority, and the server certificates that it signs. */
import { randomBytes } from "node:crypto";
import { generate } from "selfsigned";

/** A key and a certificate, both in PEM format. */
export interface KeyPair {
  key: string;
  cert: string;
}

const hour = 3600 * 1000;

/** Valid for one year, starting an hour ago: the clock of a container may be slow. */
function validity(): { notBeforeDate: Date; notAfterDate: Date } {
  return { notBeforeDate: new Date(Date.now() - hour), notAfterDate: new Date(Date.now() + 365 * 24 * hour) };
}

/** A new certificate authority. Its key is only in memory, because the sandbox signs no certificate after its start. */
export async function createAuthority(): Promise<KeyPair> {
  // A different name each time: with two authorities of the same name, a client uses the wrong key and reports "invalid padding".
  const name = `pilot-light sandbox CA ${randomBytes(4).toString("hex")}`;
  const generated = await generate([{ name: "commonName", value: name }], {
    ...validity(),
    algorithm: "sha256",
    extensions: [
      { name: "basicConstraints", cA: true, critical: true },
      { name: "keyUsage", keyCertSign: true, digitalSignature: true, critical: true },
    ],
  });
  return { key: generated.private, cert: generated.cert };
}

/** A server certificate for exactly one host name. */
export async function issueCertificate(authority: KeyPair, host: string): Promise<KeyPair> {
  const generated = await generate([{ name: "commonName", value: "pilot-light sandbox server" }], {
    ...validity(),
    algorithm: "sha256",
    ca: authority,
    extensions: [
      { name: "basicConstraints", cA: false },
      { name: "keyUsage", digitalSignature: true, keyEncipherment: true },
      { name: "extKeyUsage", serverAuth: true },
      { name: "subjectAltName", altNames: [{ type: 2, value: host }] },
    ],
  });
  return { key: generated.private, cert: generated.cert };
}
