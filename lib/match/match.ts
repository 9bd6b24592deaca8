/**
 * What a match is, and what became of each that could have been one.
 *
 * @module
 */
import type { Ioc } from "../alert/ioc.ts";
import type { Indicator, Observable } from "../opencti/schema.ts";
import type { Filtered } from "./filters.ts";

/** What is emitted of an IoC. */
export type Match = IndicatorMatch | ObservableMatch | RelatedMatch;

/**
 * An indicator whose pattern says exactly our IoC, or has it as one comparison
 * among others.
 */
export interface IndicatorMatch {
  readonly type: "indicator_pattern_match" | "indicator_partial_pattern_match";
  readonly ioc: Ioc;
  readonly indicator: Indicator;
}

/** An observable of our IoC, with the best of its indicators. */
export interface ObservableMatch {
  readonly type: "observable_with_indicator";
  readonly ioc: Ioc;
  readonly observable: Observable;
  readonly indicator: Indicator;
}

/**
 * An observable of our IoC without indicators, and one that is related to it
 * and has some, with the best of these.
 */
export interface RelatedMatch {
  readonly type: "observable_with_related_indicator";
  readonly ioc: Ioc;
  readonly observable: Observable;
  readonly related: Observable;
  readonly relationship: string;
  readonly indicator: Indicator;
}

/** What became of an indicator, an observable or a match, and why. */
export type Decision =
  | {
    readonly type: "emitted";
    readonly match: Match;
    /** From 1, of its kind. */
    readonly place: number;
  }
  | {
    readonly type: "skipped";
    readonly match: Match;
    readonly reason: "repeated" | "max_ind_alerts" | "max_obs_alerts";
    /** What the option allows. */
    readonly max: number;
  }
  | {
    readonly type: "skipped";
    readonly indicator: Indicator;
    readonly reason: IndicatorReason;
  }
  | {
    readonly type: "skipped";
    readonly observable: Observable;
    readonly reason: ObservableReason;
  };

/** Why an indicator is not emitted. */
export type IndicatorReason =
  | { readonly why: "unreadable"; readonly problem: string }
  | {
    readonly why: "no_ioc";
    /** How much of its pattern was read, if not all. */
    readonly readLength?: number;
  }
  | { readonly why: "partial_matches" }
  | { readonly why: "filtered"; readonly filtered: Filtered };

/** Why an observable is not emitted. */
export type ObservableReason =
  | "no_ioc"
  | "indicators_emitted"
  | "indicators_filtered"
  | "no_indicators";

/**
 * What a match is known by: the same match of another answer has the same key.
 *
 * @example
 * ```ts
 * import { assertEquals } from "@std/assert";
 * import { Indicator } from "../opencti/schema.ts";
 *
 * assertEquals(
 *   matchKey({
 *     type: "indicator_pattern_match",
 *     ioc: { kind: "ipv4", value: "1.2.3.4", spellings: ["1.2.3.4"], field: "" },
 *     indicator: Indicator.parse({ id: "1d9e" }),
 *   }),
 *   "indicator_pattern_match ipv4 1.2.3.4 1d9e",
 * );
 * ```
 */
export function matchKey(match: Match): string {
  const observables = "related" in match
    ? [match.observable.id, match.related.id]
    : "observable" in match
    ? [match.observable.id]
    : [];
  const { type, ioc, indicator } = match;
  return [type, ioc.kind, ioc.value, ...observables, indicator.id].join(" ");
}
