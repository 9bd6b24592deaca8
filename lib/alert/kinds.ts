/**
 * The kinds of IoC: for each how it is recognised and brought to its normal
 * form, in which spellings OpenCTI may hold it, and what it is in STIX and in
 * OpenCTI. What a kind needs stands in its entry.
 *
 * @module
 */
import { readIpv4, readIpv6 } from "./addresses.ts";
import {
  hostOfUrl,
  nameInDns,
  readDomain,
  readEmail,
  readHash,
  readHostname,
  readMac,
  readUrl,
  readUserAgent,
  urlSpellings,
} from "./normal_form.ts";

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
  | Exclude<IocKind, "ipv4" | "ipv6" | "domain">
  | "hash"
  | "address"
  | "host";

/** What a kind of IoC is, here, in STIX and in OpenCTI. */
interface Kind {
  /** What a value of theirs is read as. */
  readonly textKind: TextKind;
  /** The normal form of a text, `undefined` if it is not of this kind. */
  readonly read: (text: string) => string | undefined;
  /**
   * The normal form, and how the text writes it, where that is another spelling
   * that OpenCTI may hold. It ignores case.
   */
  readonly spellings?: (value: string, text: string) => readonly string[];
  /** The host that a value has in it. */
  readonly host?: (value: string) => string;
  /** Asked for only if the configuration says so. */
  readonly isOff?: true;
  /** The filter key of observables. */
  readonly filterKey: string;
  readonly observableTypes: readonly string[];
  /** The object paths of STIX patterns that name it, each a way to write it. */
  readonly stixPaths: readonly string[];
}

const FILE_TYPES = ["StixFile", "Artifact"];

/** What each kind of IoC is. */
export const KINDS: Readonly<Record<IocKind, Kind>> = {
  sha512: {
    textKind: "sha512",
    read: (text) => readHash(text, 128),
    filterKey: "hashes.SHA-512",
    observableTypes: FILE_TYPES,
    stixPaths: ["file:hashes.'SHA-512'"],
  },
  sha256: {
    textKind: "sha256",
    read: (text) => readHash(text, 64),
    filterKey: "hashes.SHA-256",
    observableTypes: FILE_TYPES,
    stixPaths: ["file:hashes.'SHA-256'"],
  },
  sha1: {
    textKind: "sha1",
    read: (text) => readHash(text, 40),
    filterKey: "hashes.SHA-1",
    observableTypes: FILE_TYPES,
    stixPaths: ["file:hashes.'SHA-1'"],
  },
  md5: {
    textKind: "md5",
    read: (text) => readHash(text, 32),
    filterKey: "hashes.MD5",
    observableTypes: FILE_TYPES,
    // Older writers quoted it.
    stixPaths: ["file:hashes.MD5", "file:hashes.'MD5'"],
  },
  ipv4: {
    textKind: "address",
    read: readIpv4,
    filterKey: "value",
    observableTypes: ["IPv4-Addr"],
    stixPaths: ["ipv4-addr:value"],
  },
  ipv6: {
    textKind: "address",
    read: readIpv6,
    filterKey: "value",
    observableTypes: ["IPv6-Addr"],
    stixPaths: ["ipv6-addr:value"],
  },
  domain: {
    textKind: "host",
    read: readDomain,
    spellings: (value, text) => {
      const { written, isAscii } = nameInDns(text);
      return isAscii ? [value] : [value, written];
    },
    filterKey: "value",
    observableTypes: ["Domain-Name", "Hostname"],
    stixPaths: ["domain-name:value", "hostname:value"],
  },
  hostname: {
    textKind: "hostname",
    read: readHostname,
    filterKey: "value",
    observableTypes: ["Hostname"],
    stixPaths: ["hostname:value"],
  },
  url: {
    textKind: "url",
    read: readUrl,
    spellings: urlSpellings,
    host: hostOfUrl,
    filterKey: "value",
    observableTypes: ["Url"],
    stixPaths: ["url:value"],
  },
  email: {
    textKind: "email",
    read: readEmail,
    host: (value) => value.slice(value.lastIndexOf("@") + 1),
    filterKey: "value",
    observableTypes: ["Email-Addr"],
    stixPaths: ["email-addr:value"],
  },
  user_agent: {
    textKind: "user_agent",
    read: readUserAgent,
    isOff: true,
    filterKey: "value",
    observableTypes: ["User-Agent"],
    stixPaths: [
      "user-agent:value",
      "network-traffic:extensions.'http-request-ext'.request_header.'User-Agent'",
    ],
  },
  mac: {
    textKind: "mac",
    read: readMac,
    isOff: true,
    filterKey: "value",
    observableTypes: ["Mac-Addr"],
    stixPaths: ["mac-addr:value"],
  },
};

