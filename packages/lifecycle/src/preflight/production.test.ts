import type { Answer } from "dns-packet";
import { afterAll, beforeAll, expect, test } from "vitest";
import { whereIsProduction } from "./production.ts";
import { startDnsServer, type DnsServer } from "../testing/dns-server.ts";

const alb = "dev-shop-alb-1.eu-west-1.elb.amazonaws.com";
const cdn = "d1.cloudfront.net";
const ours = [alb, cdn];
const a = (name: string, data: string): Answer => ({ type: "A", name, data });
const alias = (name: string, data: string): Answer => ({ type: "CNAME", name, data });

let server: DnsServer;
beforeAll(async () => {
  server = await startDnsServer({
    answers: [
      a("d1.cloudfront.net", "192.0.2.1"),
      a(alb, "192.0.2.2"),
      alias("www.chain.test", "edge.chain.test"),
      alias("edge.chain.test", "D1.cloudfront.net"),
      a("apex-alb.test", "192.0.2.2"),
      a("apex-edge.test", "192.0.2.50"),
      { type: "PTR", name: "50.2.0.192.in-addr.arpa", data: "server-192-0-2-50.fra50.r.cloudfront.net" },
      alias("www.elsewhere.test", "cname.host.test"),
      a("cname.host.test", "198.51.100.7"),
      a("proxied.test", "104.21.8.1"),
      { type: "AAAA", name: "proxied-six.test", data: "2606:4700:3033::6815:801" },
      alias("www.proxied.test", "www.proxied.test.cdn.cloudflare.net"),
      a("www.proxied.test.cdn.cloudflare.net", "192.0.2.60"),
      a("below.test", "104.15.255.255"),
      alias("www.fastly.test", "shop.map.fastly.net"),
      a("shop.map.fastly.net", "151.101.1.57"),
      alias("www.akamai.test", "www.akamai.test.edgekey.net"),
      a("www.akamai.test.edgekey.net", "192.0.2.61"),
      a("xn--bcher-kva.test", "198.51.100.8"),
      alias("loop-a.test", "loop-b.test"),
      alias("loop-b.test", "loop-a.test"),
    ],
    silent: ["silent.test"],
    broken: ["broken.test"],
  });
});
afterAll(() => server[Symbol.asyncDispose]());

const ask = (domains: string | undefined, names: readonly string[] = ours) =>
  whereIsProduction(
    { PILOT_LIGHT_PRODUCTION_DOMAIN: domains, PILOT_LIGHT_DNS_SERVERS: server.address },
    names,
    new AbortController().signal,
  );

test.each([
  ["www.chain.test", "here", "an alias of an alias of the CDN"],
  ["apex-alb.test", "here", "an address of the load balancer"],
  ["apex-edge.test", "unknown", "an address of some CDN edge"],
  ["www.elsewhere.test", "elsewhere", "an alias of another host"],
  ["WWW.Elsewhere.test.", "elsewhere", "upper case and a dot at the end"],
  ["www.elsewhere.test, www.chain.test", "here", "the worst of several answers"],
  ["proxied.test", "unknown", "an address of Cloudflare's proxy, which hides where it points"],
  ["proxied-six.test", "unknown", "the same with IPv6"],
  ["www.proxied.test", "unknown", "an alias into Cloudflare's proxy"],
  ["www.fastly.test", "unknown", "an address of Fastly"],
  ["www.akamai.test", "unknown", "an alias into Akamai"],
  ["below.test", "elsewhere", "the last address before one of Cloudflare's ranges"],
  ["bücher.test", "elsewhere", "a domain with other letters than DNS knows"],
  ["missing.test", "unknown", "a name that does not exist"],
  ["broken.test", "unknown", "a server that fails"],
  ["loop-a.test", "unknown", "aliases in a circle"],
  ["none", "elsewhere", "no production at all"],
])("%s is %s: %s", async (domains, place, why) => {
  expect(await ask(domains), why).toMatchObject({ place });
});

test("without PILOT_LIGHT_PRODUCTION_DOMAIN the answer is unknown, with that reason", async () => {
  expect(await ask(undefined)).toMatchObject({ place: "unknown", isUnset: true });
});

test("the reason for a proxied domain names the proxy, the variable and the flag", async () => {
  const { reason } = await ask("proxied.test");
  expect(reason).toContain("behind Cloudflare's proxy (104.21.8.1), which hides where it points");
  expect(reason).toContain("PILOT_LIGHT_PRODUCTION_DOMAIN");
  expect(reason).toContain("--allow-production");
});

test("the host behind the proxy, named instead of the domain, is an answer", async () => {
  expect(await ask("cname.host.test")).toMatchObject({ place: "elsewhere" });
  expect(await ask("d1.cloudfront.net")).toMatchObject({ place: "here" });
});

test.each([
  "exa mple.com",
  "www..example.com",
  "https://www.example.com",
  "-a.test",
  `${"a".repeat(64)}.test`,
])("%s is not a domain name", async (domain) => {
  const reason = `"${domain}" in PILOT_LIGHT_PRODUCTION_DOMAIN is not a domain name`;
  expect(await ask(domain)).toEqual({ place: "unknown", reason });
});

test("a server that does not answer leaves the answer unknown", async () => {
  expect(await ask("silent.test")).toMatchObject({ place: "unknown" });
});

test("an environment without a public address cannot serve production", async () => {
  expect(await ask("www.chain.test", [])).toMatchObject({
    place: "elsewhere",
  });
});

test("DNS servers that are not addresses are refused", async () => {
  const environment = { PILOT_LIGHT_PRODUCTION_DOMAIN: "a.test", PILOT_LIGHT_DNS_SERVERS: "nowhere" };
  await expect(whereIsProduction(environment, ours, new AbortController().signal)).rejects.toMatchObject({
    code: "DNS_SERVERS_INVALID",
  });
});
