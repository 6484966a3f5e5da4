/** The certificate of the domain, for ACM in the emulator and for the server that stands in for the load balancer. */
import { generate } from "selfsigned";

export const domain = "dev.example.com";

export interface DomainCertificate {
  key: string;
  cert: string;
}

export interface CertificateOptions {
  names?: readonly string[];
  /** Days from now until it expires. */
  days?: number;
}

const day = 24 * 3600 * 1000;

let usual: Promise<DomainCertificate> | undefined;

/** The default certificate of all environments. It is created once, because the creation of a key is slow. */
export function usualCertificate(): Promise<DomainCertificate> {
  return (usual ??= createCertificate());
}

/** Creates a self-signed certificate: a client that trusts it needs no other authority. */
export async function createCertificate({
  names = [domain, `grafana.${domain}`],
  days = 300,
}: CertificateOptions = {}): Promise<DomainCertificate> {
  const made = await generate([{ name: "commonName", value: names[0] ?? domain }], {
    notBeforeDate: new Date(Date.now() - 400 * day),
    notAfterDate: new Date(Date.now() + days * day),
    algorithm: "sha256",
    extensions: [
      { name: "basicConstraints", cA: true, critical: true },
      { name: "subjectAltName", altNames: names.map((value) => ({ type: 2, value })) },
    ],
  });
  return { key: made.private, cert: made.cert };
}
