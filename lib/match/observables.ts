/**
 * Which observables are matches: those of our IoCs, with the best indicator of
 * theirs, or of one that is related.
 *
 * @module
 */
import type { Filters } from "../config/config.ts";
import type { FoundObservable, Indicator } from "../opencti/schema.ts";
import { filterOut } from "./filters.ts";
import type { Met, Unmet } from "./evaluate.ts";
import { knownObservable, type Lookup } from "./known.ts";
import type {
  Decision,
  ObservableMatch,
  ObservableReason,
  RelatedMatch,
} from "./match.ts";
import { rank } from "./rank.ts";

/** What observables are compared with. */
export interface ObservableOptions extends Filters {
  readonly lookup: Lookup;
  /** The ids of the indicators that are emitted by themselves. */
  readonly emitted: ReadonlySet<string>;
}

/** The matches, and why others are none. */
interface Outcome {
  readonly matches: readonly (ObservableMatch | RelatedMatch)[];
  readonly skipped: readonly Decision[];
}

/** Compares observables, each once, with our IoCs. */
export function matchObservables(
  observables: readonly FoundObservable[],
  options: ObservableOptions,
): Outcome {
  const outcomes = observables.map((observable) =>
    matchObservable(observable, options)
  );
  return {
    matches: outcomes.flatMap(({ matches }) => matches),
    skipped: outcomes.flatMap(({ skipped }) => skipped),
  };
}

function matchObservable(
  observable: FoundObservable,
  options: ObservableOptions,
): Outcome {
  const found = findIoc(observable, options);
  if (found === undefined) return none(observable, "no_ioc");
  const all = observable.indicators.nodes;
  const { left, skipped } = filterAll(all, options);
  const matches = left.filter(({ id }) => !options.emitted.has(id)).map(
    (indicator): ObservableMatch => ({
      type: "observable_with_indicator",
      ...found,
      observable,
      indicator,
    }),
  );
  if (matches.length > 0) return { matches: best(matches, options), skipped };
  if (all.length === 0) return matchRelated(observable, found, options);
  const why = left.length > 0 ? "indicators_emitted" : "indicators_filtered";
  return none(observable, why, skipped);
}

/** The IoC that an observable is, and what is not known to hold of it. */
type FoundIoc = Pick<ObservableMatch, "met" | "unmet">;

function findIoc(
  observable: FoundObservable,
  { lookup }: ObservableOptions,
): FoundIoc | undefined {
  const known = knownObservable(observable, lookup);
  if (known === undefined) return undefined;
  const { text, ...rest } = known;
  const matched = `${observable.entity_type}: ${text}`;
  const met: Met = { ...rest, matched };
  const unmet: readonly Unmet[] = known.parent !== undefined
    ? [{ comparison: matched, alert: "below" }]
    : known.isOtherCase
    ? [{ comparison: matched, alert: "other_case" }]
    : [];
  return { met, unmet };
}

/** What those that are related to an observable without indicators have. */
function matchRelated(
  observable: FoundObservable,
  found: FoundIoc,
  options: ObservableOptions,
): Outcome {
  const outcomes = observable.stixCoreRelationships.nodes.map(
    ({ from, to, relationship_type }): Outcome => {
      // A relationship has two ends, and either may be this observable.
      const related = from?.id === observable.id ? to : from;
      if (related === null || related.id === observable.id) return NOTHING;
      const { left, skipped } = filterAll(related.indicators.nodes, options);
      const matches = left.filter(({ id }) => !options.emitted.has(id)).map(
        (indicator): RelatedMatch => ({
          type: "observable_with_related_indicator",
          ...found,
          observable,
          related,
          relationship: relationship_type,
          indicator,
        }),
      );
      return { matches, skipped };
    },
  );
  const matches = outcomes.flatMap(({ matches }) => matches);
  const skipped = outcomes.flatMap(({ skipped }) => skipped);
  return matches.length > 0
    ? { matches: best(matches, options), skipped }
    : none(observable, "no_indicators", skipped);
}

const NOTHING: Outcome = { matches: [], skipped: [] };

function none(
  observable: FoundObservable,
  reason: ObservableReason,
  skipped: readonly Decision[] = [],
): Outcome {
  return {
    matches: [],
    skipped: [...skipped, { type: "skipped", observable, reason }],
  };
}

function best<T extends ObservableMatch | RelatedMatch>(
  matches: readonly T[],
  options: ObservableOptions,
): readonly T[] {
  return rank(matches, options).slice(0, 1);
}

function filterAll(
  indicators: readonly Indicator[],
  options: ObservableOptions,
): {
  readonly left: readonly Indicator[];
  readonly skipped: readonly Decision[];
} {
  const all = indicators.map((indicator) => ({
    indicator,
    filtered: filterOut(indicator, options),
  }));
  return {
    left: all.filter(({ filtered }) => filtered === undefined)
      .map(({ indicator }) => indicator),
    skipped: all.flatMap(({ indicator, filtered }): Decision[] =>
      filtered === undefined ? [] : [{
        type: "skipped",
        indicator,
        reason: { why: "filtered", filtered },
      }]
    ),
  };
}
