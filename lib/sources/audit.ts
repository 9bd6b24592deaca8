/**
 * Linux audit: the URLs in the command line of a program that was started.
 *
 * @see https://github.com/linux-audit/audit-documentation/wiki/SPEC-Audit-Event-Enrichment
 *
 * @module
 */
import { type Alert, textAt, textsAt } from "../alert.ts";
import { type Finding, hasGroup, type Source, urlAndHost } from "./source.ts";

/** See {@linkcode Source}. */
export const audit: Source = {
  name: "audit",
  reads: "`audit_command`",
  takes: "URLs anywhere in the command line, and the host of each",
  isFor: (alert) => hasGroup(alert, "audit_command"),
  find,
};

/** An argument of the program that was started. */
interface Argument {
  readonly text: string;
  /** Where in the alert it stands. */
  readonly field: string;
}

function find(alert: Alert): Finding[] {
  const found = [
    ...decodedArguments(alert),
    ...loggedArguments(alert),
  ].flatMap(({ text, field }) =>
    urlsIn(text).flatMap((url) => urlAndHost(url, field))
  );
  return found.length > 0 ? found : [{
    text: textAt(alert, "data.audit.exe") ?? "",
    field: "data.audit.execve",
    reason: "the command line has no URL in it",
  }];
}

/**
 * The arguments of the program that was started, in order: from `full_log`,
 * which has all of them, else those that are decoded.
 *
 * @example
 * ```ts
 * import { assertEquals } from "@std/assert";
 * import { parseAlert } from "../alert.ts";
 *
 * const execve = { a0: "ls", a1: "-l" };
 * const alert = parseAlert(JSON.stringify({ data: { audit: { execve } } }));
 * assertEquals(commandLine(alert), "ls -l");
 * ```
 */
export function commandLine(alert: Alert): string {
  const logged = loggedArguments(alert);
  return (logged.length > 0 ? logged : decodedArguments(alert))
    .map(({ text }) => text).join(" ");
}

function loggedArguments({ full_log = "" }: Alert): Argument[] {
  return [...argumentsIn(full_log)]
    .map(([name, text]) => ({ text, field: `full_log ${name}` }));
}

/** The decoder has a0 to a7, and not those that are logged in hex. */
function decodedArguments(alert: Alert): Argument[] {
  return Array.from({ length: 8 }, (_, n) => `data.audit.execve.a${n}`)
    .flatMap((field) =>
      textsAt(alert, field).slice(0, 1).map((text) => ({ text, field }))
    );
}

/**
 * The arguments in an audit event's EXECVE records, by name. A record of
 * another type may have an `a0` too: SYSCALL's are numbers.
 *
 * @example
 * ```ts
 * import { assertEquals } from "@std/assert";
 *
 * const log = 'type=SYSCALL msg=audit(1:2): a0=55f0 type=EXECVE ' +
 *   'msg=audit(1:2): argc=2 a0="sh" a1=6C73202D6C type=CWD msg=audit(1:2):';
 * assertEquals(argumentsIn(log), new Map([["a0", "sh"], ["a1", "ls -l"]]));
 * ```
 */
export function argumentsIn(log: string): Map<string, string> {
  const values = new Map<string, string>();
  for (const record of log.split(/(?:^|\s)type=(?=[A-Z_0-9]+ msg=audit\()/)) {
    if (!record.startsWith("EXECVE ")) continue;
    // A long argument comes in parts: a1_len=9000 a1[0]=… a1[1]=…
    const argument =
      /\s(a\d+)(?:\[\d+\])?=(?:"([^"]*)"|([0-9A-Fa-f]+)(?=\s|$))/g;
    for (const [, name = "", quoted, hex = ""] of record.matchAll(argument)) {
      const text = quoted ?? decodeHex(hex);
      values.set(name, (values.get(name) ?? "") + text);
    }
  }
  return values;
}

function decodeHex(hex: string): string {
  const bytes = hex.match(/../g)?.map((digits) => parseInt(digits, 16)) ?? [];
  return new TextDecoder().decode(new Uint8Array(bytes));
}

/** A longer text is no URL that is asked for; it must not cost time. */
const MAX_URL_LENGTH = 5000;

/**
 * The URLs in a text, wherever they stand, one inside another too. Where a
 * mark may end a shell's word or belong to the URL, both readings are given.
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
  // An attacker may repeat a word as often as there is room.
  const words = new Set(text.match(WORD));
  return [...words].flatMap((word) =>
    [...word.matchAll(URL_START).take(MAX_NESTED + 1)].flatMap(({ index }) =>
      readingsOf(word.slice(index, index + MAX_URL_LENGTH))
    )
  );
}

const WORD = /[^\s"'`<>|\\^{}]+/g;
const URL_START = /(?:https?|(?<![st])ftp):\/\//gi;

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
