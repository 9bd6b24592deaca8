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

/** The kinds of IoC. */
export type IocKind =
  | "sha512"
  | "sha256"
  | "sha1"
  | "md5"
  | "ipv4"
  | "ipv6"
  | "domain"
  | "hostname"
  | "url"
  | "email"
  | "user_agent"
  | "mac";

/**
 * What a text of an alert, a pattern or an observable is read as: `hash` is a
 * hash of any kind, `address` an IP address, `host` an IP address or a domain,
 * `hostname` may also be a name without a dot.
 */
export type TextKind =
  | "sha512"
  | "sha256"
  | "sha1"
  | "md5"
  | "hash"
  | "address"
  | "host"
  | "hostname"
  | "url"
  | "email"
  | "user_agent"
  | "mac";

/** What a kind of IoC is, here, in STIX and in OpenCTI. */
interface Kind {
  /** What a value of theirs is read as. */
  readonly textKind: TextKind;
  /** The normal form, for people. */
  readonly normalForm: string;
  /** The filter key of observables. */
  readonly filterKey: string;
  readonly observableTypes: readonly string[];
  /** The object paths of STIX patterns that name it, each a way to write it. */
  readonly stixPaths: readonly string[];
}

const FILE_TYPES = ["StixFile", "Artifact"];
const HEX = "lower-case hexadecimal digits";

/** What each kind of IoC is, here, in STIX and in OpenCTI. */
export const KINDS: Readonly<Record<IocKind, Kind>> = {
  sha512: {
    textKind: "sha512",
    normalForm: `128 ${HEX}`,
    filterKey: "hashes.SHA-512",
    observableTypes: FILE_TYPES,
    stixPaths: ["file:hashes.'SHA-512'"],
  },
  sha256: {
    textKind: "sha256",
    normalForm: `64 ${HEX}`,
    filterKey: "hashes.SHA-256",
    observableTypes: FILE_TYPES,
    stixPaths: ["file:hashes.'SHA-256'"],
  },
  sha1: {
    textKind: "sha1",
    normalForm: `40 ${HEX}`,
    filterKey: "hashes.SHA-1",
    observableTypes: FILE_TYPES,
    stixPaths: ["file:hashes.'SHA-1'"],
  },
  md5: {
    textKind: "md5",
    normalForm: `32 ${HEX}`,
    filterKey: "hashes.MD5",
    observableTypes: FILE_TYPES,
    // Older writers quoted it.
    stixPaths: ["file:hashes.MD5", "file:hashes.'MD5'"],
  },
  ipv4: {
    textKind: "address",
    normalForm: "four decimal numbers; an IPv4-mapped IPv6 address too",
    filterKey: "value",
    observableTypes: ["IPv4-Addr"],
    stixPaths: ["ipv4-addr:value"],
  },
  ipv6: {
    textKind: "address",
    normalForm: "as in RFC 5952; asked for in full length too",
    filterKey: "value",
    observableTypes: ["IPv6-Addr"],
    stixPaths: ["ipv6-addr:value"],
  },
  domain: {
    textKind: "host",
    normalForm: "lower-case, with a dot in it but not at its end; " +
      "letters beyond ASCII as in DNS",
    filterKey: "value",
    observableTypes: ["Domain-Name", "Hostname"],
    stixPaths: ["domain-name:value", "hostname:value"],
  },
  hostname: {
    textKind: "hostname",
    normalForm: "lower-case, without a dot: with one, it is a domain",
    filterKey: "value",
    observableTypes: ["Hostname"],
    stixPaths: ["hostname:value"],
  },
  url: {
    textKind: "url",
    normalForm: "http, https or ftp, without user, password, default port " +
      "and fragment",
    filterKey: "value",
    observableTypes: ["Url"],
    stixPaths: ["url:value"],
  },
  email: {
    textKind: "email",
    normalForm: "lower-case",
    filterKey: "value",
    observableTypes: ["Email-Addr"],
    stixPaths: ["email-addr:value"],
  },
  user_agent: {
    textKind: "user_agent",
    normalForm: "as it is",
    filterKey: "value",
    observableTypes: ["User-Agent"],
    stixPaths: [
      "user-agent:value",
      "network-traffic:extensions.'http-request-ext'.request_header.'User-Agent'",
    ],
  },
  mac: {
    textKind: "mac",
    normalForm: "lower-case, joined by colons",
    filterKey: "value",
    observableTypes: ["Mac-Addr"],
    stixPaths: ["mac-addr:value"],
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
  /** The port that was spoken to, if it is an address. */
  readonly port?: string | undefined;
}

/** A text of an alert that is not asked for, and why. */
export interface PassedOver {
  readonly text: string;
  readonly field: string;
  readonly reason: string;
}

const HASH_DIGITS = { sha512: 128, sha256: 64, sha1: 40, md5: 32 } as const;

/** The kinds of hash, the strongest first. */
export const HASH_KINDS = ["sha512", "sha256", "sha1", "md5"] as const;

/** Longer texts are no IoC but a way to make the question too large. */
export const MAX_TEXT_LENGTH = 4096;

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
    case "hostname":
      return normalizeAddress(trimmed) ?? normalizeDomain(trimmed) ??
        normalizeHostname(trimmed);
    case "url":
      return normalizeUrl(trimmed);
    case "email":
      return normalizeEmail(trimmed);
    case "user_agent":
      return trimmed === "" ? undefined : { kind, value: trimmed };
    case "mac":
      return normalizeMac(trimmed);
    case "hash":
      return normalizeHash(trimmed);
    default: {
      const hash = normalizeHash(trimmed);
      return hash?.kind === kind ? hash : undefined;
    }
  }
}

