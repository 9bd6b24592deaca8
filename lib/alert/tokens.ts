/**
 * IoCs in running text: addresses, hashes and e-mail addresses that
 * stand there as whole words. What only looks like one (a version, a network, an
 * OID, a file's name) is none.
 *
 * Linear in the text: each expression looks at a character a bounded number of
 * times.
 *
 * @module
 */
import { normalize } from "./kinds.ts";
import { isOfNoContent, meaningOf } from "./names.ts";
import { isVersionAt } from "./versions.ts";

/** A word of a text that may be an IoC. */
export interface Token {
  readonly text: string;
  /** Where it starts. */
  readonly index: number;
}

/** What stands before a token says what it is: no more than this is looked at. */
const CONTEXT = 40;

/**
 * What stands right before a token.
 *
 * @example
 * ```ts
 * import { assertEquals } from "@std/assert";
 *
 * assertEquals(before("ip=1.2.3.4", 3), "ip=");
 * ```
 */
export function before(text: string, index: number): string {
  return text.slice(Math.max(index - CONTEXT, 0), index);
}

const IPV4 = /(?<![\d.])\d{1,3}(?:\.\d{1,3}){3}(?!\d|\.\d)/g;

/**
 * Global unicast, which all IPv6 addresses on the Internet are, and what writes
 * an IPv4 address in digits of IPv6. The end of one may be written as IPv4's.
 */
const IPV6 =
  /(?<![\w:.-])(?:(?:[23][\da-f]{3}|64:ff9b)(?:(?::[\da-f]{0,4}){1,6}:\d{1,3}(?:\.\d{1,3}){3}|(?::[\da-f]{0,4}){2,7})|(?::|0:0:0:0:0):ffff(?::[\da-f]{1,4}){2})(?![\w:])/gi;

/** tcpdump and pf write ports behind a dot: 1.2.3.4.80 > 5.6.7.8.443: */
const IPV4_WITH_PORT =
  /(?<![\d.])\d{1,3}(?:\.\d{1,3}){3}(?=\.\d{1,5} > \d)|(?<=\d > )\d{1,3}(?:\.\d{1,3}){3}(?=\.\d{1,5}[:\s,])/g;

/**
 * The addresses in a text. Where a port may follow, it is no part of them.
 *
 * @param isSettled Says of which address nothing more needs to be known.
 *
 * @example
 * ```ts
 * import { assertEquals } from "@std/assert";
 *
 * const texts = (text: string) => addressesIn(text).map(({ text }) => text);
 * assertEquals(texts("from 1.2.3.4:80 to (5.6.7.8)."), ["1.2.3.4", "5.6.7.8"]);
 * assertEquals(texts("Agent/4.14.7.1 v1.2.3.4 version 10.0.22.1 1.3.6.1.4"), []);
 * assertEquals(texts("10.0.0.0-10.255.255.255 10.0.0.0/8"), []);
 * ```
 */
export function addressesIn(
  text: string,
  isSettled: (address: string) => boolean = () => false,
): readonly Token[] {
  // Most texts have none: this is quick to see.
  const found = text.includes(".") ? find(IPV4, isWholeIpv4) : [];
  const others = text.includes("::") || COLONS.test(text)
    ? find(IPV6, isWholeIpv6)
    : [];
  const withPorts = text.includes(" > ") ? find(IPV4_WITH_PORT, isAddress) : [];
  return others.length + withPorts.length === 0
    ? found
    : [...found, ...others, ...withPorts];

  function find(pattern: RegExp, isWhole: typeof isWholeIpv4) {
    return matchesIn(
      text,
      pattern,
      (text, token) => !isSettled(token.text) && isWhole(text, token),
    );
  }
}

const COLONS = /:[\da-f]{1,4}:[\da-f]{1,4}:[\da-f]{1,4}:[\da-f]{1,4}:[\da-f]/i;

