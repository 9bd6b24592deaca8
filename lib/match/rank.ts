/**
 * Which match is better to know.
 *
 * @module
 */
import { stateOf } from "./filters.ts";
import type { Match } from "./match.ts";

/** What decides whether an indicator is active. */
export type RankOptions = Parameters<typeof stateOf>[1];

/**
 * Sorts by what is best to know, the best first.
 *
 * @example
 * ```ts
 * import * as v from "valibot";
 * import { assertEquals } from "@std/assert";
 * import { Indicator } from "../opencti/schema.ts";
 *
 * const ioc = { kind: "ipv4", value: "1.2.3.4", spellings: [], field: "f" } as const;
 * const match = (x_opencti_score: number) => ({
 *   type: "indicator_pattern_match" as const,
 *   met: { ioc, matched: "ipv4-addr:value = '1.2.3.4'" },
 *   unmet: [],
 *   indicator: v.parse(Indicator, { id: "1d9e", x_opencti_score }),
 * });
 * const options = { now: new Date(), future_is_active: false };
 * assertEquals(rank([match(1), match(2)], options), [match(2), match(1)]);
 * ```
 */
export function rank<T extends Match>(
  matches: readonly T[],
  options: RankOptions,
): T[] {
  return matches.map((match) => ({ match, ranks: ranksOf(match, options) }))
    .sort((a, b) => {
      const at = a.ranks.findIndex((value, n) => value !== b.ranks[n]);
      return (b.ranks[at] ?? 0) - (a.ranks[at] ?? 0);
    }).map(({ match }) => match);
}

/** What decides, most important first: the greater the better. */
function ranksOf(
  { type, indicator, unmet }: Match,
  options: RankOptions,
): readonly number[] {
  const isFull = type !== "observable_with_related_indicator" &&
    unmet.length === 0;
  return [
    // Decay revokes most of what an OpenCTI holds: what is active goes first.
    Number(stateOf(indicator, options) === "active"),
    Number(isFull),
    Number(indicator.x_opencti_detection === true),
    indicator.x_opencti_score ?? -1,
    indicator.confidence ?? -1,
  ];
}