function normalizeHash(text: string): NormalValue | undefined {
  const value = text.toLowerCase();
  if (!/^[0-9a-f]+$/.test(value)) return undefined;
  const kind = HASH_KINDS.find((kind) => HASH_DIGITS[kind] === value.length);
  return kind && { kind, value };
}

/**
 * Takes a text of an alert for the IoC that it is, or says why it is none.
 *
 * @example
 * ```ts
 * import { assertEquals } from "@std/assert";
 *
 * const srcip = { kind: "address", text: "eth0", field: "srcip" } as const;
 * assertEquals(toIoc(srcip), {
 *   text: "eth0",
 *   field: "srcip",
 *   reason: "not an IP address",
 * });
 * ```
 */
export function toIoc(candidate: Candidate): Ioc | PassedOver {
  const { kind, field } = candidate;
  const text = plainText(kind, candidate.text);
  const normal = normalize(kind, text);
  const reason = normal === undefined
    ? whyNot(kind, text)
    : hostOf(normal) === null
    ? whyNot("host", text)
    : undefined;
  if (normal === undefined || reason !== undefined) {
    return { text: candidate.text, field, reason: reason ?? "" };
  }
  return { ...normal, spellings: spellingsOf(normal, text), field };
}

/**
 * The address or domain that a value has in it: a URL's host, what follows the
 * `@` of an e-mail address; `null` if it has one that is neither, `undefined`
 * if values of its kind have none.
 *
 * @example
 * ```ts
 * import { assertEquals } from "@std/assert";
 *
 * assertEquals(hostOf({ kind: "url", value: "http://[2001:db8::1]/" }), {
 *   kind: "ipv6",
 *   value: "2001:db8::1",
 * });
 * assertEquals(hostOf({ kind: "url", value: "http://localhost/" }), null);
 * ```
 */
export function hostOf(
  { kind, value }: NormalValue,
): NormalValue | null | undefined {
  switch (kind) {
    case "url": {
      const hostname = urlOf(value)?.hostname ?? "";
      return normalize("host", plainText("host", hostname)) ?? null;
    }
    case "email":
      return normalize("host", value.slice(value.lastIndexOf("@") + 1)) ?? null;
    default:
      return undefined;
  }
}

const QUOTABLE: ReadonlySet<TextKind> = new Set(
  ["address", "host", "hostname", "url", "hash", ...HASH_KINDS],
);

/**
 * Takes off what only alerts write around a value: quotes, `<>` around an
 * e-mail address, the port of an address or a host, an address's brackets and
 * zone, the `*.` of a certificate's name. A Windows DNS server's debug log
 * writes a name as `(4)evil(7)example(0)`.
 */
