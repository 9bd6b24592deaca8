/**
 * STIX patterns, written for an IoC: whole, and the phrases of a longer one.
 *
 * @module
 */
import { wordsIn } from "./filters.ts";
import { type IocKind, KINDS } from "../alert/kinds.ts";
import { type NetworkChoice, networksAround } from "./networks.ts";
import {
  firstOfEach,
  ipv6Forms,
  type Spelled,
  spellingsOf,
} from "./spellings.ts";

/**
 * The patterns that say exactly one IoC, in every spelling that OpenCTI may
 * have, and a network that an address is in; the likeliest first.
 *
 * @example
 * ```ts
 * import { assertEquals } from "@std/assert";
 *
 * const ioc = { kind: "mac", value: "00:11:22:33:44:55", spellings: [] } as const;
 * assertEquals(patternsOf(ioc, "narrow").slice(0, 2), [
 *   "[mac-addr:value = '00:11:22:33:44:55']",
 *   "[mac-addr:value = '00-11-22-33-44-55']",
 * ]);
 * ```
 */
export function patternsOf(
  ioc: Spelled,
  networks: NetworkChoice,
): readonly string[] {
  const [first = "", ...others] = spellingsOf(ioc);
  const isOne = (text: string) =>
    stixPaths(ioc.kind, text).map((path) => `[${path} = ${quoted(text)}]`);
  const around = networkTexts(ioc, networks);
  return [
    ...isOne(first),
    ...around.flatMap(isOne),
    ...others.flatMap(isOne),
    ...around.flatMap((text) =>
      stixPaths(ioc.kind, text).map((path) =>
        `[${path} ISSUBSET ${quoted(text)}]`
      )
    ),
  ];
}

/** A mapped IPv4 address is written where IPv6 addresses are. */
function stixPaths(kind: IocKind, text: string): readonly string[] {
  return KINDS[kind === "ipv4" && text.includes(":") ? "ipv6" : kind].stixPaths;
}

/** The networks of an address, as OpenCTI's values have them. */
export function networkTexts(
  { kind, value }: Spelled,
  networks: NetworkChoice,
): readonly string[] {
  if (kind !== "ipv4" && kind !== "ipv6") return [];
  const texts = networksAround(value, networks).map(({ value }) => value);
  return kind === "ipv4" ? texts : [
    ...texts.slice(0, LIKELY_NETWORKS),
    ...texts.slice(0, LIKELY_NETWORKS).flatMap((text) => {
      const [address = "", prefix] = text.split("/");
      return ipv6Forms(address).map((form) => `${form}/${prefix}`);
    }),
    ...texts.slice(LIKELY_NETWORKS),
  ];
}

/** So many networks of IPv6 are asked for in other spellings too. */
const LIKELY_NETWORKS = 6;

/** Where a host may stand in a pattern, besides its own place. */
const REFERENCES = [
  "network-traffic:dst_ref.value",
  "network-traffic:src_ref.value",
  // domain-name:resolves_to_refs[*].value
  "].value",
  // process:opened_connection_refs[*].dst_ref.value
  "].dst_ref.value",
  "].src_ref.value",
];

const HOST_HEADERS = ["request_header.Host", "request_header.'Host'"];

/**
 * Where else values are asked for that are part of many others, an address or a
 * domain of each URL on it, a URL of each that is longer: not anywhere, as all
 * other kinds are, but by their paths.
 */
const ELSEWHERE: Readonly<Partial<Record<IocKind, readonly string[]>>> = {
  ipv4: [...REFERENCES, ...HOST_HEADERS],
  ipv6: REFERENCES,
  domain: [...REFERENCES, ...HOST_HEADERS],
  hostname: [],
  url: [],
};

/** Of an IPv6 address, the rarest are asked for as whole patterns alone. */
const MAX_NETWORKS = 24;

/** The rarest spellings are asked for in their own place alone. */
const MAX_ELSEWHERE = 3;

/** What finds a pattern that has an IoC in it as one comparison of several. */
export interface Phrases {
  /** Any of these is enough; the likeliest first. */
  readonly alone: readonly string[];
  /** These are, in a pattern that also has one of `lists`. */
  readonly inLists: readonly string[];
  readonly lists: readonly string[];
}

/**
 * The phrases of an IoC. A value that is part of many others is asked for with
 * its path, or anywhere in a list: ten URLs on a domain must not keep out what
 * names the domain.
 *
 * @example
 * ```ts
 * import { assertEquals } from "@std/assert";
 *
 * const ioc = { kind: "url", value: "http://a.example/x", spellings: [] } as const;
 * const { alone, inLists, lists } = phrasesOf(ioc, "narrow");
 * assertEquals(alone[0], "url:value = 'http://a.example/x'");
 * assertEquals([inLists[0], lists], ["'http://a.example/x'", ["url:value IN"]]);
 * ```
 */
export function phrasesOf(ioc: Spelled, networks: NetworkChoice): Phrases {
  const texts = apartByWords(spellingsOf(ioc)).map(quoted);
  const elsewhere = ELSEWHERE[ioc.kind];
  if (elsewhere === undefined) {
    return { alone: [...texts, ...wildcardsOf(ioc)], inLists: [], lists: [] };
  }
  const own = texts.flatMap((text) =>
    stixPaths(ioc.kind, text).map((path) => `${path} = ${text}`)
  );
  return {
    alone: [
      ...own,
      ...networkTexts(ioc, networks).slice(0, MAX_NETWORKS).map(quoted),
      ...texts.slice(0, MAX_ELSEWHERE).flatMap((text) =>
        elsewhere.map((path) => `${path} = ${text}`)
      ),
      ...wildcardsOf(ioc),
    ],
    inLists: texts,
    lists: [
      ...new Set(texts.flatMap((text) => stixPaths(ioc.kind, text))),
      ...elsewhere,
    ].map((path) => `${path} IN`),
  };
}

/** A name with more parts is asked for by its last ones. */
const MAX_SUFFIXES = 4;

/**
 * Comparisons that leave a part of a value open, in whatever place: as
 * `LIKE '%.evil.example'`, `LIKE '198.51.100.%'`, `LIKE 'http://evil.example/%'`,
 * `MATCHES '^(.+\\.)?evil\\.example$'`.
 */
function wildcardsOf({ kind, value }: Spelled): readonly string[] {
  if (kind === "ipv4") {
    const parts = value.split(".");
    return [3, 2].map((count) => `LIKE ${parts.slice(0, count).join(".")}`);
  }
  if (kind === "url") {
    const [start = ""] = /^[a-z]+:\/\/[^/?#]+/.exec(value) ?? [];
    return [`LIKE ${start}`];
  }
  if (kind === "email") return [`LIKE ${value.slice(value.indexOf("@") + 1)}`];
  if (kind !== "domain") return [];
  const labels = value.split(".");
  return labels.map((_, n) => labels.slice(n)).filter(({ length }) =>
    length > 1
  )
    .slice(-MAX_SUFFIXES).flatMap((suffix) => [
      `LIKE ${suffix.join(".")}`,
      `MATCHES ${suffix.join(" ")}`,
    ]);
}

/**
 * The spellings that are another phrase each: it is the words that are looked
 * for, and what goes on after them (as `/32` does) is found too.
 */
function apartByWords(texts: readonly string[]): readonly string[] {
  return firstOfEach(
    texts.filter((text) => !/^[^/]+\/\d+$/.test(text)),
    (text) => wordsIn(text.toLowerCase()).join(" "),
  );
}

function quoted(value: string): string {
  return `'${value.replace(/[\\']/g, "\\$&")}'`;
}
