/**
 * What a change does to a file, shown as `diff -u` does.
 *
 * @module
 */

const CONTEXT = 3;

/**
 * The lines that differ, with those around them. It is one piece from the first
 * difference to the last: we change a file in one place.
 *
 * @returns Nothing, if both are the same.
 *
 * @example
 * ```ts
 * import { assertEquals } from "@std/assert";
 *
 * assertEquals(diffOf("a\nb\n", "a\nc\n", { path: "x" }), [
 *   "--- x",
 *   "+++ x",
 *   "@@ -1,2 +1,2 @@",
 *   " a",
 *   "-b",
 *   "+c",
 * ]);
 * ```
 */
export function diffOf(
  before: string,
  after: string,
  { path }: { readonly path: string },
): readonly string[] {
  if (before === after) return [];
  const [old, made] = [linesOf(before), linesOf(after)];
  const most = Math.min(old.length, made.length);
  let same = 0;
  while (same < most && old[same] === made[same]) same++;
  let sameEnd = 0;
  while (
    sameEnd < most - same && old.at(-1 - sameEnd) === made.at(-1 - sameEnd)
  ) sameEnd++;
  const from = Math.max(0, same - CONTEXT);
  const until = (lines: readonly string[]) =>
    Math.min(lines.length, lines.length - sameEnd + CONTEXT);
  const place = (lines: readonly string[]) =>
    `${from + 1},${until(lines) - from}`;
  return [
    `--- ${path}`,
    `+++ ${path}`,
    `@@ -${place(old)} +${place(made)} @@`,
    ...old.slice(from, same).map((line) => ` ${line}`),
    ...old.slice(same, old.length - sameEnd).map((line) => `-${line}`),
    ...made.slice(same, made.length - sameEnd).map((line) => `+${line}`),
    ...made.slice(made.length - sameEnd, until(made)).map((line) => ` ${line}`),
  ].map(withoutSecret);
}

function linesOf(text: string): string[] {
  const lines = text.split(/\r?\n/);
  if (lines.at(-1) === "") lines.pop();
  return lines;
}

/** A key in a configuration is nothing for a terminal; where it stands is. */
function withoutSecret(line: string): string {
  return line.replace(
    /(<(?:api_)?key>)(?!file:)[^<]*/g,
    "$1…",
  );
}
