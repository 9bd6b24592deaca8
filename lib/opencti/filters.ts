/**
 * OpenCTI's filters: their form, and how much one of them may hold.
 *
 * @module
 */

/** OpenCTI's filters: a key each; `values` is empty for `nil` alone. */
export interface FilterGroup {
  readonly mode: "and" | "or";
  readonly filters: readonly Filter[];
  readonly filterGroups: readonly FilterGroup[];
}

/** One key, and what it is compared with. */
export interface Filter {
  readonly key: readonly [string];
  readonly values: readonly string[];
  readonly operator: "eq" | "wildcard" | "gte" | "gt" | "nil";
  readonly mode: "or";
}

/** A filter of one key. */
export function filter(
  key: string,
  operator: Filter["operator"],
  values: readonly string[],
): Filter {
  return { key: [key], values, operator, mode: "or" };
}

/** Filters, all or any of which must be met. */
export function group(
  mode: "and" | "or",
  filters: readonly Filter[],
  filterGroups: readonly FilterGroup[] = [],
): FilterGroup {
  return { mode, filters, filterGroups };
}

/** `eq` never finds what is longer. */
const MAX_EQ_LENGTH = 512;

/** Asked for by `eq`, this finds every row, whatever the key. */
const FINDS_ALL = /^\s*(?:EXISTS|\*+)\s*$/;

/**
 * Filters for texts that are one of `values`. Those too long for `eq` are asked
 * for as a phrase; what comes back is compared by us. A value that would find
 * every row is left out.
 *
 * @example
 * ```ts
 * import { assertEquals } from "@std/assert";
 *
 * assertEquals(equal("value", ["EXISTS", "curl"]), [
 *   { key: ["value"], values: ["curl"], operator: "eq", mode: "or" },
 * ]);
 * assertEquals(equal("value", ["*"]), []);
 * ```
 */
export function equal(key: string, values: readonly string[]): Filter[] {
  const useful = values.filter((value) => !FINDS_ALL.test(value));
  const short = useful.filter((value) => value.length <= MAX_EQ_LENGTH);
  const long = useful.filter((value) => value.length > MAX_EQ_LENGTH);
  return [
    ...short.length > 0 ? [filter(key, "eq", short)] : [],
    ...within(key, long),
  ];
}

/**
 * Filters for texts that contain one of the phrases. OpenCTI puts a phrase
 * between quotes into a query string of Elasticsearch, as it is or, in newer
 * versions, escaped: what has a meaning there parts words, so a space in its
 * place finds the same in all versions. A phrase without a word is left out.
 *
 * @see https://www.elastic.co/docs/reference/query-languages/query-dsl/query-dsl-query-string-query
 *
 * @example
 * ```ts
 * import { assertEquals } from "@std/assert";
 *
 * assertEquals(within("pattern", ["'it\\'s'", "'*'"]), [
 *   { key: ["pattern"], values: ["'it 's'"], operator: "wildcard", mode: "or" },
 * ]);
 * ```
 */
export function within(key: string, phrases: readonly string[]): Filter[] {
  const plain = phrases.map((phrase) => phrase.replace(/[\\"*?]/g, " "))
    .filter((phrase) => wordsIn(phrase).length > 0 && !FINDS_ALL.test(phrase));
  return plain.length > 0 ? [filter(key, "wildcard", [...new Set(plain)])] : [];
}

/** A filter bears so many values: each is a clause of the search. */
export const MAX_CLAUSES = 300;

/** Older search engines count each word of a phrase. */
const MAX_WORDS = 900;

/** What fits into a filter, and how much does not. */
export interface Fitting {
  readonly values: readonly string[];
  readonly leftOut: number;
}

/**
 * Fills a filter from lists that begin with what is likeliest: the first of all
 * lists come before the second of any.
 *
 * @example
 * ```ts
 * import { assertEquals } from "@std/assert";
 *
 * assertEquals(fit([["a", "b"], ["c", "a"]], { clauses: 2 }), {
 *   values: ["a", "c"],
 *   leftOut: 1,
 * });
 * ```
 */
export function fit(
  lists: readonly (readonly string[])[],
  { clauses = MAX_CLAUSES, words = Infinity }: {
    readonly clauses?: number;
    readonly words?: number;
  } = {},
): Fitting {
  const byLikelihood = lists.flatMap((list) =>
    list.map((value, place) => ({ value, place }))
  ).sort((a, b) => a.place - b.place);
  const all = [...new Set(byLikelihood.map(({ value }) => value))];
  let room = words;
  const values: string[] = [];
  for (const value of all) {
    if (values.length >= clauses) break;
    const cost = words === Infinity ? 0 : wordsIn(value).length;
    if (cost > room) continue;
    room -= cost;
    values.push(value);
  }
  return { values, leftOut: all.length - values.length };
}

/** The same for phrases. */
export function fitPhrases(
  lists: readonly (readonly string[])[],
  part: number,
): Fitting {
  return fit(lists, { clauses: MAX_CLAUSES * part, words: MAX_WORDS * part });
}

/**
 * The words of a text, or parts of these: some of what parts words here does
 * not in all places. No class of Unicode's: to make one takes a millisecond.
 */
export function wordsIn(text: string): readonly string[] {
  return text.match(/[0-9A-Za-z\x80-\uffff]+/g) ?? [];
}
