/**
 * IP addresses: how they are read, and which are global.
 *
 * @module
 */

/** How many bits of an address are those of the network, in zeros and ones. */
export interface Network {
  readonly kind: "ipv4" | "ipv6";
  /** As it is written: 10.0.0.0/8 */
  readonly name: string;
  readonly prefix: string;
}

/**
 * The normal form of an IPv4 address: four decimal numbers. What only C's
 * inet_aton() takes for one (`1`, `0x7f.1`, `010.1.2.3`) is none. An IPv6
 * address that only writes an IPv4 address is that: mapped, compatible,
 * translated, and NAT64's.
 *
 * @see https://www.rfc-editor.org/rfc/rfc4291#section-2.5.5
 * @see https://www.rfc-editor.org/rfc/rfc6052#section-2.1
 * @see https://www.rfc-editor.org/rfc/rfc7915
 *
 * @example
 * ```ts
 * import { assertEquals } from "@std/assert";
 *
 * assertEquals(readIpv4("1.2.3.4"), "1.2.3.4");
 * assertEquals(readIpv4("1.2.3.4/32"), "1.2.3.4");
 * assertEquals(readIpv4("::ffff:1.2.3.4"), "1.2.3.4");
 * assertEquals(readIpv4("64:ff9b::102:304"), "1.2.3.4");
 * assertEquals(readIpv4("1.2.3"), undefined);
 * ```
 */
export function readIpv4(text: string): string | undefined {
  const bare = text.endsWith("/32") ? text.slice(0, -3) : text;
  if (numberOf(bare) !== undefined) return bare;
  const address = canonical(text);
  return address && ipv4Written(address);
}

/**
 * The normal form of an IPv6 address, as in RFC 5952. One that only writes an
 * IPv4 address is an IPv4 address.
 *
 * @example
 * ```ts
 * import { assertEquals } from "@std/assert";
 *
 * assertEquals(readIpv6("2A00:1450:0:0::1/128"), "2a00:1450::1");
 * assertEquals(readIpv6("::ffff:1.2.3.4"), undefined);
 * ```
 */
export function readIpv6(text: string): string | undefined {
  const address = canonical(text);
  return address !== undefined && ipv4Written(address) === undefined
    ? address
    : undefined;
}

/**
 * The IPv4 address of the machine that an IPv6 address was made for by a tunnel
 * (6to4, Teredo, ISATAP), `undefined` if it is none of these.
 *
 * @param address In its normal form.
 *
 * @see https://www.rfc-editor.org/rfc/rfc3056#section-2
 * @see https://www.rfc-editor.org/rfc/rfc4380#section-4
 * @see https://www.rfc-editor.org/rfc/rfc5214#section-6.1
 *
 * @example
 * ```ts
 * import { assertEquals } from "@std/assert";
 *
 * assertEquals(tunnelledIpv4("2002:102:304::1"), "1.2.3.4");
 * assertEquals(tunnelledIpv4("2001:0:4136:e378:8000:63bf:fefd:fcfb"), "1.2.3.4");
 * assertEquals(tunnelledIpv4("2a00::5efe:102:304"), "1.2.3.4");
 * assertEquals(tunnelledIpv4("2a00::1"), undefined);
 * ```
 */
export function tunnelledIpv4(address: string): string | undefined {
  return tunnelledIn(partsOf(address) ?? []);
}

function tunnelledIn(parts: readonly number[]): string | undefined {
  const [first, second, third] = parts;
  if (first === 0x2002) return ipv4Of([second, third]);
  if (first === 0x2001 && second === 0) {
    return ipv4Of(parts.slice(6).map((part) => part ^ 0xffff));
  }
  const isIsatap = parts[5] === 0x5efe &&
    (parts[4] === 0 || parts[4] === 0x200);
  return isIsatap ? ipv4Of(parts.slice(6)) : undefined;
}

/**
 * An IPv6 address with all its digits.
 *
 * @param address In its normal form.
 *
 * @example
 * ```ts
 * import { assertEquals } from "@std/assert";
 *
 * assertEquals(exploded("2a00::1"), "2a00:0000:0000:0000:0000:0000:0000:0001");
 * ```
 */
export function exploded(address: string): string {
  return (partsOf(address) ?? [])
    .map((part) => part.toString(16).padStart(4, "0")).join(":");
}

/** The number that an IPv4 address stands for. */
function numberOf(text: string): number | undefined {
  let number = 0;
  let part = -1;
  let dots = 0;
  // Called for each field that may be an address: a regular expression is slow.
  for (let at = 0; at < text.length; at++) {
    const code = text.charCodeAt(at);
    if (code === DOT) {
      if (part === -1) return undefined;
      number = number * 256 + part;
      part = -1;
      dots++;
    } else if (code >= ZERO && code <= ZERO + 9 && part !== 0) {
      part = (part === -1 ? 0 : part * 10) + code - ZERO;
      if (part > 255) return undefined;
    } else return undefined;
  }
  return dots === 3 && part !== -1 ? number * 256 + part : undefined;
}

const DOT = 46;
const ZERO = 48;

/**
 * The URL parser of the runtime reads IPv6 addresses, and writes them as RFC
 * 5952 does, but for mapped ones.
 *
 * @see https://url.spec.whatwg.org/#concept-ipv6-serializer
 */
