/**
 * What a match is, and what became of each that could have been one.
 *
 * @module
 */
import type { Indicator, Observable } from "../opencti/schema.ts";
import type { Met, Unmet } from "./evaluate.ts";
import type { Filtered } from "./filters.ts";

/** What is emitted of an IoC. */
export type Match = IndicatorMatch | ObservableMatch | RelatedMatch;

/** What each match says. */
interface Found {
  /** The IoC, and how it was met. */
  readonly met: Met;
  /** What is not known to hold of it; empty for a match in full. */
  readonly unmet: readonly Unmet[];
  readonly indicator: Indicator;
}

/** An indicator whose pattern holds of the alert, in full or in part. */
export interface IndicatorMatch extends Found {
  readonly type: "indicator_pattern_match" | "indicator_partial_pattern_match";
}

/**
 * An observable of our IoC, with the best of its indicators; in part, if its
 * value is not quite that of the IoC.
 */
export interface ObservableMatch extends Found {
  readonly type:
    | "observable_with_indicator"
    | "indicator_partial_pattern_match";
  readonly observable: Observable;
}

/**
 * An observable of our IoC without indicators, and one that is related to it
 * and has some, with the best of these.
 */
export interface RelatedMatch extends Found {
  readonly type: "observable_with_related_indicator";
  readonly observable: Observable;
  readonly related: Observable;
  readonly relationship: string;
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
    /** Whether a part of it was not compared. */
    readonly isUncompared?: true;
  }
  | { readonly why: "contradicted"; readonly unmet: readonly Unmet[] }
  | { readonly why: "partial_matches" }
  | { readonly why: "filtered"; readonly filtered: Filtered };

/** Why an observable is not emitted. */
export type ObservableReason =
  | "no_ioc"
  | "partial_matches"
  | "indicators_emitted"
  | "indicators_filtered"
  | "no_indicators";

/**
 * What a match is known by: the same match of another answer has the same key.
 *
 * @example
 * ```ts
 * import * as v from "valibot";
 * import { assertEquals } from "@std/assert";
 * import { Indicator } from "../opencti/schema.ts";
 *
 * const ioc = { kind: "ipv4", value: "1.2.3.4", spellings: [], field: "" } as const;
 * assertEquals(
 *   matchKey({
 *     type: "indicator_pattern_match",
 *     met: { ioc, matched: "ipv4-addr:value = '1.2.3.4'" },
 *     unmet: [],
 *     indicator: v.parse(Indicator, { id: "1d9e" }),
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
  const { type, met: { ioc }, indicator } = match;
  return [type, ioc.kind, ioc.value, ...observables, indicator.id].join(" ");
}