/** The matches of a pattern that are tokens. */
export function matchesIn(
  text: string,
  pattern: RegExp,
  isToken: (text: string, token: Token) => boolean,
): readonly Token[] {
  const found: Token[] = [];
  for (const { 0: token, index } of text.matchAll(pattern)) {
    if (isToken(text, { text: token, index })) {
      found.push({ text: token, index });
    }
  }
  return found;
}

function isWholeIpv4(text: string, { text: token, index }: Token): boolean {
  const end = index + token.length;
  const previous = text.charAt(index - 1);
  const next = text.charAt(end);
  // JSON in a text writes "\n" before it.
  const isEscape = /[nrt]/.test(previous) && text.charAt(index - 2) === "\\";
  if (/[\w%-]/.test(previous) && !isEscape || /\w/.test(next)) return false;
  // 1.2.3.4%20 is encoded.
  if (next === "%" && !/[\da-f]{2}/i.test(text.slice(end + 1, end + 3))) {
    return false;
  }
  // A range, a package's version, a name: 1.2.3.4-5, 1.2.3.4.in-addr.arpa
  if (/[.-]/.test(next) && /\w/.test(text.charAt(end + 1))) return false;
  if (next === "/" && isNetwork(token, text.slice(end + 1, end + 16))) {
    return false;
  }
  if (previous === ":" && OF_COLON.test(before(text, index))) return false;
  if (/[/\\]/.test(previous) && !isAfterSlash(text, { index, end })) {
    return false;
  }
  // A version in the name of a folder or a registry key. JSON in a text writes
  // "\n" and "\"" so.
  if (
    next === "\\" && previous !== "\\" &&
    /^(?:\\\\\w|\\[A-Z])/.test(text.slice(end, end + 3))
  ) return false;
  return isAddress(text, { text: token, index }) && !isVersionAt(text, {
    index,
    end,
    name: nameBefore(text, index),
    before: before(text, index),
  });
}

function isAddress(_: string, { text: token }: Token): boolean {
  return normalize("address", token) !== undefined;
}

