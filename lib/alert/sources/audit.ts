/**
 * Linux audit: what the command line of a program that was started names.
 * Code, for arguments may be written in hexadecimal digits, and in parts.
 *
 * @see https://github.com/linux-audit/audit-documentation/wiki/SPEC-Audit-Event-Enrichment
 *
 * @module
 */
import { type Alert, textAt, textsAt } from "../alert.ts";
import { type Finding, MAX_SEARCHED } from "./source.ts";
import { findInCommand } from "./commands.ts";

/** An argument of the program that was started. */
interface Argument {
  readonly text: string;
  /** Where in the alert it stands. */
  readonly field: string;
}

/** What the command line of an alert holds: each argument, and all together. */
export function* findInCommandLine(alert: Alert): Generator<Finding> {
  const found = new Set<string>();
  const decoded = decodedArguments(alert);
  const logged = loggedArguments(alert);
  const all = logged.length > 0 ? logged : decoded;
  const line = {
    text: all.map(({ text }) => text).join(" "),
    field: logged.length > 0 ? "full_log" : "data.audit.execve",
  };
  for (const { text, field } of [...decoded, ...logged, line]) {
    const isLine = field === line.field;
    for (const one of findInCommand(text.slice(0, MAX_SEARCHED), field)) {
      const key = `${"kind" in one ? one.kind : ""} ${one.text}`;
      if (!isLine || !found.has(key)) yield one;
      found.add(key);
    }
    if (!isLine && text.length > MAX_SEARCHED) yield cutOff(text, field);
  }
  const { full_log: log = "" } = alert;
  if (log.length > MAX_SEARCHED) yield cutOff(log, "full_log");
  if (found.size === 0) {
    yield {
      text: textAt(alert, "data.audit.exe") ?? "",
      field: "data.audit.execve",
      reason: "the command line names no URL and no host",
    };
  }
}

function cutOff(text: string, field: string): Finding {
  const reason = `only its first ${MAX_SEARCHED} characters were searched`;
  return { text: `${text.slice(0, 40)}…`, field, reason };
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
  return [...argumentsIn(full_log.slice(0, MAX_SEARCHED))]
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

/**
 * What records of audit name that are not of a program's start: commands of sudo
 * (`cmd`), a process' title, what was typed (`data`), and addresses (`saddr`).
 * Their texts are written in hexadecimal digits if they hold blanks.
 *
 * @example
 * ```ts
 * import { assertEquals } from "@std/assert";
 * import { parseAlert } from "../alert.ts";
 *
 * const full_log = "type=USER_CMD msg=audit(1:2): pid=1 msg='cwd=\"/\" " +
 *   "cmd=6375726C206576696C2E6578616D706C65 terminal=pts/0 res=success'";
 * const alert = parseAlert(JSON.stringify({ full_log }));
 * assertEquals([...findInRecords(alert)], [{
 *   kind: "host",
 *   text: "evil.example",
 *   field: "full_log cmd",
 *   isOfCommand: true,
 * }]);
 * ```
 */
export function* findInRecords({ full_log = "" }: Alert): Generator<Finding> {
  const log = full_log.slice(0, MAX_SEARCHED);
  const isInExecve = log.includes("type=EXECVE ");
  for (const [, name = "", quoted, hex = ""] of log.matchAll(TEXT_OF_RECORD)) {
    // A title is the command line again, cut off.
    if (name === "proctitle" && isInExecve) continue;
    const text = quoted ?? decodeHex(hex).replaceAll("\0", " ");
    for (const one of findInCommand(text, `full_log ${name}`)) {
      yield { ...one, isOfCommand: true };
    }
  }
  const field = "full_log saddr";
  for (
    const [, hex = ""] of log.matchAll(/\ssaddr=([\dA-F]{16,56})(?=\s|$)/gi)
  ) {
    const address = addressIn(hex);
    if (address !== undefined) yield { kind: "address", field, ...address };
  }
  for (const { groups } of log.matchAll(ENRICHED_ADDRESS)) {
    const { address: text = "", port } = groups ?? {};
    yield { kind: "address", field, text, port };
  }
  if (full_log.length > MAX_SEARCHED) yield cutOff(full_log, "full_log");
}

const TEXT_OF_RECORD =
  /\s(cmd|proctitle|data)=(?:"([^"]*)"|([\dA-F]{8,})(?=[\s']|$))/g;

/** SADDR={ saddr_fam=inet laddr=1.2.3.4 lport=80 } */
const ENRICHED_ADDRESS =
  /SADDR=\{ ?(?:saddr_)?fam=inet6? l?addr=(?<address>[\da-f.:]+)(?: l?port=(?<port>\d+))?/gi;

/** A `struct sockaddr` of IPv4 or IPv6, as x86 and ARM have it in memory. */
function addressIn(
  hex: string,
): { readonly text: string; readonly port: string } | undefined {
  const bytes = Uint8Array.fromHex(hex.slice(0, hex.length - hex.length % 2));
  const [family, , high = 0, low = 0] = bytes;
  const port = String(high * 256 + low);
  if (family === 2 && bytes.length >= 8) {
    return { text: bytes.slice(4, 8).join("."), port };
  }
  if (family !== 10 || bytes.length < 24) return undefined;
  const text = bytes.slice(8, 24).toHex().replace(/.{4}(?=.)/g, "$&:");
  return { text, port };
}

function decodeHex(hex: string): string {
  const whole = hex.slice(0, hex.length - hex.length % 2);
  return new TextDecoder().decode(Uint8Array.fromHex(whole));
}
