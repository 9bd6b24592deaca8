/**
 * The ends of files that grow: logs, and Wazuh's alerts.
 *
 * @module
 */
import { type SeenAlert, seenAlertIn } from "../wazuh/hand_over.ts";

/** What is read of an end, so that the longest file takes no longer. */
const MAX_BYTES = 4 * 1024 * 1024;

/**
 * The last whole lines of a file; nothing if there is none.
 *
 * @throws {Deno.errors.PermissionDenied} If this user may not read it.
 */
export function lastLinesIn(
  path: string,
  maxBytes: number = MAX_BYTES,
): readonly string[] | undefined {
  let file: Deno.FsFile;
  try {
    if (!Deno.statSync(path).isFile) return undefined;
    file = Deno.openSync(path);
  } catch (error) {
    if (error instanceof Deno.errors.NotFound) return undefined;
    throw error;
  }
  try {
    const { size } = file.statSync();
    const from = Math.max(0, size - maxBytes);
    file.seekSync(from, Deno.SeekMode.Start);
    const bytes = new Uint8Array(size - from);
    let length = 0;
    while (length < bytes.length) {
      const read = file.readSync(bytes.subarray(length));
      if (read === null) break;
      length += read;
    }
    const lines = new TextDecoder().decode(bytes.subarray(0, length)).split(
      "\n",
    );
    // The first may be half a line, and so may be what no newline ends.
    return lines.slice(from === 0 ? 0 : 1, -1);
  } finally {
    file.close();
  }
}

/** A file from now on: what is written to it, line by line. */
export interface Followed extends Disposable {
  /** The whole lines that came since the last time. */
  readonly lines: () => readonly string[];
}

/** A line of Wazuh's alerts has 64 KiB; of a longer one, nothing is kept. */
const MAX_LINE_BYTES = 1024 * 1024;

/**
 * Follows a file, as Wazuh's alerts are written: it may not be there yet, and
 * another may take its place at any time, as each day at midnight. What was
 * still written to the one before is read to its end.
 *
 * @throws {Deno.errors.PermissionDenied} If this user may not read it.
 */
export function follow(path: string): Followed {
  let open = openAt(path);
  open?.file.seekSync(0, Deno.SeekMode.End);
  let rest = "";
  return {
    lines: () => {
      const before = readNew();
      const next = openAt(path);
      if (next === undefined) return before;
      if (next.id === open?.id) {
        next.file.close();
        return before;
      }
      const last = readNew();
      open?.file.close();
      open = next;
      rest = "";
      return [...before, ...last, ...readNew()];
    },
    [Symbol.dispose]: () => open?.file.close(),
  };

  function readNew(): readonly string[] {
    if (open === undefined) return [];
    const { file, decoder } = open;
    const buffer = new Uint8Array(MAX_LINE_BYTES);
    const found: string[] = [];
    while (true) {
      const count = file.readSync(buffer);
      if (count === null) return found;
      const text = rest +
        decoder.decode(buffer.subarray(0, count), { stream: true });
      const lines = text.split("\n");
      const last = lines.pop() ?? "";
      rest = last.length > MAX_LINE_BYTES ? "" : last;
      found.push(...lines);
    }
  }
}

function openAt(path: string) {
  try {
    // Opening a FIFO would wait for who writes to it.
    if (!Deno.statSync(path).isFile) return undefined;
    const file = Deno.openSync(path);
    const { dev, ino } = file.statSync();
    return { file, id: `${dev} ${ino}`, decoder: new TextDecoder() };
  } catch (error) {
    // For a moment there is none.
    if (error instanceof Deno.errors.NotFound) return undefined;
    throw error;
  }
}

/** The last alerts of a file; nothing if there is none. */
export function lastAlertsIn(path: string): readonly SeenAlert[] | undefined {
  return lastLinesIn(path)?.flatMap((line) => {
    try {
      return [seenAlertIn(line)];
    } catch {
      return [];
    }
  });
}