/** An image's name, of which it is the tag, and the start of an IPv6 address. */
const OF_COLON =
  /[\w.-]\/[\w.-]{1,38}:$|(?:\b(?:docker|podman|nerdctl|crictl) (?:run|pull|push|create|tag) (?:(?!--add-host)[^;|&]){0,30}|\bimage["']?[:=]? ?["']?)\b[\w.-]{1,30}:$|(?<![\w:.-])[23][\da-f]{3}:[\da-f:]{0,30}:$/i;

/** Whether digits after a `/` are a network's: a port may stand there, too. */
function isNetwork(address: string, after: string): boolean {
  if (after.startsWith("255.")) return after !== "255.255.255.255";
  const [, digits = ""] = /^(\d{1,2})(?!\d)/.exec(after) ?? [];
  if (digits === "" || Number(digits) >= 32) return false;
  const hostBits = 32 - Number(digits);
  const [a = 0, b = 0, c = 0, d = 0] = address.split(".").map(Number);
  const number = ((a * 256 + b) * 256 + c) * 256 + d;
  return number % 2 ** hostBits === 0;
}

/**
 * Java writes name/1.2.3.4:80, and Cisco interface/1.2.3.4(80). In a path, it is
 * a version.
 */
function isAfterSlash(
  text: string,
  { index, end }: { readonly index: number; readonly end: number },
): boolean {
  // \\1.2.3.4\share
  if (text.charAt(index - 2) === "\\") {
    const start = skipBack(text, {
      first: Math.max(index - 5, 0),
      from: index,
      marks: "\\",
    });
    return /^(?:[\s"'(=,]|)$/.test(text.charAt(start - 1));
  }
  return /^(?:[\s"'(=:,]|)$/.test(text.charAt(index - 2)) ||
    text.slice(index - 3, index) === "://" ||
    /^(?::\d|\(\d|\/\d{2,5}(?!\d|\.))/.test(text.slice(end, end + 7));
}

function isWholeIpv6(text: string, { text: token, index }: Token): boolean {
  // A year in a date: 2017::
  if (/^(?:19|20)\d\d:{1,2}\d{0,2}$/.test(token)) return false;
  const after = text.slice(index + token.length, index + token.length + 9);
  const isPort = text.includes(" > ") && /^\.\d{1,5}(?: >|[:\s,])/.test(after);
  return (isPort || !/^(?:\.\w|\/(?!128))/.test(after)) &&
    isAddress(text, { text: token, index });
}

/** Whether so many hexadecimal digits stand side by side. */
function hasHexRun(text: string, length: number): boolean {
  // One of them stands at each multiple of the length.
  for (let at = length - 1; at < text.length; at += length) {
    if (!isHex(text.charCodeAt(at))) continue;
    let start = at;
    let end = at + 1;
    while (start > 0 && isHex(text.charCodeAt(start - 1))) start--;
    while (end < text.length && isHex(text.charCodeAt(end))) end++;
    if (end - start >= length) return true;
  }
  return false;
}

function isHex(code: number): boolean {
  return code >= 48 && code <= 57 || code >= 97 && code <= 102 ||
    code >= 65 && code <= 70;
}

const HASH = /(?<![\w+/\\-])[\da-f]{32,128}(?![\w+/=\\-])/gi;

/**
 * The hashes in a text that the name before them says are a file's: ids of
 * containers, sessions and traces look alike.
 *
 * @param options With `isAny`, whatever stands before them.
 *
 * @example
 * ```ts
 * import { assertEquals } from "@std/assert";
 *
 * const md5 = "44d88612fea8a8f36de82e1278abb02f";
 * assertEquals(fileHashesIn(`MD5: ${md5}`)[0]?.text, md5);
 * assertEquals(fileHashesIn(`container ${md5}`), []);
 * ```
 */
export function fileHashesIn(
  text: string,
  { isAny = false }: { readonly isAny?: boolean } = {},
): readonly Token[] {
  return !hasHexRun(text, 32) ? [] : matchesIn(text, HASH, (text, token) => {
    const hash = normalize("hash", token.text);
    if (hash === undefined || isOfPassword(text, token)) return false;
    if (isListed(text, token)) return true;
    const name = nameBefore(text, token.index);
    if (isAny) return !isOfNoContent(name);
    const meaning = meaningOf(name);
    return meaning !== undefined && "kind" in meaning &&
      (meaning.kind === "hash" || meaning.kind === hash.kind);
  });
}

/** As programs that make hashes list them: MD5 (name) = … */
function isListed(text: string, { index }: Token): boolean {
  return /\) ?= ?$/.test(text.slice(Math.max(index - 4, 0), index)) &&
    /\b(?:md5|sha-?(?:1|256|512)) ?\([^()]{1,255}\) ?= ?$/i
      .test(text.slice(Math.max(index - 270, 0), index));
}

/** Windows writes the hashes of a password side by side: LM:NT */
function isOfPassword(text: string, { text: token, index }: Token): boolean {
  const end = index + token.length;
  return token.length === 32 &&
    (/^:[\da-f]{32}(?![\da-f])/i.test(text.slice(end, end + 34)) ||
      /(?<![\da-f])[\da-f]{32}:$/i.test(
        text.slice(Math.max(index - 34, 0), index),
      ));
}

/**
 * The name that stands before a value, as logs write it; empty if there is none.
 *
 * @example
 * ```ts
 * import { assertEquals } from "@std/assert";
 *
 * assertEquals(nameBefore('"src_ip": "1.2.3.4"', 11), "src_ip");
 * assertEquals(nameBefore("the file's SHA-256 is ab", 22), "SHA-256");
 * ```
 */
export function nameBefore(text: string, index: number): string {
  const first = Math.max(index - CONTEXT, 0);
  // Backwards, for a regular expression would begin at each character.
  let end = skipBack(text, { first, from: index, marks: " \t\"'([<" });
  const operator = skipBack(text, { first, from: end, marks: ":=>#" });
  const word = text.slice(operator - 3, operator).toLowerCase();
  end = operator === end && (word === " is" || word === " of")
    ? operator - 3
    : operator;
  end = skipBack(text, { first, from: end, marks: " \t\"')]" });
  let start = end;
  while (start > first && /[\w.-]/.test(text.charAt(start - 1))) start--;
  const name = text.slice(start, end);
  // JSON in a text writes "\n" and "\u001d" so.
  return text.charAt(start - 1) === "\\"
    ? name.replace(/^(?:u[\da-f]{4}|[nrt])/i, "")
    : name;
}

function skipBack(
  text: string,
  { first, from, marks }: {
    readonly first: number;
    readonly from: number;
    readonly marks: string;
  },
): number {
  let at = from;
  while (at > first && marks.includes(text.charAt(at - 1))) at--;
  return at;
}

/** Logs write a name before it: from=bob@evil.example, suser=… */
const EMAIL =
  /(?<![\w.#%+/~@-])[\w.%+~-]{1,64}@(?:[a-z\d](?:[a-z\d-]{0,62})\.){1,8}[a-z]{2,24}(?![\w@-]|\.\w)/gi;

/**
 * The e-mail addresses in a text. A message's id has the same form, and so has
 * a unit of systemd, and an account of Azure's that has a `#` in it.
 *
 * @example
 * ```ts
 * import { assertEquals } from "@std/assert";
 *
 * assertEquals(emailsIn("to <bob@evil.example>")[0]?.text, "bob@evil.example");
 * assertEquals(emailsIn("user@1000.service message-id=<a@b.example>"), []);
 * ```
 */
export function emailsIn(text: string): readonly Token[] {
  return text.includes("@")
    ? matchesIn(
      text,
      EMAIL,
      (text, { text: token, index }) =>
        !/(?:(?:message-?_?id|msgid|references|in-reply-to)["']?[\s:=<"']*|\bid: <)$/i
          .test(before(text, index)) &&
        !isFileName(token) &&
        // A parameter of a URL.
        !/[?&]\S{0,36}=$/.test(before(text, index)) &&
        // A URL's user: ftp://a:b@evil.example
        !/:\/\/[^\s/]{0,36}$/.test(before(text, index)),
    )
    : [];
}

/**
 * Whether a name ends as files do: some of these ends are countries' too.
 *
 * @example
 * ```ts
 * import { assertEquals } from "@std/assert";
 *
 * assertEquals(isFileName("x.sh"), true);
 * assertEquals(isFileName("cdn.transfer.sh"), false);
 * ```
 */
export function isFileName(name: string): boolean {
  const [, end = ""] = /\.(\w+)$/.exec(name) ?? [];
  const small = end.toLowerCase();
  return FILE_ENDS.has(small) ||
    (ENDS_OF_BOTH.has(small) && name.split(".").length === 2);
}

/** No countries. */
const FILE_ENDS: ReadonlySet<string> = new Set(
  ("arm aspx bak bat bin bz2 cfg class cmd conf config cpp crl crt csr css csv ctl dat db deb der device dll " +
    "doc docx eml err exe gif go gz hta htm html ico img inf ini iso jar java jpeg jpg " +
    "js json jsp jspx key ko lnk local lock log lua mips mp3 mp4 mpsl msi old ocx p12 pdf pem pfx php " +
    "pid plist png ppt pptx ps1 psm1 rar rb reg rpm rtf scope service slice " +
    "socket sql svg swp sys tar target tgz timer tmp toml ts txt vb vbs war " +
    "wsf xls xlsx xml yaml yml").split(" "),
);

/** With two labels, these are files more often than hosts. */
const ENDS_OF_BOTH: ReadonlySet<string> = new Set(
  "app cab cc md mov mo pl pm ps py rs sh so zip".split(" "),
);
