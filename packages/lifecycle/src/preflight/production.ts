/**
 * Whether production is served from this environment: does the production domain lead to its CDN or its load balancer? By DNS,
 * as a server's headers can be anybody's. What cannot be found out counts as yes.
 */
import { Resolver } from "node:dns/promises";
import { domainToASCII } from "node:url";
import { type Environment, readVariable } from "@pilot-light/core/config/env";
import { OpsError, messageOf } from "@pilot-light/core/ops-error";
import { proxyOfAddress, proxyOfName } from "./proxies.ts";

/** `elsewhere` is the only answer that lets a deactivation go on. */
export interface ProductionAnswer {
  place: "here" | "elsewhere" | "unknown";
  /** Nobody has said where production is. */
  isUnsaid?: true;
  /** Why, as a sentence's end: "www.example.com leads to cname.vercel-dns.com". */
  reason: string;
}

/** `PILOT_LIGHT_PRODUCTION_DOMAIN=none`: there is no production yet. */
const nothing = "none";
/** Names in a chain of aliases that are followed. */
const longestChain = 10;

/**
 * Answers for every production domain; the worst answer counts.
 * @param publicNames names of the environment's load balancer and CDN
 * @throws OpsError DNS_SERVERS_INVALID (configuration)
 */
export async function whereIsProduction(
  environment: Environment,
  publicNames: readonly string[],
  signal: AbortSignal,
): Promise<ProductionAnswer> {
  const ours = publicNames.map(normalize);
  if (ours.length === 0) return { place: "elsewhere", reason: "this environment has no public address" };
  const domains = (readVariable(environment, "PILOT_LIGHT_PRODUCTION_DOMAIN") ?? "")
    .split(",")
    .map((domain) => normalize(domain))
    .filter((domain) => domain !== "");
  if (domains.length === 0) {
    return {
      place: "unknown",
      isUnsaid: true,
      reason: "PILOT_LIGHT_PRODUCTION_DOMAIN does not say where production is",
    };
  }
  if (domains.length === 1 && domains[0] === nothing) {
    return { place: "elsewhere", reason: "PILOT_LIGHT_PRODUCTION_DOMAIN says that there is no production" };
  }
  const resolver = createResolver(environment);
  const cancel = () => resolver.cancel();
  signal.addEventListener("abort", cancel, { once: true });
  try {
    const answers = await Promise.all(domains.map((domain) => locate(resolver, domain, ours)));
    signal.throwIfAborted();
    const order = ["here", "unknown", "elsewhere"] as const;
    const [worst] = answers.sort((a, b) => order.indexOf(a.place) - order.indexOf(b.place));
    return worst ?? { place: "unknown", reason: "no answer" };
  } finally {
    signal.removeEventListener("abort", cancel);
  }
}

function createResolver(environment: Environment): Resolver {
  const resolver = new Resolver({ timeout: 3000, tries: 2 });
  const servers = readVariable(environment, "PILOT_LIGHT_DNS_SERVERS");
  if (servers === undefined) return resolver;
  try {
    resolver.setServers(servers.split(",").map((server) => server.trim()));
  } catch (cause) {
    throw new OpsError(
      "configuration",
      "DNS_SERVERS_INVALID",
      `PILOT_LIGHT_DNS_SERVERS is not usable: ${servers}`,
      {
        hint: "Addresses with or without a port, separated by commas: 10.0.0.2,[fd00::2]:5353",
        cause,
      },
    );
  }
  return resolver;
}

async function locate(
  resolver: Resolver,
  domain: string,
  ours: readonly string[],
): Promise<ProductionAnswer> {
  if (!isDomainName(domain)) {
    return { place: "unknown", reason: `"${domain}" in PILOT_LIGHT_PRODUCTION_DOMAIN is no domain name` };
  }
  try {
    const chain = await followAliases(resolver, domain);
    const hit = chain.find((name) => ours.includes(name));
    if (hit !== undefined) return { place: "here", reason: `${domain} leads to ${hit}` };
    const last = chain.at(-1) ?? domain;
    const found = await addressesOf(resolver, last);
    if (found.length === 0) return { place: "unknown", reason: `${domain} has no address` };
    // An alias at the top of a domain is often resolved by the DNS provider: only the addresses are left of it.
    for (const name of ours) {
      const same = (await addressesOf(resolver, name)).find((address) => found.includes(address));
      if (same !== undefined) {
        return { place: "here", reason: `${domain} has the address ${same} of ${name}` };
      }
    }
    const hidden = behindProxy(domain, chain, found);
    if (hidden !== undefined) return hidden;
    for (const address of found) {
      const edge = (await reverse(resolver, address)).find((name) => name.endsWith(".cloudfront.net"));
      if (edge !== undefined) {
        return {
          place: "unknown",
          reason: `${domain} leads to CloudFront (${edge}), perhaps to this environment's`,
        };
      }
    }
    return { place: "elsewhere", reason: `${domain} leads to ${last === domain ? found.join(", ") : last}` };
  } catch (error) {
    return { place: "unknown", reason: `${domain} cannot be resolved: ${messageOf(error)}` };
  }
}

/** A proxy answers with its own addresses, whatever stands behind it: a CNAME to this environment's CDN shows nowhere. */
function behindProxy(
  domain: string,
  chain: readonly string[],
  found: readonly string[],
): ProductionAnswer | undefined {
  for (const at of [...chain, ...found]) {
    const proxy = proxyOfName(at) ?? proxyOfAddress(at);
    if (proxy === undefined) continue;
    const where = at === domain ? "" : ` (${at})`;
    const way =
      "name in PILOT_LIGHT_PRODUCTION_DOMAIN the host that its record there leads to, or give --allow-production";
    return {
      place: "unknown",
      reason: `${domain} is behind ${proxy}'s proxy${where}, which hides where it leads: ${way}`,
    };
  }
  return undefined;
}

const label = /^[a-z0-9_](?:[a-z0-9_-]{0,61}[a-z0-9_])?$/;

/** Names that DNS can be asked for: letters, digits, hyphens; others as `xn--`. */
function isDomainName(name: string): boolean {
  return name.length <= 253 && name.split(".").every((part) => label.test(part));
}

/** The domain and every name it is an alias of, in order. */
async function followAliases(resolver: Resolver, domain: string): Promise<string[]> {
  const chain = [domain];
  while (chain.length <= longestChain) {
    const [next] = await resolver.resolveCname(chain.at(-1) ?? domain).catch(nothingThere<string>);
    if (next === undefined) return chain;
    chain.push(normalize(next));
  }
  throw new Error(`more than ${longestChain} aliases`);
}

async function addressesOf(resolver: Resolver, name: string): Promise<string[]> {
  const [four, six] = await Promise.all([
    resolver.resolve4(name).catch(nothingThere<string>),
    resolver.resolve6(name).catch(nothingThere<string>),
  ]);
  return [...four, ...six];
}

async function reverse(resolver: Resolver, address: string): Promise<string[]> {
  return (await resolver.reverse(address).catch(nothingThere<string>)).map(normalize);
}

/** No record of that kind is an answer; a timeout or a refusal is none. */
function nothingThere<T>(error: unknown): T[] {
  const code = error instanceof Error && "code" in error ? error.code : undefined;
  if (code === "ENODATA" || code === "ENOTFOUND") return [];
  throw error;
}

function normalize(name: string): string {
  const plain = name.trim().toLowerCase().replace(/\.$/, "");
  // "" is what no domain name is: then the text as it was given says more.
  return domainToASCII(plain) || plain;
}
