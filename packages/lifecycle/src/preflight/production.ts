/**
 * Finds out whether this environment serves production: whether the production domain points to its CDN or its load balancer. It
 * asks DNS, because any server can send any header. "Unknown" counts as yes.
 */
import { Resolver } from "node:dns/promises";
import { domainToASCII } from "node:url";
import { type Environment, readVariable } from "@pilot-light/core/config/env";
import { messageOf } from "@pilot-light/core/ops-error";
import { dnsServersInvalid } from "../errors.ts";
import { proxyOfAddress, proxyOfName } from "./proxies.ts";

/** Only `elsewhere` lets a deactivation continue without `--allow-production`. */
export interface ProductionAnswer {
  place: "here" | "elsewhere" | "unknown";
  /** PILOT_LIGHT_PRODUCTION_DOMAIN is not set. */
  isUnset?: true;
  /** Why, as the end of a sentence: "www.example.com points to cname.vercel-dns.com". */
  reason: string;
}

/** `PILOT_LIGHT_PRODUCTION_DOMAIN=none`: there is no production yet. */
const nothing = "none";
/** The longest chain of aliases that is followed, in names. */
const longestChain = 10;

/**
 * Locates every production domain. The worst answer counts.
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
      isUnset: true,
      reason: "PILOT_LIGHT_PRODUCTION_DOMAIN is not set",
    };
  }
  if (domains.length === 1 && domains[0] === nothing) {
    return { place: "elsewhere", reason: "PILOT_LIGHT_PRODUCTION_DOMAIN is `none`: there is no production" };
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
    throw dnsServersInvalid({ servers }, { cause });
  }
  return resolver;
}

async function locate(
  resolver: Resolver,
  domain: string,
  ours: readonly string[],
): Promise<ProductionAnswer> {
  if (!isDomainName(domain)) {
    return { place: "unknown", reason: `"${domain}" in PILOT_LIGHT_PRODUCTION_DOMAIN is not a domain name` };
  }
  try {
    const chain = await followAliases(resolver, domain);
    const hit = chain.find((name) => ours.includes(name));
    if (hit !== undefined) return { place: "here", reason: `${domain} points to ${hit}` };
    const last = chain.at(-1) ?? domain;
    const found = await addressesOf(resolver, last);
    if (found.length === 0) return { place: "unknown", reason: `${domain} has no address` };
    // DNS providers often resolve an alias at the top of a domain themselves: then only its addresses can be compared.
    for (const name of ours) {
      const same = (await addressesOf(resolver, name)).find((address) => found.includes(address));
      if (same !== undefined) {
        return { place: "here", reason: `${domain} has the same address as ${name}: ${same}` };
      }
    }
    const hidden = behindProxy(domain, chain, found);
    if (hidden !== undefined) return hidden;
    for (const address of found) {
      const edge = (await reverse(resolver, address)).find((name) => name.endsWith(".cloudfront.net"));
      if (edge !== undefined) {
        return {
          place: "unknown",
          reason: `${domain} points to CloudFront (${edge}), maybe to this environment's distribution`,
        };
      }
    }
    return { place: "elsewhere", reason: `${domain} points to ${last === domain ? found.join(", ") : last}` };
  } catch (error) {
    return { place: "unknown", reason: `DNS does not resolve ${domain}: ${messageOf(error)}` };
  }
}

/** A proxy answers with its own addresses, so that DNS does not show the host behind it, such as this environment's CDN. */
function behindProxy(
  domain: string,
  chain: readonly string[],
  found: readonly string[],
): ProductionAnswer | undefined {
  for (const at of [...chain, ...found]) {
    const proxy = proxyOfName(at) ?? proxyOfAddress(at);
    if (proxy === undefined) continue;
    const where = at === domain ? "" : ` (${at})`;
    const fix = "set PILOT_LIGHT_PRODUCTION_DOMAIN to the host behind the proxy, or give --allow-production";
    return {
      place: "unknown",
      reason: `${domain} is behind ${proxy}'s proxy${where}, which hides where it points: ${fix}`,
    };
  }
  return undefined;
}

const label = /^[a-z0-9_](?:[a-z0-9_-]{0,61}[a-z0-9_])?$/;

/** Whether DNS can have this name: letters, digits and hyphens; other letters are encoded as `xn--`. */
function isDomainName(name: string): boolean {
  return name.length <= 253 && name.split(".").every((part) => label.test(part));
}

/** The domain and every name that it is an alias of, in order. */
async function followAliases(resolver: Resolver, domain: string): Promise<string[]> {
  const chain = [domain];
  while (chain.length <= longestChain) {
    const [next] = await resolver.resolveCname(chain.at(-1) ?? domain).catch(noRecords<string>);
    if (next === undefined) return chain;
    chain.push(normalize(next));
  }
  throw new Error(`more than ${longestChain} aliases`);
}

async function addressesOf(resolver: Resolver, name: string): Promise<string[]> {
  const [four, six] = await Promise.all([
    resolver.resolve4(name).catch(noRecords<string>),
    resolver.resolve6(name).catch(noRecords<string>),
  ]);
  return [...four, ...six];
}

async function reverse(resolver: Resolver, address: string): Promise<string[]> {
  return (await resolver.reverse(address).catch(noRecords<string>)).map(normalize);
}

/** "No record of this kind" is an answer; a timeout or a refusal is not. */
function noRecords<T>(error: unknown): T[] {
  const code = error instanceof Error && "code" in error ? error.code : undefined;
  if (code === "ENODATA" || code === "ENOTFOUND") return [];
  throw error;
}

function normalize(name: string): string {
  const plain = name.trim().toLowerCase().replace(/\.$/, "");
  // `domainToASCII` returns "" for a text that is not a domain name: the message then shows the text as it was given.
  return domainToASCII(plain) || plain;
}
