/**
 * Indicators of compromise (IoCs) in an alert: which of its texts are one, in
 * their normal form, and why others are none.
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
import {
  HASH_KINDS,
  hostOf,
  KINDS,
  MAX_TEXT_LENGTH,
  normalize,
  type NormalValue,
  TEXT_KINDS,
  type TextKind,
} from "./kinds.ts";

/** An IoC of an alert. */
export interface Ioc extends NormalValue {
  /** All the ways that OpenCTI may have stored the value, for the question. */
  readonly spellings: readonly string[];
  /** Where in the alert it was found. */
  readonly field: string;
  /** The source that found it. */
  readonly source?: string;
  /** Whether only a sweep for all took it for one. */
  readonly isUnsure?: true;
}

/** A text of an alert that may be an IoC. */
export interface Candidate {
  readonly kind: TextKind;
  readonly text: string;
  /** Where in the alert it was found. */
  readonly field: string;
  /** The port that was spoken to, if it is an address. */
  readonly port?: string | undefined;
  /** Whether a command named it: what it is told to call is no host of ours. */
  readonly isOfCommand?: true;
}

/** A text of an alert that is not asked for, and why. */
export interface Skipped {
  readonly text: string;
  readonly field: string;
  readonly reason: string;
  /** Whether it is the network's own, wherever else in the alert it stands. */
  readonly isOwn?: true;
  /** Whether it is a link for readers: only here, it is asked for elsewhere. */
  readonly isLink?: true;
}

/** An IoC is asked for in so many spellings at the most. */
export const MAX_SPELLINGS = 4;

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
export function toIoc(candidate: Candidate): Ioc | Skipped {
  const { kind, field } = candidate;
  const text = plainText(kind, candidate.text);
  const normal = normalize(kind, text);
  if (normal === undefined || hostOf(normal) === null) {
    const reason = text.length > MAX_TEXT_LENGTH
      ? `longer than ${MAX_TEXT_LENGTH} characters`
      : TEXT_KINDS[normal === undefined ? kind : "host"].whyNot;
    return { text: candidate.text, field, reason };
  }
  const { value } = normal;
  const spellings = KINDS[normal.kind].spellings?.(value, text) ?? [value];
  return { kind: normal.kind, value, spellings, field };
}

const QUOTABLE: ReadonlySet<TextKind> = new Set(
  ["address", "host", "hostname", "url", "hash", ...HASH_KINDS],
);

/**
 * Takes off what only alerts write around a value: quotes, marks of a list or a
 * sentence behind it, `<>` around an e-mail address, the port of an address or a
 * host, an address's brackets and zone, the `*.` of a certificate's name. A name
 * of DNS that stands for an address is that address. A Windows DNS server's debug
 * log writes a name as `(4)evil(7)example(0)`.
 */
function plainText(kind: TextKind, text: string): string {
  if (text.length > MAX_TEXT_LENGTH) return text;
  const bare = text.trim();
  const trimmed = QUOTABLE.has(kind)
    ? withoutQuotes(bare.replace(/[,;|]{1,9}$/, ""))
    : bare;
  if (kind === "email") {
    // A display name may stand before it.
    return /<([^<>]*)>"?$/.exec(trimmed)?.[1] ?? trimmed.replaceAll('"', "");
  }
  const isPlain = kind !== "address" && kind !== "host" && kind !== "hostname";
  if (isPlain) return trimmed;
  // Most are plain IPv4 addresses or names, and need no more.
  if (/^[\w.-]*$/.test(trimmed)) return addressOfPtr(trimmed) ?? trimmed;
  const withoutPort = trimmed
    .replace(/^\[([^\]]*)\](?::\d{1,5})?$/, "$1")
    .replace(/^([^:]+):\d{1,5}$/, "$1")
    .replace(/^([^[({<]+)[\])}>]$/, "$1")
    // Java writes a name before it: host/1.2.3.4
    .replace(/^[\w.-]*\/(?=[\d.]+$)/, "");
  return withoutPort.replace(/%[\w.-]+$/, "").replace(/^\*\./, "")
    .replace(/^\(\d+\)(.*)\(0\)$/, (_, name) => name.replace(/\(\d+\)/g, "."));
}

/**
 * The address that a name of DNS stands for: 4.3.2.1.in-addr.arpa, and Windows'
 * 2a00--1.ipv6-literal.net.
 */
function addressOfPtr(name: string): string | undefined {
  const [, literal] = /^([\da-f-]{2,39})\.ipv6-literal\.net\.?$/i.exec(name) ??
    [];
  if (literal !== undefined) return literal.replaceAll("-", ":");
  const [, digits = "", isIpv4] =
    /^([\da-f.]{7,63})\.(?:(in-addr)|ip6)\.arpa\.?$/i.exec(name) ?? [];
  const parts = digits.split(".").toReversed();
  if (isIpv4 !== undefined) {
    return parts.length === 4 ? parts.join(".") : undefined;
  }
  return parts.length === 32 && parts.every((part) => part.length === 1)
    ? parts.join("").replace(/.{4}(?=.)/g, "$&:")
    : undefined;
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
  return start === 0 && end === text.length ? text : text.slice(start, end);
}
