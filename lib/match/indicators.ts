/**
 * Which indicators are matches: their patterns compared with our IoCs.
 *
 * @module
 */
import type { Alert } from "../alert/alert.ts";
import type { Ioc } from "../alert/ioc.ts";
import { HASH_KINDS } from "../alert/kinds.ts";
import type { Config, Filters } from "../config/config.ts";
import {
  type Comparison,
  type Condition,
  MAX_PATTERN_LENGTH,
  type Pattern,
  readPattern,
} from "../opencti/pattern.ts";
import type { Indicator } from "../opencti/schema.ts";
import { alertFactsOf } from "./alert_facts.ts";
import { compareWith } from "./compare.ts";
import { type Compare, evaluate } from "./evaluate.ts";
import { filterOut } from "./filters.ts";
import type { Lookup } from "./known.ts";
import type { IndicatorMatch, IndicatorReason } from "./match.ts";
import type { ReadRegex } from "./text_operators.ts";
import { subjectOf } from "./subject.ts";

/** What indicators are compared with. */
export interface IndicatorOptions
  extends
    Filters,
    Readonly<Pick<Config, "partial_matches" | "exact_only" | "url_case">> {
  readonly alert: Alert;
  readonly iocs: readonly Ioc[];
  readonly lookup: Lookup;
  readonly readRegex?: ReadRegex | undefined;
}

/** A match, or why an indicator is none. */
export type IndicatorOutcome = IndicatorMatch | {
  readonly indicator: Indicator;
  readonly reason: IndicatorReason;
};

/** Compares indicators, each once, with our IoCs. */
export function matchIndicators(
  indicators: readonly Indicator[],
  options: IndicatorOptions,
): readonly IndicatorOutcome[] {
  const lengths = lengthsToRead(indicators);
  const { exact_only } = options;
  const alert = alertFactsOf(options.alert);
  const compare = compareWith({ ...options, alert });
  return indicators.map((indicator) => {
    const maxLength = lengths.get(indicator) ?? 0;
    const match = matchPattern(indicator, {
      maxLength,
      compare,
      exact_only,
      times: alert.times,
    });
    if ("why" in match) return { indicator, reason: match };
    if (!options.partial_matches && match.type !== "indicator_pattern_match") {
      return { indicator, reason: { why: "partial_matches" } };
    }
    const filtered = filterOut(indicator, options);
    return filtered === undefined
      ? match
      : { indicator, reason: { why: "filtered", filtered } };
  });
}

/**
 * How much of each indicator's pattern is read: of all together as much as of
 * one, the shortest first, so that a long one keeps no other out.
 */
function lengthsToRead(
  indicators: readonly Indicator[],
): ReadonlyMap<Indicator, number> {
  const lengthOf = ({ pattern }: Indicator) => pattern?.length ?? 0;
  let room = MAX_PATTERN_LENGTH;
  return new Map(
    indicators.toSorted((a, b) => lengthOf(a) - lengthOf(b))
      .map((indicator) => {
        const length = Math.min(lengthOf(indicator), room);
        room -= length;
        return [indicator, length];
      }),
  );
}

/** Compares an indicator's pattern with our IoCs. */
function matchPattern(
  indicator: Indicator,
  { maxLength, compare, exact_only, times }: {
    /** How much of it is read. */
    readonly maxLength: number;
    readonly compare: Compare;
    readonly exact_only: boolean;
    /** When the alert's event was, or may have been. */
    readonly times: readonly string[];
  },
): IndicatorMatch | IndicatorReason {
  const text = indicator.pattern ?? "";
  const noIoc: IndicatorReason = {
    why: "no_ioc",
    ...text.length > maxLength && { readLength: maxLength },
  };
  if (maxLength === 0 && text !== "") return noIoc;
  const reading = readPattern(text, maxLength);
  if ("problem" in reading) return { why: "unreadable", ...reading };
  const { pattern, isCut } = reading;
  const { state, met, unmet } = evaluate(pattern, compare, { times });
  if (state === "contradicted") return { why: "contradicted", unmet };
  if (met === undefined || state === "unknown") {
    return unmet.some(({ alert }) => alert === "uncompared")
      ? { ...noIoc, isUncompared: true }
      : noIoc;
  }
  const doubts = [
    ...unmet,
    ...isCut ? [{ comparison: "", alert: "cut" } as const] : [],
    ...exact_only && !saysOneThing(pattern, compare)
      ? [{ comparison: "", alert: "more" } as const]
      : [],
  ];
  return {
    type: state === "holds" && doubts.length === 0
      ? "indicator_pattern_match"
      : "indicator_partial_pattern_match",
    met,
    unmet: doubts,
    indicator,
  };
}

/** Whether a pattern says one IoC, or one file by several hashes, and no more. */
function saysOneThing(pattern: Pattern, compare: Compare): boolean {
  const comparisons = comparisonsIn(pattern);
  if (comparisons === undefined) return false;
  const verdicts = comparisons.map(compare);
  const iocs = new Set(verdicts.map(({ met }) => met?.ioc));
  return comparisons.every(({ values }) => values.length === 1) &&
    (iocs.size === 1 || comparisons.every(isOfHash) &&
        verdicts.every(({ unmet }) =>
          unmet.every(({ alert }) => alert === "silent")
        ));
}

function isOfHash({ path }: Comparison): boolean {
  const subject = subjectOf(path);
  return subject?.type === "value" &&
    subject.kinds.every((kind) => HASH_KINDS.some((hash) => hash === kind));
}

/** The comparisons of a pattern; `undefined` if it is of time or order too. */
function comparisonsIn(pattern: Pattern): readonly Comparison[] | undefined {
  switch (pattern.type) {
    case "observation":
      return inCondition(pattern.condition);
    case "qualified":
    case "FOLLOWEDBY":
      return undefined;
    default: {
      const all = pattern.operands.map(comparisonsIn);
      return all.includes(undefined)
        ? undefined
        : all.flatMap((one) => one ?? []);
    }
  }
}

function inCondition(condition: Condition): readonly Comparison[] {
  return condition.type === "comparison"
    ? [condition]
    : condition.operands.flatMap(inCondition);
}