function canonical(text: string): string | undefined {
  const bare = text.endsWith("/128") ? text.slice(0, -4) : text;
  if (
    !bare.includes(":") || bare.length > 45 || !/^[\da-f:.]+$/i.test(bare)
  ) return undefined;
  // An address is read several times in turn: as either kind, then its parts.
  if (last?.bare !== bare) {
    const written = URL.parse(`http://[${bare}]/`)?.hostname.slice(1, -1);
    last = { bare, written };
  }
  return last.written;
}

let last:
  | { readonly bare: string; readonly written: string | undefined }
  | undefined;

/** The eight numbers of an IPv6 address. */
function partsOf(text: string): readonly number[] | undefined {
  const [start = "", end] = canonical(text)?.split("::") ?? [];
  if (start === "" && end === undefined) return undefined;
  const before = groupsIn(start);
  const after = groupsIn(end ?? "");
  const zeros = 8 - before.length - after.length;
  return [...before, ...new Array<number>(zeros).fill(0), ...after];
}

function groupsIn(text: string): readonly number[] {
  return text === "" ? [] : text.split(":").map((part) => parseInt(part, 16));
}

/** The IPv4 address that an IPv6 address is a way to write. */
function ipv4Written(address: string): string | undefined {
  // ::1.2.3.4, ::ffff:1.2.3.4, ::ffff:0:1.2.3.4, 64:ff9b::1.2.3.4
  if (!/^(?:::|64:ff9b::)/.test(address)) return undefined;
  const parts = partsOf(address) ?? [];
  const start = parts.slice(0, 6).map((part) => part.toString(16)).join(":");
  return WRITTEN_IPV4.has(start) && (start !== COMPATIBLE || parts[6] !== 0)
    ? ipv4Of(parts.slice(6))
    : undefined;
}

/** Of `::` and `::1`, too, which are no IPv4 addresses. */
const COMPATIBLE = "0:0:0:0:0:0";

const WRITTEN_IPV4: ReadonlySet<string> = new Set([
  COMPATIBLE,
  "0:0:0:0:0:ffff",
  "0:0:0:0:ffff:0",
  "64:ff9b:0:0:0:0",
]);

function ipv4Of(parts: readonly (number | undefined)[]): string {
  return parts.flatMap((part = 0) => [part >> 8, part & 255]).join(".");
}

/**
 * Reads a network.
 *
 * @example
 * ```ts
 * import { assertEquals } from "@std/assert";
 *
 * assertEquals(readNetwork("10.0.0.0/8")?.prefix, "00001010");
 * assertEquals(readNetwork("10.0.0.0"), undefined);
 * ```
 */
export function readNetwork(text: string): Network | undefined {
  const [, address = "", length = ""] = /^([^/]+)\/(\d{1,3})$/.exec(text) ?? [];
  const bits = bitsOf(address);
  if (bits === undefined || Number(length) > bits.length) return undefined;
  return {
    kind: bits.length === 32 ? "ipv4" : "ipv6",
    name: text,
    prefix: bits.slice(0, Number(length)),
  };
}

/**
 * An address in zeros and ones.
 *
 * @example
 * ```ts
 * import { assertEquals } from "@std/assert";
 *
 * assertEquals(bitsOf("255.0.0.1"), "11111111000000000000000000000001");
 * assertEquals(bitsOf("::1")?.length, 128);
 * ```
 */
export function bitsOf(address: string): string | undefined {
  const number = numberOf(address);
  return number === undefined
    ? partsOf(address)?.map((part) => inBits(part, 16)).join("")
    : inBits(number, 32);
}

function inBits(number: number, length: number): string {
  return number.toString(2).padStart(length, "0");
}

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
  const number = numberOf(address);
  if (number === undefined) return isGlobalIpv6(address);
  ranges4 ??= {
    global: GLOBAL_RANGES.ipv4.map(rangeOf),
    special: SPECIAL_RANGES.ipv4.map(rangeOf),
  };
  const holds = ({ first, last }: NumberRange) =>
    first <= number && number <= last;
  return ranges4.global.some(holds) || !ranges4.special.some(holds);
}

function isGlobalIpv6(address: string): boolean {
  prefixes6 ??= {
    global: GLOBAL_RANGES.ipv6.map(prefixOf),
    special: SPECIAL_RANGES.ipv6.map(prefixOf),
  };
  const parts = partsOf(address) ?? [];
  const behind = tunnelledIn(parts);
  if (behind !== undefined && !isGlobal(behind)) return false;
  const bits = parts.map((part) => inBits(part, 16)).join("");
  const holds = (prefix: string) => bits.startsWith(prefix);
  return prefixes6.global.some(holds) || !prefixes6.special.some(holds);
}

interface NumberRange {
  readonly first: number;
  readonly last: number;
}

function rangeOf(network: string): NumberRange {
  const prefix = prefixOf(network);
  return {
    first: parseInt(prefix.padEnd(32, "0"), 2),
    last: parseInt(prefix.padEnd(32, "1"), 2),
  };
}

function prefixOf(network: string): string {
  return readNetwork(network)?.prefix ?? "";
}

/** Made when they are needed, and those of one kind alone. */
let ranges4: Ranges<NumberRange> | undefined;
let prefixes6: Ranges<string> | undefined;

interface Ranges<Range> {
  readonly global: readonly Range[];
  readonly special: readonly Range[];
}

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
    "fec0::/10",
    "ff00::/8",
  ],
};
