/**
 * How texts are read as one kind of IoC, and the spellings of what is read:
 * names, URLs, e-mail addresses, hashes. Each function gives the normal form,
 * or `undefined` for what is not of the kind.
 *
 * Addresses are read in `addresses.ts`.
 *
 * @module
 */

/** A hash of so many hexadecimal digits; zeros alone stand for "none". */
export function readHash(text: string, digits: number): string | undefined {
  return text.length === digits && /^(?!0+$)[\da-f]+$/i.test(text)
    ? text.toLowerCase()
    : undefined;
}

/** The longest name that DNS has. */
const MAX_DOMAIN_LENGTH = 253;

/** Longer texts are no domain, however letters beyond ASCII are written. */
const MAX_WRITTEN_LENGTH = 4 * MAX_DOMAIN_LENGTH;

/** A name with a dot in it: labels of a letter, digit, `_` or `-`, the last not a number. */
export function readDomain(text: string): string | undefined {
  if (text.length > MAX_WRITTEN_LENGTH || !text.includes(".")) return undefined;
  const { written, isAscii } = nameInDns(text);
  const value = isAscii ? written : toAscii(written);
  return value.length <= MAX_DOMAIN_LENGTH && DOMAIN.test(value)
    ? value
    : undefined;
}

const DOMAIN = /^(?:[a-z0-9_-]{1,63}\.)+(?=[^.]*[a-z])[a-z0-9_-]{1,63}$/;

/** A name without a dot, of a letter at least. */
export function readHostname(text: string): string | undefined {
  const { written } = nameInDns(text);
  return /^[a-z0-9_-]{1,63}$/.test(written) && /[a-z]/.test(written)
    ? written
    : undefined;
}

/**
 * A name in small letters and without the final dot, and whether all letters
 * are ASCII's.
 */
export function nameInDns(
  text: string,
): { readonly written: string; readonly isAscii: boolean } {
  const small = text.toLowerCase();
  const written = small.endsWith(".") ? small.slice(0, -1) : small;
  return { written, isAscii: !/[^\0-\x7f]/.test(written) };
}

/** The form that DNS has for a name with letters beyond ASCII. */
function toAscii(name: string): string {
  return /[\s/?#@\\:]/.test(name)
    ? ""
    : URL.parse(`http://${name}`)?.hostname ?? "";
}

/** An e-mail address, as mail servers take them: no quotes, no comments. */
export function readEmail(text: string): string | undefined {
  const [, local = "", host = ""] = /^([^\s@<>"',;:()]+)@([^@]+)$/.exec(text) ??
    [];
  const domain = readDomain(host);
  return local === "" || domain === undefined
    ? undefined
    : `${local.toLowerCase()}@${domain}`;
}

/** Any text. */
export function readUserAgent(text: string): string | undefined {
  return text === "" ? undefined : text;
}

/** Twelve hexadecimal digits, in any grouping. */
export function readMac(text: string): string | undefined {
  const digits = text.toLowerCase().replace(/[:.-]/g, "");
  return /^[0-9a-f]{12}$/.test(digits)
    ? (digits.match(/../g) ?? []).join(":")
    : undefined;
}

/** The longest URL that is one: OpenCTI is not asked for longer ones. */
const MAX_URL_LENGTH = 4096;

/** A URL without user, password, default port and fragment. */
export function readUrl(text: string): string | undefined {
  if (!/^(?:https?|ftp):\/\//i.test(text)) return undefined;
  const url = URL.parse(text);
  if (url === null || url.hostname.includes("*")) return undefined;
  // Each of these writes the whole URL anew.
  if (url.username !== "") url.username = "";
  if (url.password !== "") url.password = "";
  if (url.href.includes("#")) url.hash = "";
  if (url.hostname.endsWith(".")) url.hostname = url.hostname.slice(0, -1);
  return url.href.length <= MAX_URL_LENGTH ? url.href : undefined;
}

/**
 * The host of a URL.
 *
 * @param url In its normal form.
 *
 * @example
 * ```ts
 * import { assertEquals } from "@std/assert";
 *
 * assertEquals(hostOfUrl("http://evil.example:81/a:b"), "evil.example");
 * assertEquals(hostOfUrl("http://[2a00::1]:81/"), "2a00::1");
 * ```
 */
export function hostOfUrl(url: string): string {
  const [, address, name = ""] = /^[a-z]+:\/\/(?:\[([^\]]*)\]|([^/:?#]*))/
    .exec(url) ?? [];
  return address ?? name;
}

/**
 * A URL as the alert writes it, too, unless a user stands in it.
 *
 * @param value The URL in its normal form.
 * @param text As it is written.
 *
 * @example
 * ```ts
 * import { assertEquals } from "@std/assert";
 *
 * assertEquals(urlSpellings("http://a.example/", "http://A.example"), [
 *   "http://a.example/",
 *   "http://A.example",
 * ]);
 * ```
 */
export function urlSpellings(value: string, text: string): readonly string[] {
  const hasUser = /^[a-z]+:\/\/[^/?#]*@/i.test(text);
  // OpenCTI ignores case: the normal form is enough.
  const isSame = text.toLowerCase() === value.toLowerCase();
  return hasUser || isSame ? [value] : [value, text];
}
