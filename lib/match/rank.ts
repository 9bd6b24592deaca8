/**
 * Which match is better to know.
 *
 * @module
 */
import { isExpired } from "./filters.ts";
import type { Match } from "./match.ts";

/**
 * Sorts by what is best to know, the best first.
 *
 * @example
 * ```ts
 * import { assertEquals } from "@std/assert";
 * import { Indicator } from "../opencti/schema.ts";
 *
 * const match = (x_opencti_score: number) => ({
 *   type: "indicator_pattern_match" as const,
 *   ioc: { kind: "ipv4", value: "1.2.3.4", spellings: [], field: "f" } as const,
 *   indicator: Indicator.parse({ id: "1d9e", x_opencti_score }),
 * });
 * const options = { now: new Date() };
 * assertEquals(rank([match(1), match(2)], options), [match(2), match(1)]);
 * ```
 */
export function rank<T extends Match>(
  matches: readonly T[],
  { now }: { readonly now: Date },
): T[] {
  return matches.map((match) => ({ match, ranks: ranksOf(match, now) }))
    .sort((a, b) => {
      const at = a.ranks.findIndex((value, n) => value !== b.ranks[n]);
      return (b.ranks[at] ?? 0) - (a.ranks[at] ?? 0);
    }).map(({ match }) => match);
}

/** What decides, most important first: the greater the better. */
function ranksOf({ type, indicator }: Match, now: Date): readonly number[] {
  const isDirect = type !== "indicator_partial_pattern_match" &&
    type !== "observable_with_related_indicator";
  return [
    Number(isDirect),
    Number(indicator.revoked !== true),
    Number(indicator.x_opencti_detection === true),
    indicator.x_opencti_score ?? -1,
    indicator.confidence ?? -1,
    Number(!isExpired(indicator, now)),
  ];
}
