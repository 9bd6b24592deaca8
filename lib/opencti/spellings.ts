/**
 * The spellings under which OpenCTI may hold a value. It keeps nearly all as
 * they came, and compares them letter by letter, but for case and accents: so
 * each form that people and feeds write is asked for.
 *
 * @example
 * ```ts
 * import { assertEquals } from "@std/assert";
 *
 * assertEquals(
 *   spellingsOf({ kind: "domain", value: "xn--bcher-kva.example", spellings: [] }),
 *   ["xn--bcher-kva.example", "bücher.example", "xn--bcher-kva.example."],
 * );
 * ```
 *
 * @module
 */
import { exploded } from "../alert/addresses.ts";
import punycode from "punycode";
import type { Ioc } from "../alert/ioc.ts";
import type { IocKind } from "../alert/kinds.ts";

/** What of an IoC is spelled; its own spellings are those of the alert. */
export type Spelled = Pick<Ioc, "kind" | "value" | "spellings">;

/** How each kind is written, besides its normal form; the likeliest first. */
const TABLE: Readonly<
  Partial<Record<IocKind, (value: string) => readonly string[]>>
> = {
  ipv4: (value) => [`${value}/32`, `::ffff:${value}`],
  ipv6: (value) => [
    ...ipv6Forms(value),
    `${value}/128`,
    ...ipv6Shortened(value),
  ],
  domain: (value) => [inUnicode(value), `${value}.`],
  email: (value) => [inUnicode(value)],
  url: urlForms,
  mac: (value) => {
    const digits = value.replaceAll(":", "");
    return [
      value.replaceAll(":", "-"),
      digits,
      digits.replace(/^(.{4})(.{4})/, "$1.$2."),
    ];
  },
};

/** All the spellings of a value, the likeliest first, each once. */
export function spellingsOf(
  { kind, value, spellings }: Spelled,
): readonly string[] {
  // OpenCTI ignores case.
  return firstOfEach(
    [value, ...spellings, ...TABLE[kind]?.(value) ?? []],
    (text) => text.toLowerCase(),
  );
}

/** Of texts that have one key, the first. */
export function firstOfEach(
  texts: readonly string[],
  keyOf: (text: string) => string,
): readonly string[] {
  const keys = new Set<string>();
  return texts.filter((text) => {
    const key = keyOf(text);
    const isNew = !keys.has(key);
    keys.add(key);
    return isNew;
  });
}

/** An IPv6 address in full, and without leading zeros. */
export function ipv6Forms(value: string): readonly string[] {
  const all = exploded(value);
  return [all, all.replace(/\b0+(?=[\da-f])/g, "")];
}

/** An IPv6 address with its zeros left out in other ways than RFC 5952 says. */
function ipv6Shortened(value: string): readonly string[] {
  const padded = value.replace(/[\da-f]+/g, (part) => part.padStart(4, "0"));
  // One group of zeros alone is not shortened, but by older programs.
  const single = value.replace(/:0:(?=[\da-f])/, "::");
  return [padded, ...value.includes("::") ? [] : [single]];
}

/** A name of DNS with the letters that it stands for. */
function inUnicode(name: string): string {
  if (!name.includes("xn--")) return name;
  try {
    return punycode.toUnicode(name);
  } catch {
    // Whoever registers or sends such a name need not care.
    return name;
  }
}

const PORTS: Readonly<Record<string, number>> = {
  http: 80,
  https: 443,
  ftp: 21,
};

/** What some programs encode, and others do not. */
const ENCODED = /[!'()*~]/g;

function percent(letter: string): string {
  return `%${letter.charCodeAt(0).toString(16).toUpperCase()}`;
}

function urlForms(value: string): readonly string[] {
  const [origin = "", scheme = "", host = ""] =
    /^([a-z]+):\/\/([^/?#]+)/.exec(value) ?? [];
  const rest = value.slice(origin.length);
  const port = /:\d+$/.test(host) ? undefined : PORTS[scheme];
  const paths = [rest, decoded(rest)];
  const [, address] = /^\[(.+)\]$/.exec(host) ?? [];
  const hosts = address === undefined
    ? [host, inUnicode(host)]
    : [host, ...ipv6Forms(address).map((form) => `[${form}]`)];
  const urls = hosts.flatMap((one) =>
    paths.map((path) => `${scheme}://${one}${path}`)
  );
  return [
    ...rest === "/" ? hosts.map((one) => `${scheme}://${one}`) : [],
    ...rest.startsWith("/?") ? [`${origin}${rest.slice(1)}`] : [],
    ...urls,
    ...port === undefined
      ? []
      : paths.map((path) => `${origin}:${port}${path}`),
    ...port !== undefined && rest === "/" ? [`${origin}:${port}`] : [],
    ...rest.search(ENCODED) >= 0
      ? [origin + rest.replace(ENCODED, percent)]
      : [],
    ...rest.includes("%27") ? [origin + rest.replaceAll("%27", "'")] : [],
  ];
}

/** A path with its letters, but for what would part it otherwise. */
function decoded(path: string): string {
  return path.replace(/(?:%[\da-f]{2})+/gi, (sequence) => {
    try {
      return decodeURI(sequence);
    } catch {
      return sequence;
    }
  });
}
