/**
 * What of OpenCTI's answer is emitted: IoCs and answer in, matches out.
 *
 * @module
 */
import type { Alert } from "../alert/alert.ts";
import type { Ioc } from "../alert/ioc.ts";
import type { Config, Filters } from "../config/config.ts";
import { firstOf } from "../opencti/query.ts";
import type { Answer, Observable } from "../opencti/schema.ts";
import type { Unmet } from "./evaluate.ts";
import { type IndicatorOutcome, matchIndicators } from "./indicators.ts";
import { lookupAmong, type Parent } from "./known.ts";
import type { Decision, Match } from "./match.ts";
import { matchObservables } from "./observables.ts";
import { rank } from "./rank.ts";
import type { ReadRegex } from "./text_operators.ts";

/** What limits the matches. */
export interface MatchOptions extends
  Filters,
  Readonly<
    Pick<
      Config,
      | "max_ind_alerts"
      | "max_obs_alerts"
      | "partial_matches"
      | "exact_only"
      | "networks"
      | "url_case"
    >
  > {
  readonly alert: Alert;
  /** The domains that were asked for because an IoC is below. */
  readonly parents: readonly Parent[];
  /** Which page of the answer it is: the second has more of each list. */
  readonly page: 1 | 2;
  /** Needed if {@linkcode hasRegex} says so. */
  readonly readRegex?: ReadRegex | undefined;
}

/** Whether a pattern of an answer may have a regular expression. */
export function hasRegex({ exact, partial }: Answer): boolean {
  return [...exact.nodes, ...partial.nodes].some(({ pattern }) =>
    pattern?.toUpperCase().includes("MATCHES")
  );
}

/** The matches, and what became of all else. */
export interface Matches {
  /** In the order they are emitted: indicators, then observables. */
  readonly matches: readonly Match[];
  /** How many there are, with those beyond what may be emitted. */
  readonly found: number;
  /** What OpenCTI has more of than was asked for, or than was read. */
  readonly cutOff: readonly string[];
  /** Whether OpenCTI has more than was asked for. */
  readonly hasMore: boolean;
  /** Why each match ranks where it does, and why others are not emitted. */
  readonly decisions: readonly Decision[];
}

/**
 * Finds and ranks what is emitted: indicators first, then observables whose
 * indicators were not emitted already.
 */
export function matchAnswer(
  iocs: readonly Ioc[],
  answer: Answer,
  options: MatchOptions,
): Matches {
  const lookup = lookupAmong(iocs, options);
  const asked = askedFor(answer, options);
  const outcomes = matchIndicators(
    byId([...asked.exact.nodes, ...asked.partial.nodes]),
    { ...options, lookup, iocs },
  );
  const indicators = rank(
    outcomes.flatMap((one) => "reason" in one ? [] : [one]),
    options,
  );
  const first = take(indicators, "max_ind_alerts", options);
  const emitted = new Set(first.emitted.map(({ indicator }) => indicator.id));
  const { matches, skipped } = matchObservables(
    byId([...asked.values.nodes, ...asked.files.nodes]),
    { ...options, lookup, emitted, contradicted: contradictedIn(outcomes) },
  );
  const observables = rank(matches, options);
  const second = take(observables, "max_obs_alerts", options);
  return {
    matches: [...first.emitted, ...second.emitted],
    found: indicators.length + observables.length,
    hasMore: cutOffIn(asked).length > 0,
    cutOff: [
      ...cutOffIn(asked),
      ...outcomes.some(isUnread) ? ["of a pattern"] : [],
    ],
    decisions: [
      ...outcomes.flatMap((one): Decision[] =>
        "reason" in one ? [{ type: "skipped", ...one }] : []
      ),
      ...first.decisions,
      ...skipped,
      ...second.decisions,
    ],
  };
}

/** Whether a pattern was not read or compared whole, and the rest is no match. */
function isUnread(outcome: IndicatorOutcome): boolean {
  return "reason" in outcome &&
    ("readLength" in outcome.reason || "isUncompared" in outcome.reason ||
      outcome.reason.why === "unreadable");
}

/** What the alert says against the patterns of indicators, by their ids. */
function contradictedIn(
  outcomes: readonly IndicatorOutcome[],
): ReadonlyMap<string, readonly Unmet[]> {
  return new Map(
    outcomes.flatMap((one) =>
      "reason" in one && one.reason.why === "contradicted"
        ? [[one.indicator.id, one.reason.unmet] as const]
        : []
    ),
  );
}

/** What was asked for of an answer: it may hold more. */
function askedFor(answer: Answer, options: MatchOptions): Answer {
  const { indicators, observables } = firstOf(options, options.page);
  return {
    exact: firstIn(answer.exact, indicators),
    partial: firstIn(answer.partial, indicators),
    values: firstIn(answer.values, observables),
    files: firstIn(answer.files, observables),
  };
}

function firstIn<T>(
  { nodes, hasMore }: { readonly nodes: T[]; readonly hasMore: boolean },
  first: number,
) {
  return {
    nodes: nodes.slice(0, first),
    hasMore: hasMore || nodes.length > first,
  };
}

function cutOffIn(answer: Answer): string[] {
  const found = [...answer.values.nodes, ...answer.files.nodes];
  // What is related matters for those that have no indicator.
  const bare = found.filter(({ indicators }) => indicators.nodes.length === 0);
  const ends = bare.flatMap(({ stixCoreRelationships }) =>
    stixCoreRelationships.nodes.flatMap(({ from, to }) => [from, to])
  );
  const has = (observables: readonly (Observable | null)[]) =>
    observables.some((one) => one?.indicators.hasMore);
  return Object.entries({
    ...answer,
    indicators: { hasMore: has(found) },
    relationships: {
      hasMore: bare.some((one) => one.stixCoreRelationships.hasMore),
    },
    "related indicators": { hasMore: has(ends) },
  }).filter(([, { hasMore }]) => hasMore).map(([name]) => name);
}

/** The best that an option allows, an indicator once for an IoC. */
function take<T extends Match>(
  ranked: readonly T[],
  option: "max_ind_alerts" | "max_obs_alerts",
  { [option]: max }: MatchOptions,
): {
  readonly emitted: readonly T[];
  readonly decisions: readonly Decision[];
} {
  const taken = new Map<Ioc, Set<string>>();
  const emitted: T[] = [];
  const decisions = ranked.map((match): Decision => {
    const ids = taken.get(match.met.ioc) ?? new Set();
    taken.set(match.met.ioc, ids);
    if (ids.has(match.indicator.id)) {
      return { type: "skipped", match, reason: "repeated", max };
    }
    ids.add(match.indicator.id);
    if (emitted.length >= max) {
      return { type: "skipped", match, reason: option, max };
    }
    emitted.push(match);
    return { type: "emitted", match, place: emitted.length };
  });
  return { emitted, decisions };
}

function byId<T extends { readonly id: string }>(objects: readonly T[]): T[] {
  return [...new Map(objects.map((object) => [object.id, object])).values()];
}
