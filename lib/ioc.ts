/**
 * Indicators of compromise (IoCs): their kinds, their normal form, and which
 * of an alert's values are worth asking for.
 *
 * The alert's side and OpenCTI's side are both brought to the normal form by
 * {@linkcode normalize} before they are compared.
 *
 * @example
 * ```ts
 * import { assertEquals } from "@std/assert";
 *
 * assertEquals(toIoc({ kind: "host", text: "WWW.Evil.example.", field: "a" }), {
 *   kind: "domain",
 *   value: "www.evil.example",
 *   spellings: ["www.evil.example"],
 *   field: "a",
 * });
 * ```
 *
 * @module
 */
import ipaddr from "ipaddr.js";

/** The kinds of IoC that are asked for. */
export type IocKind =
  | "sha256"
  | "sha1"
  | "md5"
  | "ipv4"
  | "ipv6"
  | "domain"
  | "url";

/** What a text of an alert, a pattern or an observable is read as. */
export type TextKind = "sha256" | "sha1" | "md5" | "address" | "host" | "url";

/** What OpenCTI and STIX call a kind of IoC. */
interface KindNames {
  /** What a value of theirs is read as. */
  readonly textKind: TextKind;
  /** The filter key of observables. */
  readonly filterKey: string;
  readonly observableTypes: readonly string[];
  /** The object paths of STIX patterns that name it, each a way to write it. */
  readonly stixPaths: readonly string[];
}

const FILE_TYPES = ["StixFile", "Artifact"];

/** What OpenCTI and STIX call each kind of IoC. */
export const KINDS: Readonly<Record<IocKind, KindNames>> = {
  sha256: {
    textKind: "sha256",
    filterKey: "hashes.SHA-256",
    observableTypes: FILE_TYPES,
    stixPaths: ["file:hashes.'SHA-256'"],
  },
  sha1: {
    textKind: "sha1",
    filterKey: "hashes.SHA-1",
    observableTypes: FILE_TYPES,
    stixPaths: ["file:hashes.'SHA-1'"],
  },
  md5: {
    textKind: "md5",
    filterKey: "hashes.MD5",
    observableTypes: FILE_TYPES,
    // Older writers quoted it.
    stixPaths: ["file:hashes.MD5", "file:hashes.'MD5'"],
  },
  ipv4: {
    textKind: "address",
    filterKey: "value",
    observableTypes: ["IPv4-Addr"],
    stixPaths: ["ipv4-addr:value"],
  },
  ipv6: {
    textKind: "address",
    filterKey: "value",
    observableTypes: ["IPv6-Addr"],
    stixPaths: ["ipv6-addr:value"],
  },
  domain: {
    textKind: "host",
    filterKey: "value",
    observableTypes: ["Domain-Name", "Hostname"],
    stixPaths: ["domain-name:value", "hostname:value"],
  },
  url: {
    textKind: "url",
    filterKey: "value",
    observableTypes: ["Url"],
    stixPaths: ["url:value"],
  },
};

/** A kind and a value in its normal form: equal if both are equal. */
export interface NormalValue {
  readonly kind: IocKind;
  readonly value: string;
}

/** An IoC of an alert. */
export interface Ioc extends NormalValue {
  /** All the ways that OpenCTI may have stored the value, for the question. */
  readonly spellings: readonly string[];
  /** Where in the alert it was found. */
  readonly field: string;
}

/** A text of an alert that may be an IoC. */
export interface Candidate {
  readonly kind: TextKind;
  readonly text: string;
  /** Where in the alert it was found. */
  readonly field: string;
}

/** A text of an alert that is not asked for, and why. */
export interface PassedOver {
  readonly text: string;
  readonly field: string;
  readonly reason: string;
}

const HASH_DIGITS = { sha256: 64, sha1: 40, md5: 32 } as const;

const EMPTY_FILE_HASHES: ReadonlySet<string> = new Set([
  "e3b0c44298fc1c149afbf4c8996fb92427ae41e4649b934ca495991b7852b855",
  "da39a3ee5e6b4b0d3255bfef95601890afd80709",
  "d41d8cd98f00b204e9800998ecf8427e",
]);

/** Longer texts are no IoC but a way to make the question too large. */
const MAX_TEXT_LENGTH = 4096;

/** An IoC is asked for in so many spellings at the most. */
export const MAX_SPELLINGS = 4;

