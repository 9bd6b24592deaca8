/**
 * Searches texts for the regular expressions of patterns: by an engine that
 * never goes back, since both are written by others. Loaded only for patterns
 * that have one.
 *
 * @see https://github.com/google/re2/wiki/Syntax
 *
 * @module
 */
import { RE2JS } from "re2js";
import type { ReadRegex } from "./text_operators.ts";

/** Longer ones are of no use, and work. */
const MAX_LENGTH = 1000;

/** What it costs to read one, as steps of LIKE take. */
const TO_READ = 20_000;
const TO_READ_A_PART = 200;

/** What each letter costs that is gone through, and each part of it there. */
const FOR_A_LETTER = 100;
const FOR_A_PART = 2;

/**
 * Reads a regular expression, and gives what searches texts for it: `undefined`
 * if it is none of RE2, for it looks ahead or refers back, or if that would take
 * more than the work that is left.
 *
 * @example
 * ```ts
 * import { assertEquals } from "@std/assert";
 *
 * const options = { isCaseKept: false, work: { left: 1_000_000 } };
 * const search = readRegex("(^|\\.)evil\\.example$", options);
 * assertEquals(search?.("a.evil.example"), true);
 * assertEquals(search?.("devil.example"), false);
 * assertEquals(readRegex("(?=a)", options), undefined);
 * ```
 */
export function readRegex(
  regex: string,
  { isCaseKept, work }: Parameters<ReadRegex>[1],
): ReturnType<ReadRegex> {
  if (regex.length > MAX_LENGTH || work.left < TO_READ) return undefined;
  const read = compiled(isCaseKept ? regex : `(?i)${regex}`);
  const parts = read?.programSize() ?? 0;
  work.left -= TO_READ + TO_READ_A_PART * parts;
  if (read === undefined) return undefined;
  return (text) => {
    work.left -= text.length * (FOR_A_LETTER + FOR_A_PART * parts);
    return work.left < 0 ? undefined : read.matcher(text).find();
  };
}

function compiled(regex: string): RE2JS | undefined {
  try {
    return RE2JS.compile(regex);
  } catch {
    return undefined;
  }
}
