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
 * assertEquals(suggest("values", ["hashes"]), "");
 * assertEquals(suggest("lvl", ["url", "level"]), ', did you mean "level"?');
 * ```
 */
export function suggest(name: string, known: readonly string[]): string {
  // Of those that are as close, one that begins alike: few mistype that.
  const [first, ...rest] = known.toSorted((a, b) =>
    Number(b[0] === name[0]) - Number(a[0] === name[0])
  );
  if (first === undefined) return "";
  const closest = closestString(name, [first, ...rest]);
  // Half of it may be wrong, if it begins alike: else it is another word.
  const share = closest[0] === name[0] ? 2 : 3;
  return levenshteinDistance(name, closest) <= closest.length / share
    ? `, did you mean "${closest}"?`
    : "";
}
