/** The word of a list that is the most like another. */
export function closestString(
  word: string,
  words: readonly [string, ...string[]],
): string;

/** How many letters must be changed to make one text of another. */
export function levenshteinDistance(one: string, other: string): number;
