/**
 * What a check found, and how it is shown.
 *
 * @module
 */
import { messageOf } from "../../errors.ts";
import { escapeControls } from "../../log.ts";
import { NotAllowedError } from "../tree.ts";

/** How bad it is: alerts are looked up, maybe not all, or none. */
export type Level = "ok" | "warning" | "error";

/** A link of the chain, in the order of an alert's way. */
export type Link =
  | "program"
  | "block"
  | "alerts"
  | "options"
  | "token"
  | "dns"
  | "tcp"
  | "proxy"
  | "tls"
  | "http"
  | "opencti"
  | "rights"
  | "knowledge"
  // Of a test: the value, the alert that carries it, what comes of it.
  | "value"
  | "source"
  | "match"
  | "queue"
  | "rules"
  | "restart"
  | "alert"
  | "log"
  | "spool"
  | "lately";

/** What was found at a link. */
export interface Finding {
  readonly link: Link;
  readonly level: Level;
  /** A sentence. */
  readonly says: string;
  /** What mends it: a command, or what to do. */
  readonly mend?: string;
}

/** Makes the findings of one link. */
export interface Findings {
  readonly ok: (says: string) => Finding;
  readonly warning: (says: string, mend: string) => Finding;
  readonly error: (says: string, mend: string) => Finding;
}

/** Where the sentence itself says what to do. */
export const AGAIN = "correct that, and run this again";

/** What this user may not see. */
export function unseen(link: Link, path: string): Finding {
  return findingsOf(link).warning(
    `This user may not look at ${path}`,
    "run it as root: sudo before the command",
  );
}

/** Makes the findings of one link. */
export function findingsOf(link: Link): Findings {
  return {
    ok: (says) => ({ link, level: "ok", says }),
    warning: (says, mend) => ({ link, level: "warning", says, mend }),
    error: (says, mend) => ({ link, level: "error", says, mend }),
  };
}

/** Runs a check; what this user may not see is a finding too. */
export async function check(
  link: Link,
  find: () => readonly Finding[] | Promise<readonly Finding[]>,
): Promise<readonly Finding[]> {
  try {
    return await find();
  } catch (error) {
    const { error: wrong } = findingsOf(link);
    if (error instanceof NotAllowedError) return [unseen(link, error.path)];
    if (error instanceof Deno.errors.PermissionDenied) {
      return [unseen(link, /'([^']*)'/.exec(error.message)?.[1] ?? "all")];
    }
    // What else is found must be shown: one odd file is a finding like others.
    return [wrong(messageOf(error), AGAIN)];
  }
}

/** The exit status: 0, 1 for warnings, 2. */
export function statusOf(findings: readonly Finding[]): 0 | 1 | 2 {
  if (findings.some(({ level }) => level === "error")) return 2;
  return findings.some(({ level }) => level === "warning") ? 1 : 0;
}

const MARKS: Readonly<Record<Level, string>> = {
  ok: "✓",
  warning: "!",
  error: "✗",
};

/** How the mark of a level is shown. */
export type Paints = Readonly<Record<Level, (text: string) => string>>;

const INDENT = 12;
const WIDTH = 80;

/**
 * Findings in lines that a terminal shows whole. A command that is longer than a
 * line goes on in the next as a shell takes it, so that it can be copied.
 *
 * @example
 * ```ts
 * import { assertEquals } from "@std/assert";
 *
 * const { error } = findingsOf("rules");
 * const paints = { ok: String, warning: String, error: String };
 * assertEquals(
 *   showFindings([error("They are missing", "sudo x install")], paints),
 *   ["✗ rules     They are missing", "            → sudo x install"],
 * );
 * ```
 */
export function showFindings(
  findings: readonly Finding[],
  paints: Paints,
): readonly string[] {
  return findings.flatMap(({ link, level, says, mend }) => {
    // OpenCTI, logs and files that others write may say anything.
    const [first = "", ...rest] = wrapped(escapeControls(says));
    const mark = paints[level](MARKS[level]);
    return [
      `${mark} ${link.padEnd(INDENT - 2)}${first}`,
      ...rest.map(indented),
      ...mend === undefined ? [] : mend.split("\n").flatMap((line) => {
        const isCommand = COMMAND.test(line);
        return wrapped(escapeControls(line), isCommand ? CONTINUED : "");
      }).map((part, n) => indented(`${n === 0 ? "→" : " "} ${part}`)),
    ];
  });
}

/** What is too long for that, a path, stands further left. */
function indented(line: string): string {
  const width = Math.min(INDENT, Math.max(WIDTH - line.length, 0));
  return " ".repeat(width) + line;
}

const COMMAND = /^(?:sudo|diff|findmnt|getent|ls|lsattr|openssl|tail) /;

/** How a shell is told that a line goes on. */
const CONTINUED = " \\";

/** A text in lines, each but the last with an end. */
function wrapped(text: string, end: string = ""): readonly string[] {
  const lines: string[] = [];
  // The arrow of a mend takes two, and a blank one.
  const room = WIDTH - INDENT - 3 - end.length;
  let line = "";
  // A path stays whole; a word of others may have any length.
  const words = text.split(" ").flatMap((word) =>
    end !== "" || word.length <= WIDTH
      ? [word]
      : word.match(new RegExp(`.{1,${room}}`, "gsu")) ?? []
  );
  for (const word of words) {
    if (line !== "" && line.length + word.length > room) {
      lines.push(line + end);
      line = word;
    } else line += line === "" ? word : ` ${word}`;
  }
  return [...lines, line];
}
