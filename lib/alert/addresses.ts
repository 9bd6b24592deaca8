/**
 * Which IP addresses are global.
 *
 * @module
 */
import ipaddr from "ipaddr.js";

/**
 * Whether an address is global in the sense of IANA's special-purpose address
 * registries. Multicast groups are not.
 *
 * @param address An address in its normal form.
 *
 * @example
 * ```ts
 * import { assertEquals } from "@std/assert";
 *
 * assertEquals(isGlobal("8.8.8.8"), true);
 * assertEquals(isGlobal("192.168.0.1"), false);
 * assertEquals(isGlobal("2001:db8::1"), false);
 * ```
 *
 * @see https://www.iana.org/assignments/iana-ipv4-special-registry
 * @see https://www.iana.org/assignments/iana-ipv6-special-registry
 */
export function isGlobal(address: string): boolean {
  const kind = address.includes(":") ? "ipv6" : "ipv4";
  const parsed = PARSERS[kind].parse(address);
  const { global, special } = rangesOf(kind);
  // The first range that holds the address decides.
  return ipaddr.subnetMatch(parsed, { global, special }, "global") === "global";
}

/** ipaddr.parse() tries both, and throws on the way: that is slow. */
const PARSERS = { ipv4: ipaddr.IPv4, ipv6: ipaddr.IPv6 };

/** Parsed when they are needed, and those of one kind alone. */
function rangesOf(kind: "ipv4" | "ipv6"): Ranges {
  const parse = (range: string): Range => PARSERS[kind].parseCIDR(range);
  return parsedRanges[kind] ??= {
    global: GLOBAL_RANGES[kind].map(parse),
    special: SPECIAL_RANGES[kind].map(parse),
  };
}

/** A network: its start, and how many bits of it count. */
export type Range = [ipaddr.IPv4 | ipaddr.IPv6, number];

interface Ranges {
  readonly global: Range[];
  readonly special: Range[];
}

const parsedRanges: { ipv4?: Ranges; ipv6?: Ranges } = {};

/** What the registries call global inside of what they do not. */
const GLOBAL_RANGES = {
  ipv4: [
    "192.0.0.9/32",
    "192.0.0.10/32",
  ],
  ipv6: [
    "2001:1::1/128",
    "2001:1::2/128",
    "2001:1::3/128",
    "2001:3::/32",
    "2001:4:112::/48",
    "2001:20::/28",
    "2001:30::/28",
  ],
};

/** What the registries do not call global, and the multicast blocks. */
const SPECIAL_RANGES = {
  ipv4: [
    "0.0.0.0/8",
    "10.0.0.0/8",
    "100.64.0.0/10",
    "127.0.0.0/8",
    "169.254.0.0/16",
    "172.16.0.0/12",
    "192.0.0.0/24",
    "192.0.2.0/24",
    "192.168.0.0/16",
    "198.18.0.0/15",
    "198.51.100.0/24",
    "203.0.113.0/24",
    "224.0.0.0/4",
    "240.0.0.0/4",
  ],
  ipv6: [
    "::/128",
    "::1/128",
    "64:ff9b:1::/48",
    "100::/64",
    "100:0:0:1::/64",
    "2001::/23",
    "2001:db8::/32",
    "3fff::/20",
    "5f00::/16",
    "fc00::/7",
    "fe80::/10",
    "ff00::/8",
  ],
};
