/**
 * Which observables are matches: those of our IoCs, with the best indicator of
 * theirs, or of one that is related.
 *
 * @module
 */
import type { Config, Filters } from "../config/config.ts";
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
export interface ObservableOptions
  extends Filters, Readonly<Pick<Config, "partial_matches">> {
  readonly lookup: Lookup;
  /** The ids of the indicators that are emitted by themselves. */
  readonly emitted: ReadonlySet<string>;
  /** What the alert says against an indicator's pattern, by its id. */
  readonly contradicted: ReadonlyMap<string, readonly Unmet[]>;
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
  const none = (
    reason: ObservableReason,
    skipped: readonly Decision[] = [],
  ): Outcome => ({
    matches: [],
    skipped: [...skipped, { type: "skipped", observable, reason }],
  });
  const found = findIoc(observable, options);
  if (found === undefined) return none("no_ioc");
  if (found.unmet.length > 0 && !options.partial_matches) {
    return none("partial_matches");
  }
  const all = candidatesOf({ observable, found }, options).map((match) => ({
    match,
    filtered: filterOut(match.indicator, options),
  }));
  const left = all.filter(({ filtered }) => filtered === undefined)
    .map(({ match }) => match);
  const skipped = all.flatMap(({ match: { indicator }, filtered }) =>
    filtered === undefined ? [] : [
      {
        type: "skipped",
        indicator,
        reason: { why: "filtered", filtered },
      } as const,
    ]
  );
  const [best] = rank(
    left.filter(({ indicator: { id } }) => !options.emitted.has(id)),
    options,
  );
  if (best !== undefined) return { matches: [best], skipped };
  return none(
    all.length === 0
      ? "no_indicators"
      : left.length > 0
      ? "indicators_emitted"
      : "indicators_filtered",
    skipped,
  );
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

/**
 * The matches that an observable may be: with its indicators, and if it has
 * none with those of what is related. An indicator is emitted here though the
 * alert contradicts its pattern, for the observable is known: the event says so.
 */
function candidatesOf(
  { observable, found }: {
    readonly observable: FoundObservable;
    readonly found: FoundIoc;
  },
  { contradicted }: Pick<ObservableOptions, "contradicted">,
): readonly (ObservableMatch | RelatedMatch)[] {
  const { id, indicators, stixCoreRelationships } = observable;
  const unmetOf = (indicator: Indicator) => [
    ...found.unmet,
    ...contradicted.get(indicator.id) ?? [],
  ];
  if (indicators.nodes.length > 0) {
    return indicators.nodes.map((indicator) => ({
      type: found.unmet.length > 0
        ? "indicator_partial_pattern_match"
        : "observable_with_indicator",
      met: found.met,
      unmet: unmetOf(indicator),
      observable,
      indicator,
    }));
  }
  return stixCoreRelationships.nodes.flatMap(
    ({ from, to, relationship_type: relationship }) => {
      // A relationship has two ends, and either may be this observable.
      const related = from?.id === id ? to : from;
      if (related === null || related.id === id) return [];
      return related.indicators.nodes.map((indicator) => ({
        type: "observable_with_related_indicator" as const,
        met: found.met,
        unmet: unmetOf(indicator),
        observable,
        related,
        relationship,
        indicator,
      }));
    },
  );
}
