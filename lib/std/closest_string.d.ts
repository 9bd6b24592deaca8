/** The word of a list that is the most like another. */
export function closestString(
  word: string,
  words: readonly [string, ...string[]],
): string;