/**
 * Brings a text to the normal form of its kind, `undefined` if it is not of
 * that kind. Hashes, domains and the host of a URL become lower-case; an
 * address loses a prefix length that says "one address"; an IPv4-mapped IPv6
 * address becomes the IPv4 address; a host is an address or else a domain,
 * without the final dot; a URL loses its default port, its user and password,
 * and what follows a `#`.
 *
 * @example
 * ```ts
 * import { assertEquals } from "@std/assert";
 *
 * assertEquals(normalize("address", "::ffff:1.2.3.4"), {
 *   kind: "ipv4",
 *   value: "1.2.3.4",
 * });
 * assertEquals(normalize("url", "HTTP://Evil.example:80/A?b"), {
 *   kind: "url",
 *   value: "http://evil.example/A?b",
 * });
 * assertEquals(normalize("host", "localhost"), undefined);
 * ```
 */
export function normalize(
  kind: TextKind,
  text: string,
): NormalValue | undefined {
  if (text.length > MAX_TEXT_LENGTH) return undefined;
  const trimmed = text.trim();
  switch (kind) {
    case "address":
      return normalizeAddress(trimmed);
    case "host":
      return normalizeAddress(trimmed) ?? normalizeDomain(trimmed);
    case "url":
      return normalizeUrl(trimmed);
    default: {
      const value = trimmed.toLowerCase();
      return value.length === HASH_DIGITS[kind] && /^[0-9a-f]+$/.test(value)
        ? { kind, value }
        : undefined;
    }
  }
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
  specialRanges ??= {
    global: GLOBAL_RANGES.map((range) => ipaddr.parseCIDR(range)),
    special: SPECIAL_RANGES.map((range) => ipaddr.parseCIDR(range)),
  };
  // The first range that holds the address decides.
  return ipaddr.subnetMatch(ipaddr.parse(address), specialRanges, "global") ===
    "global";
}

/**
 * Takes a text of an alert for the IoC that it is, or says why it is not asked
 * for.
 *
 * @example
 * ```ts
 * import { assertEquals } from "@std/assert";
 *
 * const srcip = { kind: "address", text: "10.0.0.1", field: "srcip" } as const;
 * assertEquals(toIoc(srcip), {
 *   text: "10.0.0.1",
 *   field: "srcip",
 *   reason: "not a global address",
 * });
 * ```
 */
export function toIoc(candidate: Candidate): Ioc | PassedOver {
  const { kind, field } = candidate;
  const text = plainText(kind, candidate.text);
  const normal = normalize(kind, text);
  const reason = normal === undefined
    ? whyNot(kind, text)
    : whyNotWorthAsking(normal);
  if (normal === undefined || reason !== undefined) {
    return { text: candidate.text, field, reason: reason ?? "" };
  }
  return { ...normal, spellings: spellingsOf(normal, text), field };
}

/**
 * Takes off what only alerts write around a value: the port of an address or a
 * host, an address's brackets and zone, the `*.` of a certificate's name.
 */
function plainText(kind: TextKind, text: string): string {
  const trimmed = text.trim();
  if (kind !== "address" && kind !== "host") return trimmed;
  if (trimmed.length > MAX_TEXT_LENGTH) return trimmed;
  const withoutPort = trimmed
    .replace(/^\[([^\]]*)\](?::\d{1,5})?$/, "$1")
    .replace(/^([^:]+):\d{1,5}$/, "$1");
  return withoutPort.replace(/%[\w.-]+$/, "").replace(/^\*\./, "");
}

/** Says what is wrong with a text that has no normal form. */
function whyNot(kind: TextKind, text: string): string {
  if (text.length > MAX_TEXT_LENGTH) {
    return `longer than ${MAX_TEXT_LENGTH} characters`;
  }
  switch (kind) {
    case "address":
      return "not an IP address";
    case "host":
      return "no IP address, and no domain with a dot in it";
    case "url":
      return "not a URL of http, https or ftp";
    default:
      return `not a ${kind} hash`;
  }
}

function whyNotWorthAsking({ kind, value }: NormalValue): string | undefined {
  if ((kind === "ipv4" || kind === "ipv6") && !isGlobal(value)) {
    return "not a global address";
  }
  if (kind === "url") {
    const hostname = urlOf(value)?.hostname ?? "";
    const host = normalize("host", plainText("host", hostname));
    return host === undefined ? whyNot("host", value) : whyNotWorthAsking(host);
  }
  if (EMPTY_FILE_HASHES.has(value)) return "the hash of an empty file";
  return undefined;
}

