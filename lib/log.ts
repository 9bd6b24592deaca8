/**
 * `logs/integrations.log` under Wazuh's home, where integrations log. The only
 * place that prints, besides commands.
 *
 * @module
 */
import { messageOf, SEE_DOCTOR } from "./errors.ts";

/** Where a run logs what it does. */
export interface Log {
  /** Whether debug lines are written: they may cost something to make. */
  readonly isDebug: boolean;
  /** In debug mode alone, there also on stderr. */
  readonly debug: (line: string) => void;
  readonly info: (line: string) => void;
  /** Also on stderr. */
  readonly error: (line: string) => void;
}

/** Room for the longest event. */
const MAX_LINE_LENGTH = 70_000;

/** How a {@linkcode Log} is set up. */
export interface LogOptions {
  /** The file; `undefined` if nothing may be written. */
  readonly path: string | undefined;
  readonly debug: boolean;
  /** Takes the secrets out of a text. */
  readonly redact: (text: string) => string;
  readonly now: () => Date;
}

/**
 * Opens the log. The file is made when the first line is written; if it cannot
 * be written, that is said once on stderr.
 */
export function openLog(options: LogOptions): Log {
  const { path, debug, redact, now } = options;
  let isBroken = false;

  function write(level: string, text: string): void {
    if (isBroken || path === undefined) return;
    const line = printable(text);
    try {
      refuseDevice(path);
      // Each line in one write, so that runs that overlap do not mix.
      append(path, `${now().toISOString()} custom-opencti ${level}: ${line}\n`);
    } catch (error) {
      isBroken = true;
      print(
        `Cannot write ${path}: ${
          error instanceof Deno.errors.PermissionDenied
            ? `permission denied, ${SEE_DOCTOR}`
            : messageOf(error)
        }`,
      );
    }
  }

  function print(text: string): void {
    printError(printable(text));
  }

  /** Redacted first: what is cut off must not be half a secret. */
  function printable(text: string): string {
    return escapeControls(redact(text).slice(0, MAX_LINE_LENGTH));
  }

  return {
    isDebug: debug,
    debug: (line) => {
      if (!debug) return;
      write("debug", line);
      print(line);
    },
    info: (line) => {
      write("info", line);
      if (debug) print(line);
    },
    error: (line) => {
      write("error", line);
      print(line);
    },
  };
}

/** A new file has this mode; that of another's is left, who owns it sets it. */
function append(path: string, text: string): void {
  using file = Deno.openSync(path, {
    append: true,
    create: true,
    mode: 0o640,
  });
  file.writeSync(new TextEncoder().encode(text));
}

/** Prints a line to stderr; that nobody reads it is no failure. */
export function printError(line: string): void {
  try {
    Deno.stderr.writeSync(new TextEncoder().encode(`${line}\n`));
  } catch {
    // stderr is closed.
  }
}

/**
 * A text without what would move a terminal's cursor, begin a line, be unseen or
 * turn what follows around: text of an alert must not look like another line of
 * the log, nor like another text.
 *
 * @see https://www.unicode.org/reports/tr36/#Bidirectional_Text_Spoofing
 *
 * @example
 * ```ts
 * import { assertEquals } from "@std/assert";
 *
 * assertEquals(escapeControls("a\nb\u202ec"), "a\\u000ab\\u202ec");
 * ```
 */
export function escapeControls(text: string): string {
  return text.replace(
    /[\p{Cc}\p{Cf}\u2028\u2029]/gu,
    // As JSON escapes them: those beyond U+FFFF are two.
    (found) =>
      found.split("").map((unit) =>
        `\\u${unit.charCodeAt(0).toString(16).padStart(4, "0")}`
      ).join(""),
  );
}

/** Opening a FIFO that nobody reads would never end. */
function refuseDevice(path: string): void {
  let isFile = true;
  try {
    isFile = Deno.statSync(path).isFile;
  } catch {
    // There is none yet.
  }
  if (!isFile) throw new Error("it is no file, remove it");
}
