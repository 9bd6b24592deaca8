/**
 * Guesses what a mistyped name was meant to be.
 *
 * @module
 */
import { closestString, levenshteinDistance } from "@std/text";

/**
 * What to add to a sentence about an unknown name; empty if no name is alike.
 *
 * @example
 * ```ts
 * import { assertEquals } from "@std/assert";
 *
 * const known = ["fields", "groups"];
 * assertEquals(suggest("feilds", known), ', did you mean "fields"?');
 * assertEquals(suggest("toString", known), "");
 * ```
 */
export function suggest(name: string, known: readonly string[]): string {
  const [first, ...rest] = known;
  if (first === undefined) return "";
  const closest = closestString(name, [first, ...rest]);
  return levenshteinDistance(name, closest) <= closest.length / 2
    ? `, did you mean "${closest}"?`
    : "";
}
