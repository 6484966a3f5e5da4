import type { Answer } from "dns-packet";
import { afterAll, beforeAll, expect, test } from "vitest";
import { whereIsProduction } from "./production.ts";
import { startDnsServer, type DnsServer } from "./testing/dns-server.ts";

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
  ["missing.test", "unknown", "a name that does not exist"],
  ["broken.test", "unknown", "a server that fails"],
  ["loop-a.test", "unknown", "aliases that go round"],
  ["none", "elsewhere", "no production at all"],
])("%s is %s: %s", async (domains, place, why) => {
  expect(await ask(domains), why).toMatchObject({ place });
});

test("no domain that anybody has named is unknown, and said to be so", async () => {
  expect(await ask(undefined)).toMatchObject({ place: "unknown", isUnsaid: true });
});

test("a server that does not answer is no answer", { timeout: 60_000 }, async () => {
  expect(await ask("silent.test")).toMatchObject({ place: "unknown" });
});

test("an environment without a public address cannot serve production", async () => {
  expect(await ask("www.chain.test", [])).toMatchObject({
    place: "elsewhere",
  });
});

test("addresses of DNS servers that are none are refused", async () => {
  const environment = { PILOT_LIGHT_PRODUCTION_DOMAIN: "a.test", PILOT_LIGHT_DNS_SERVERS: "nowhere" };
  await expect(whereIsProduction(environment, ours, new AbortController().signal)).rejects.toMatchObject({
    code: "DNS_SERVERS_INVALID",
  });
});