function plainText(kind: TextKind, text: string): string {
  if (text.length > MAX_TEXT_LENGTH) return text;
  const trimmed = QUOTABLE.has(kind) ? withoutQuotes(text.trim()) : text.trim();
  if (kind === "email") {
    // A display name may stand before it.
    return /<([^<>]*)>"?$/.exec(trimmed)?.[1] ?? trimmed.replaceAll('"', "");
  }
  const isPlain = kind !== "address" && kind !== "host" && kind !== "hostname";
  // Most are plain IPv4 addresses, and need no more.
  if (isPlain || /^[\d.]+$/.test(trimmed)) return trimmed;
  const withoutPort = trimmed
    .replace(/^\[([^\]]*)\](?::\d{1,5})?$/, "$1")
    .replace(/^([^:]+):\d{1,5}$/, "$1");
  return withoutPort.replace(/%[\w.-]+$/, "").replace(/^\*\./, "")
    .replace(/^\(\d+\)(.*)\(0\)$/, (_, name) => name.replace(/\(\d+\)/g, "."));
}

/**
 * A text without the quotes around it. No regular expression: one would look at
 * each quote inside for the end of the text.
 *
 * @example
 * ```ts
 * import { assertEquals } from "@std/assert";
 *
 * assertEquals(withoutQuotes(`"it's"`), "it's");
 * ```
 */
export function withoutQuotes(text: string): string {
  let start = 0;
  let end = text.length;
  while (start < end && `"'`.includes(text.charAt(start))) start++;
  while (end > start && `"'`.includes(text.charAt(end - 1))) end--;
  return text.slice(start, end);
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
    case "hostname":
      return "no IP address, and no name";
    case "url":
      return "not a URL of http, https or ftp";
    case "email":
      return "not an e-mail address";
    case "user_agent":
      return "empty";
    case "mac":
      return "not a MAC address";
    case "hash":
      return "not a hash";
    default:
      return `not a ${kind} hash`;
  }
}

function normalizeAddress(text: string): NormalValue | undefined {
  const bare = text.replace(/^([\d.]+)\/32$|^([\da-f:.]+)\/128$/i, "$1$2");
  // For what is none, ipaddr.js throws and catches: that is slow.
  if (/^[\d.]+$/.test(bare)) {
    // isValid() alone also takes what only C's inet_aton() does: "1", "0x7f.1".
    return ipaddr.IPv4.isValidFourPartDecimal(bare)
      ? { kind: "ipv4", value: bare }
      : undefined;
  }
  if (!bare.includes(":") || !/^[\da-f:.]+$/i.test(bare)) return undefined;
  // It takes "::1.2.3.4" for IPv4-mapped.
  if (/^::\d+\./.test(bare) || !ipaddr.IPv6.isValid(bare)) return undefined;
  const address = ipaddr.IPv6.parse(bare);
  // isIPv4MappedAddress() compares it with all ranges that are special.
  return address.parts.slice(0, 6).join() === "0,0,0,0,0,65535"
    ? { kind: "ipv4", value: address.toIPv4Address().toString() }
    : { kind: "ipv6", value: address.toRFC5952String() };
}

/** The longest name that DNS has. */
const MAX_DOMAIN_LENGTH = 253;

/** Longer texts are no domain, however letters beyond ASCII are written. */
const MAX_WRITTEN_LENGTH = 4 * MAX_DOMAIN_LENGTH;

function normalizeDomain(text: string): NormalValue | undefined {
  if (text.length > MAX_WRITTEN_LENGTH) return undefined;
  const written = text.toLowerCase().replace(/\.$/, "");
  const value = isAscii(written) ? written : toAscii(written);
  const labels = value.split(".");
  return value.length <= MAX_DOMAIN_LENGTH && labels.length > 1 &&
      labels.every((label) => /^[a-z0-9_-]{1,63}$/.test(label)) &&
      /[a-z]/.test(labels.at(-1) ?? "")
    ? { kind: "domain", value }
    : undefined;
}

function normalizeHostname(text: string): NormalValue | undefined {
  const value = text.toLowerCase().replace(/\.$/, "");
  return /^[a-z0-9_-]{1,63}$/.test(value) && /[a-z]/.test(value)
    ? { kind: "hostname", value }
    : undefined;
}

function normalizeEmail(text: string): NormalValue | undefined {
  const [, local = "", host = ""] = /^([^\s@<>"',;:()]+)@([^@]+)$/.exec(text) ??
    [];
  const domain = normalizeDomain(host);
  return local === "" || domain === undefined
    ? undefined
    : { kind: "email", value: `${local.toLowerCase()}@${domain.value}` };
}

function normalizeMac(text: string): NormalValue | undefined {
  const digits = text.toLowerCase().replace(/[:.-]/g, "");
  return /^[0-9a-f]{12}$/.test(digits)
    ? { kind: "mac", value: (digits.match(/../g) ?? []).join(":") }
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
