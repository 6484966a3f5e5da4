/** The sandbox's own certificate authority and the server certificates that it signs. */
import { randomBytes } from "node:crypto";
import { generate } from "selfsigned";

/** A key and a certificate, both PEM. */
export interface KeyPair {
  key: string;
  cert: string;
}

const hour = 3600 * 1000;

/** A year, and from an hour ago: the clock of a container may lag behind. */
function validity(): { notBeforeDate: Date; notAfterDate: Date } {
  return { notBeforeDate: new Date(Date.now() - hour), notAfterDate: new Date(Date.now() + 365 * 24 * hour) };
}

/** A new certificate authority. Its key stays in memory: nothing is signed after the start. */
export async function createAuthority(): Promise<KeyPair> {
  // Its own name each time: of two authorities with one name, a client takes the wrong key and reports "invalid padding".
  const name = `pilot-light sandbox CA ${randomBytes(4).toString("hex")}`;
  const made = await generate([{ name: "commonName", value: name }], {
    ...validity(),
    algorithm: "sha256",
    extensions: [
      { name: "basicConstraints", cA: true, critical: true },
      { name: "keyUsage", keyCertSign: true, digitalSignature: true, critical: true },
    ],
  });
  return { key: made.private, cert: made.cert };
}

/** A server certificate for exactly one host name. */
export async function issueCertificate(authority: KeyPair, host: string): Promise<KeyPair> {
  const made = await generate([{ name: "commonName", value: "pilot-light sandbox server" }], {
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
  return { key: made.private, cert: made.cert };
}