function normalizeAddress(text: string): NormalValue | undefined {
  const bare = text.replace(/^([\d.]+)\/32$|^([\da-f:.]+)\/128$/i, "$1$2");
  // isValid() alone also takes what only C's inet_aton() does: "1", "0x7f.1".
  if (ipaddr.IPv4.isValidFourPartDecimal(bare)) {
    return { kind: "ipv4", value: bare };
  }
  // It takes "::1.2.3.4" for IPv4-mapped, and keeps a zone.
  if (/^::\d+\.|%/.test(bare) || !ipaddr.IPv6.isValid(bare)) return undefined;
  const address = ipaddr.IPv6.parse(bare);
  return address.isIPv4MappedAddress()
    ? { kind: "ipv4", value: address.toIPv4Address().toString() }
    : { kind: "ipv6", value: address.toRFC5952String() };
}

function normalizeDomain(text: string): NormalValue | undefined {
  const written = text.toLowerCase().replace(/\.$/, "");
  const value = isAscii(written) ? written : toAscii(written);
  const labels = value.split(".");
  return value.length <= 253 && labels.length > 1 &&
      labels.every((label) => /^[a-z0-9_-]{1,63}$/.test(label)) &&
      /[a-z]/.test(labels.at(-1) ?? "")
    ? { kind: "domain", value }
    : undefined;
}

function isAscii(text: string): boolean {
  return !/[^\0-\x7f]/.test(text);
}

/** The form that DNS has for a name with letters beyond ASCII. */
function toAscii(name: string): string {
  return /[\s/?#@\\:]/.test(name)
    ? ""
    : urlOf(`http://${name}`)?.hostname ?? "";
}

function normalizeUrl(text: string): NormalValue | undefined {
  if (!/^(?:https?|ftp):\/\//i.test(text)) return undefined;
  const url = urlOf(text);
  if (url === undefined || url.hostname.includes("*")) return undefined;
  url.username = "";
  url.password = "";
  url.hash = "";
  url.hostname = url.hostname.replace(/\.$/, "");
  return url.href.length <= MAX_TEXT_LENGTH
    ? { kind: "url", value: url.href }
    : undefined;
}

function urlOf(text: string): URL | undefined {
  return URL.parse(text) ?? undefined;
}

/**
 * OpenCTI keeps IPv6 addresses and URLs as they came, so that each form that is
 * usual must be asked for. It ignores case.
 */
function spellingsOf(normal: NormalValue, text: string): readonly string[] {
  const { kind, value } = normal;
  switch (kind) {
    case "ipv6":
      return [value, exploded(value)];
    case "domain": {
      const written = text.toLowerCase().replace(/\.$/, "");
      return isAscii(written) ? [value] : [value, written];
    }
    case "url":
      return urlSpellings(value, text);
    default:
      return [value];
  }
}

function exploded(address: string): string {
  return ipaddr.IPv6.parse(address).parts
    .map((part) => part.toString(16).padStart(4, "0"))
    .join(":");
}

function urlSpellings(value: string, text: string): readonly string[] {
  const [origin = "", scheme = ""] = /^([a-z]+):\/\/[^/?#]+/.exec(value) ?? [];
  const path = value.slice(origin.length);
  const port = { http: 80, https: 443, ftp: 21 }[scheme];
  const hasUser = /^[a-z]+:\/\/[^/?#]*@/i.test(text);
  const spellings = [
    value,
    ...path === "/" ? [origin] : [],
    ...hasUser ? [] : [text],
    ...port === undefined || /:\d+$/.test(origin)
      ? []
      : [`${origin}:${port}${path}`],
  ];
  // OpenCTI ignores case.
  const byLetters = new Map(
    spellings.toReversed().map((one) => [one.toLowerCase(), one]),
  );
  return [...byLetters.values()].toReversed();
}

type Range = [ipaddr.IPv4 | ipaddr.IPv6, number];

let specialRanges: { global: Range[]; special: Range[] } | undefined;

/** What the registries call global inside of what they do not. */
const GLOBAL_RANGES = [
  "192.0.0.9/32",
  "192.0.0.10/32",
  "2001:1::1/128",
  "2001:1::2/128",
  "2001:1::3/128",
  "2001:3::/32",
  "2001:4:112::/48",
  "2001:20::/28",
  "2001:30::/28",
];

/** What the registries do not call global, and the multicast blocks. */
const SPECIAL_RANGES = [
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
];
