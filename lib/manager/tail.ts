/**
 * The ends of files that grow: logs, and Wazuh's alerts.
 *
 * @module
 */

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

/** What of an alert says whether it is looked up. */
export interface SeenAlert {
  readonly level: number;
  readonly groups: readonly string[];
}

/** The last alerts of a file; nothing if there is none. */
export function lastAlertsIn(path: string): readonly SeenAlert[] | undefined {
  return lastLinesIn(path)?.flatMap((line) => {
    try {
      const { rule } = JSON.parse(line);
      const groups: unknown = rule.groups;
      return [{
        level: Number(rule.level),
        groups: Array.isArray(groups) ? groups.map(String) : [],
      }];
    } catch {
      return [];
    }
  });
}
