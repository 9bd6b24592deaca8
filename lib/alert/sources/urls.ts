/**
 * URLs in texts, and the hosts of URLs.
 *
 * @module
 */
import type { Candidate } from "../ioc.ts";

/**
 * A URL and its host, as candidates.
 *
 * @example
 * ```ts
 * import { assertEquals } from "@std/assert";
 *
 * assertEquals(urlAndHost("http://a.example/x", "f"), [
 *   { kind: "url", text: "http://a.example/x", field: "f" },
 *   { kind: "host", text: "a.example", field: "f" },
 * ]);
 * ```
 */
export function urlAndHost(text: string, field: string): Candidate[] {
  const host = URL.parse(text)?.hostname ?? "";
  return [
    { kind: "url", text, field },
    ...(host === "" ? [] : [{ kind: "host", text: host, field } as const]),
  ];
}

/** A longer text is no URL that is asked for; it must not cost time. */
const MAX_URL_LENGTH = 5000;

/**
 * The URLs in a text, wherever they stand, one inside another and encoded too.
 * Where a mark may end a shell's word or belong to the URL, both readings are
 * given.
 *
 * @example
 * ```ts
 * import { assertEquals } from "@std/assert";
 *
 * assertEquals(urlsIn("--url=http://a.example/x"), ["http://a.example/x"]);
 * assertEquals(urlsIn("curl 'http://a.example/x' | sh"), [
 *   "http://a.example/x",
 * ]);
 * assertEquals(urlsIn("http://a.example/x;sh"), [
 *   "http://a.example/x;sh",
 *   "http://a.example/x",
 * ]);
 * ```
 */
export function urlsIn(text: string): string[] {
  return eachUrlIn(text).toArray();
}

/** The same one by one: who takes a few has no work with the rest. */
export function* eachUrlIn(text: string): Generator<string> {
  if (!["://", "%2F", "%2f"].some((part) => text.includes(part))) return;
  // An attacker may repeat a word as often as there is room.
  const words = new Set(text.match(WORD)?.flatMap(readingsOfWord));
  for (const word of words) {
    for (const { index } of word.matchAll(URL_START).take(MAX_NESTED + 1)) {
      yield* readingsOf(word.slice(index, index + MAX_URL_LENGTH));
    }
  }
}

/** A word, and the parameters in it that are an encoded URL. */
function readingsOfWord(word: string): readonly string[] {
  const encoded = word.split("&").filter((part) => /%3a%2f%2f/i.test(part));
  return [
    word,
    ...encoded.flatMap((part) => percentDecoded(part).match(WORD) ?? []),
  ];
}

/**
 * A text without its percent encoding, as it is if that is broken.
 *
 * @example
 * ```ts
 * import { assertEquals } from "@std/assert";
 *
 * assertEquals(percentDecoded("a%2Fb"), "a/b");
 * assertEquals(percentDecoded("%zz"), "%zz");
 * ```
 */
export function percentDecoded(text: string): string {
  try {
    return decodeURIComponent(text);
  } catch {
    return text;
  }
}

const WORD = /[^\s"'`<>|\\^{}]+/g;
/** LDAP and RMI are how Log4j is made to load code: their host is asked for. */
const URL_START = /(?:https?|(?<![st])ftp|ldaps?|rmi):\/\//gi;

/** How many URLs one may hold; what is in them beyond that counts as one. */
const MAX_NESTED = 10;

/** What a word may mean as a URL. */
function readingsOf(word: string): string[] {
  const [beforeAnd = word] = word.split("&&", 1);
  const readings = [
    beforeAnd,
    ...[";", ",", "&"].flatMap((mark) => {
      const end = beforeAnd.indexOf(mark);
      // After a "?", a "&" comes between parameters.
      const isParameter = mark === "&" &&
        beforeAnd.slice(0, end).includes("?");
      return end === -1 || isParameter ? [] : [beforeAnd.slice(0, end)];
    }),
  ];
  return [...new Set(readings.map(withoutEnd))];
}

/** Takes off what ends a sentence or a command, and is no part of the URL. */
function withoutEnd(url: string): string {
  const marks = `.,;:!&${url.includes("(") ? "" : ")"}${
    url.includes("[") ? "" : "]"
  }`;
  let end = url.length;
  while (end > 0 && marks.includes(url.charAt(end - 1))) end--;
  return url.slice(0, end);
}
