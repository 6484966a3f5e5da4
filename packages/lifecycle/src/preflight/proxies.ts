/** Proxies that answer for a domain with their own addresses and names, so that DNS does not show where the domain points. */
import { BlockList, isIP } from "node:net";

interface Proxy {
  name: string;
  /** Published address ranges. */
  ranges: readonly string[];
  /** Endings of the host names to which domains are aliases. */
  suffixes: readonly string[];
}

const proxies: readonly Proxy[] = [
  {
    name: "Cloudflare",
    // https://www.cloudflare.com/ips/
    ranges: [
      ...["173.245.48.0/20", "103.21.244.0/22", "103.22.200.0/22", "103.31.4.0/22", "141.101.64.0/18"],
      ...["108.162.192.0/18", "190.93.240.0/20", "188.114.96.0/20", "197.234.240.0/22", "198.41.128.0/17"],
      ...["162.158.0.0/15", "104.16.0.0/13", "104.24.0.0/14", "172.64.0.0/13", "131.0.72.0/22"],
      ...["2400:cb00::/32", "2606:4700::/32", "2803:f800::/32", "2405:b500::/32", "2405:8100::/32"],
      ...["2a06:98c0::/29", "2c0f:f248::/32"],
    ],
    suffixes: [".cdn.cloudflare.net"],
  },
  {
    name: "Fastly",
    // https://api.fastly.com/public-ip-list
    ranges: [
      ...["23.235.32.0/20", "43.249.72.0/22", "103.244.50.0/24", "103.245.222.0/23", "103.245.224.0/24"],
      ...["104.156.80.0/20", "140.248.64.0/18", "140.248.128.0/17", "146.75.0.0/17", "151.101.0.0/16"],
      ...["157.52.64.0/18", "167.82.0.0/17", "167.82.128.0/20", "167.82.160.0/20", "167.82.224.0/20"],
      ...["172.111.64.0/18", "185.31.16.0/22", "199.27.72.0/21", "199.232.0.0/16"],
      ...["2a04:4e40::/32", "2a04:4e42::/32"],
    ],
    suffixes: [".fastly.net", ".fastlylb.net"],
  },
  {
    // Its servers are in the networks of other companies: there is no list of addresses.
    name: "Akamai",
    ranges: [],
    suffixes: [".edgekey.net", ".edgesuite.net", ".akamaiedge.net", ".akamai.net", ".akamaized.net"],
  },
];

const lists = proxies.map(({ name, ranges }) => ({ name, list: blockList(ranges) }));

function blockList(ranges: readonly string[]): BlockList {
  const list = new BlockList();
  for (const range of ranges) {
    const [network = "", bits] = range.split("/");
    list.addSubnet(network, Number(bits), family(network));
  }
  return list;
}

function family(address: string): "ipv4" | "ipv6" {
  return isIP(address) === 6 ? "ipv6" : "ipv4";
}

/** Name of the proxy that an address belongs to. */
export function proxyOfAddress(address: string): string | undefined {
  if (isIP(address) === 0) return undefined;
  return lists.find(({ list }) => list.check(address, family(address)))?.name;
}

/** Name of the proxy that a host name belongs to. */
export function proxyOfName(name: string): string | undefined {
  return proxies.find(({ suffixes }) => suffixes.some((suffix) => name.endsWith(suffix)))?.name;
}