/** The kinds of hash, the strongest first. */
export const HASH_KINDS = ["sha512", "sha256", "sha1", "md5"] as const;

/** What a text may be that is read as a kind, the first that it is. */
export const TEXT_KINDS: Readonly<
  Record<TextKind, {
    readonly kinds: readonly IocKind[];
    /** What is wrong with what is none of them. */
    readonly whyNot: string;
  }>
> = {
  ...hashKinds(),
  hash: { kinds: HASH_KINDS, whyNot: "not a hash" },
  address: { kinds: ["ipv4", "ipv6"], whyNot: "not an IP address" },
  host: {
    kinds: ["ipv4", "ipv6", "domain"],
    whyNot: "no IP address, and no domain with a dot in it",
  },
  hostname: {
    kinds: ["ipv4", "ipv6", "domain", "hostname"],
    whyNot: "no IP address, and no name",
  },
  url: { kinds: ["url"], whyNot: "not a URL of http, https or ftp" },
  email: { kinds: ["email"], whyNot: "not an e-mail address" },
  user_agent: { kinds: ["user_agent"], whyNot: "empty" },
  mac: { kinds: ["mac"], whyNot: "not a MAC address" },
};

function hashKinds() {
  const one = <Kind extends IocKind>(kind: Kind) => ({
    kinds: [kind],
    whyNot: `not a ${kind} hash`,
  });
  return {
    sha512: one("sha512"),
    sha256: one("sha256"),
    sha1: one("sha1"),
    md5: one("md5"),
  };
}

/** A kind and a value in its normal form: equal if both are equal. */
export interface NormalValue {
  readonly kind: IocKind;
  readonly value: string;
}

/**
 * Whether a value is an IP address.
 *
 * @example
 * ```ts
 * import { assertEquals } from "@std/assert";
 *
 * assertEquals(isAddress({ kind: "ipv4", value: "1.2.3.4" }), true);
 * assertEquals(isAddress({ kind: "domain", value: "a.example" }), false);
 * ```
 */
export function isAddress({ kind }: NormalValue): boolean {
  return kind === "ipv4" || kind === "ipv6";
}

/** Longer texts are no IoC but a way to make the question too large. */
export const MAX_TEXT_LENGTH = 4096;

/**
 * Brings a text to the normal form of its kind, `undefined` if it is not of
 * that kind. Hashes, domains and the host of a URL become lower-case; an
 * address loses a prefix length that says "one address"; an IPv4-mapped IPv6
 * address becomes the IPv4 address; a host is an address or else a domain,
 * without the final dot; a URL loses its default port, its user and password,
 * and what follows a `#`; `hxxp://evil[.]example` is what it stands for.
 *
 * The alert's side and OpenCTI's side are both brought to the normal form
 * before they are compared.
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
 * assertEquals(normalize("host", "evil[.]example")?.value, "evil.example");
 * assertEquals(normalize("host", "localhost"), undefined);
 * ```
 */
export function normalize(
  textKind: TextKind,
  text: string,
): NormalValue | undefined {
  if (text.length > MAX_TEXT_LENGTH) return undefined;
  const trimmed = text.trim();
  return readAs(textKind, trimmed) ??
    (isDefanged(trimmed) ? readAs(textKind, refanged(trimmed)) : undefined);
}

function readAs(textKind: TextKind, text: string): NormalValue | undefined {
  for (const kind of TEXT_KINDS[textKind].kinds) {
    const value = KINDS[kind].read(text);
    if (value !== undefined) return { kind, value };
  }
}

/** Whether it may be one. Called for most texts: a regular expression is slow. */
function isDefanged(text: string): boolean {
  return text.includes("[") || text.includes("(") || text.startsWith("hxx") ||
    text.startsWith("HXX");
}

/** A value that was made unusable, lest somebody clicks on it: `evil[.]example`. */
function refanged(text: string): string {
  return text.replace(/^hxxp/i, "http")
    .replace(
      /[[({](\.|dot|:|@)[\])}]/gi,
      (_, mark) => mark.length > 1 ? "." : mark,
    );
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
  const host = KINDS[kind].host?.(value);
  return host === undefined ? undefined : normalize("host", host) ?? null;
}
