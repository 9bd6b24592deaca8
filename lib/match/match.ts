/**
 * What of OpenCTI's answer is told: IoCs and answer in, matches out.
 *
 * @module
 */
import { type Ioc } from "../alert/ioc.ts";
import {
  HASH_KINDS,
  KINDS,
  normalize,
  type NormalValue,
} from "../alert/kinds.ts";
import type { Filters } from "../config/config.ts";
import { isExpired, whyFiltered } from "./filters.ts";
import { firstOf } from "../opencti/query.ts";
import type {
  Answer,
  FoundObservable,
  Indicator,
  Observable,
} from "../opencti/schema.ts";
import { MAX_PATTERN_LENGTH, readPattern } from "../opencti/stix.ts";

/** What is told of an IoC. */
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

/** What limits the matches. */
export interface MatchOptions extends Filters {
  readonly max_ind_alerts: number;
  readonly max_obs_alerts: number;
  readonly partial_matches: boolean;
}

/** The same, where it is said why something is not told. */
type NotedOptions = MatchOptions & { readonly notes: Notes };

/** What is said, each sentence once. */
interface Notes {
  readonly said: Set<string>;
  /** How many more there would be. */
  unsaid: number;
}

/** Nobody reads more. */
const MAX_NOTES = 1000;

function note(notes: Notes, sentence: string): void {
  if (notes.said.size < MAX_NOTES) notes.said.add(sentence);
  else notes.unsaid++;
}

/** The matches, and what is said of them when debugging. */
export interface Matches {
  /** In the order they are told: indicators, then observables. */
  readonly matches: readonly Match[];
  /** How many there are, with those beyond what may be told. */
  readonly found: number;
  /** What OpenCTI has more of than was asked for, or than was read. */
  readonly cutOff: readonly string[];
  /** Why each match ranks where it does, and why others are not told. */
  readonly notes: readonly string[];
}

/**
 * Finds and ranks what is told: indicators first, then observables whose
 * indicators were not told already.
 */
export function matchAnswer(
  iocs: readonly Ioc[],
  answer: Answer,
  options: MatchOptions,
): Matches {
  const notes: Notes = { said: new Set(), unsaid: 0 };
  const known = knownBy(iocs);
  const asked = askedFor(answer, options);
  const { found, isPatternCut } = matchIndicators(asked, {
    ...options,
    notes,
    known,
    iocs,
  });
  const indicators = rank(found, options);
  const told = take(options.max_ind_alerts, "max_ind_alerts", {
    ranked: indicators,
    notes,
  });
  const toldIds = new Set(told.map(({ indicator }) => indicator.id));
  const observables = rank(
    matchObservables(known, asked, { ...options, notes, toldIds }),
    options,
  );
  const matches = [
    ...told,
    ...take(options.max_obs_alerts, "max_obs_alerts", {
      ranked: observables,
      notes,
    }),
  ];
  return {
    matches,
    found: indicators.length + observables.length,
    cutOff: [...cutOffIn(asked), ...isPatternCut ? ["of a pattern"] : []],
    notes: [
      ...notes.said,
      ...notes.unsaid > 0 ? [`and ${notes.unsaid} notes more`] : [],
    ],
  };
}

/** What was asked for of an answer: it may hold more. */
function askedFor(answer: Answer, options: MatchOptions): Answer {
  const { indicators, observables } = firstOf(options);
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
  const ends = found.flatMap(({ stixCoreRelationships }) =>
    stixCoreRelationships.nodes.flatMap(({ from, to }) => [from, to])
  );
  const has = (observables: readonly (Observable | null)[]) =>
    observables.some((one) => one?.indicators.hasMore);
  return Object.entries({
    ...answer,
    indicators: { hasMore: has(found) },
    relationships: {
      hasMore: found.some((one) => one.stixCoreRelationships.hasMore),
    },
    "related indicators": { hasMore: has(ends) },
  }).filter(([, { hasMore }]) => hasMore).map(([name]) => name);
}

/** The IoC that a value of OpenCTI is, `undefined` if it is none of ours. */
type Known = (value: NormalValue | undefined) => Ioc | undefined;

function knownBy(iocs: readonly Ioc[]): Known {
  // OpenCTI ignores case, in URLs too.
  const keyOf = ({ kind, value }: NormalValue) =>
    `${kind} ${value.toLowerCase()}`;
  const byKey = new Map(iocs.toReversed().map((ioc) => [keyOf(ioc), ioc]));
  return (value) => value && byKey.get(keyOf(value));
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

function matchIndicators(
  answer: Answer,
  options: NotedOptions & {
    readonly known: Known;
    readonly iocs: readonly Ioc[];
  },
): {
  readonly found: readonly IndicatorMatch[];
  /** Whether a pattern was not read to its end, and what was is no match. */
  readonly isPatternCut: boolean;
} {
  const { partial_matches, notes } = options;
  const indicators = byId([...answer.exact.nodes, ...answer.partial.nodes]);
  const lengths = lengthsToRead(indicators);
  let isPatternCut = false;
  const found = indicators.flatMap((indicator): IndicatorMatch[] => {
    const maxLength = lengths.get(indicator) ?? 0;
    const match = matchPattern(indicator, { ...options, maxLength });
    if (match === undefined) {
      const isCut = (indicator.pattern?.length ?? 0) > maxLength;
      isPatternCut ||= isCut;
      const pattern = isCut
        ? `the first ${maxLength} characters of its pattern do`
        : "its pattern does";
      note(
        notes,
        `${nameOf(indicator)} is no match: ${pattern} not ` +
          `look for an IoC of the alert: ${glanceAt(indicator.pattern)}`,
      );
      return [];
    }
    if (!partial_matches && match.type !== "indicator_pattern_match") {
      note(
        notes,
        `${nameOf(indicator)} is not told: partial_matches is false`,
      );
      return [];
    }
    return toldOf([indicator], options).map(() => match);
  });
  return { found, isPatternCut };
}

/** Those that the narrowing leaves; of the others it is noted why not. */
function toldOf(
  indicators: readonly Indicator[],
  options: NotedOptions,
): Indicator[] {
  return indicators.filter((indicator) => {
    const why = whyFiltered(indicator, options);
    if (why === undefined) return true;
    note(options.notes, `${nameOf(indicator)} is not told: ${glanceAt(why)}`);
    return false;
  });
}

/** Compares an indicator's pattern with our IoCs. */
function matchPattern(
  indicator: Indicator,
  { known, iocs, maxLength }: {
    readonly known: Known;
    readonly iocs: readonly Ioc[];
    /** How much of it is read. */
    readonly maxLength: number;
  },
): IndicatorMatch | undefined {
  const pattern = readPattern(indicator.pattern ?? "", maxLength);
  const values = pattern?.values ?? [];
  const ours = values.map(known);
  const ioc = ours.find((one) => one !== undefined);
  if (pattern === undefined || ioc === undefined) return undefined;
  const isExact = !pattern.isQualified &&
    values.every((value) => value?.isDirect) &&
    (ours.every((one) => one === ioc) || areOneFile(values, iocs));
  return {
    type: isExact
      ? "indicator_pattern_match"
      : "indicator_partial_pattern_match",
    ioc,
    indicator,
  };
}

/**
 * Whether values are hashes of one file, and the alert has no other hashes of
 * these kinds: then they say the file that the alert has one of the hashes of.
 */
function areOneFile(
  values: readonly (NormalValue | undefined)[],
  iocs: readonly Ioc[],
): boolean {
  const kinds = new Set(values.map((value) => value?.kind));
  return kinds.size === values.length &&
    values.every((value) =>
      value !== undefined && isHash(value) &&
      iocs.every((ioc) => ioc.kind !== value.kind || ioc.value === value.value)
    );
}

function isHash({ kind }: NormalValue): boolean {
  return HASH_KINDS.some((hash) => hash === kind);
}

function matchObservables(
  known: Known,
  answer: Answer,
  options: NotedOptions & { readonly toldIds: ReadonlySet<string> },
): (ObservableMatch | RelatedMatch)[] {
  const observables = byId([...answer.values.nodes, ...answer.files.nodes]);
  return observables.flatMap((observable) => {
    const ioc = valuesOf(observable).map(known).find((found) => found);
    if (ioc === undefined) {
      note(
        options.notes,
        `${nameOf(observable)} is no match: its value is no ` +
          "IoC of the alert",
      );
      return [];
    }
    const match = matchObservable(ioc, observable, options);
    if (typeof match === "string") {
      note(options.notes, `${nameOf(observable)} is not told: ${match}`);
      return [];
    }
    return [match];
  });
}

/** What an observable's own indicators, or else related ones, say of it. */
function matchObservable(
  ioc: Ioc,
  observable: FoundObservable,
  options: NotedOptions & { readonly toldIds: ReadonlySet<string> },
): ObservableMatch | RelatedMatch | string {
  const { toldIds } = options;
  const isNew = (indicator: Indicator) => !toldIds.has(indicator.id);
  const all = observable.indicators.nodes;
  const own = toldOf(all, options);
  const [best] = rank(
    own.filter(isNew).map((indicator): ObservableMatch => ({
      type: "observable_with_indicator",
      ioc,
      observable,
      indicator,
    })),
    options,
  );
  if (best !== undefined) return best.item;
  if (own.length > 0) return "its indicators were told already";
  if (all.length > 0) return "all its indicators are left out";

  const related = observable.stixCoreRelationships.nodes.flatMap(
    ({ from, to, relationship_type }): RelatedMatch[] => {
      // A relationship has two ends, and either may be this observable.
      const other = from?.id === observable.id ? to : from;
      if (other === null || other.id === observable.id) return [];
      const others = toldOf(other.indicators.nodes, options);
      return others.filter(isNew).map((indicator) => ({
        type: "observable_with_related_indicator",
        ioc,
        observable,
        related: other,
        relationship: relationship_type,
        indicator,
      }));
    },
  );
  return rank(related, options)[0]?.item ??
    "neither it nor what is related to it has an indicator left to tell";
}

/** What an observable stands for, in the normal form. */
function valuesOf(observable: FoundObservable): (NormalValue | undefined)[] {
  const { entity_type, observable_value, hashes } = observable;
  return Object.values(KINDS)
    .filter(({ observableTypes }) => observableTypes.includes(entity_type))
    .flatMap(({ filterKey, textKind }) =>
      filterKey === "value"
        ? [normalize(textKind, observable_value)]
        : hashes.filter(({ algorithm }) => filterKey === `hashes.${algorithm}`)
          .map(({ hash }) => normalize(textKind, hash ?? ""))
    );
}

interface Ranked<T> {
  readonly item: T;
  /** What decides, most important first: the greater the better. */
  readonly ranks: readonly number[];
  /** The same for people. */
  readonly why: string;
}

/** Sorts by what is best to know, the best first. */
function rank<T extends Match>(
  items: readonly T[],
  { now }: { readonly now: Date },
): Ranked<T>[] {
  return items.map((item) => ({ item, ...rankOf(item, now) }))
    .sort((a, b) => {
      const at = a.ranks.findIndex((value, n) => value !== b.ranks[n]);
      return (b.ranks[at] ?? 0) - (a.ranks[at] ?? 0);
    });
}

function rankOf(
  { type, indicator }: Match,
  now: Date,
): Pick<Ranked<unknown>, "ranks" | "why"> {
  const isDirect = type !== "indicator_partial_pattern_match" &&
    type !== "observable_with_related_indicator";
  const { revoked, x_opencti_detection, x_opencti_score, confidence } =
    indicator;
  const hasExpired = isExpired(indicator, now);
  return {
    ranks: [
      Number(isDirect),
      Number(revoked !== true),
      Number(x_opencti_detection === true),
      x_opencti_score ?? -1,
      confidence ?? -1,
      Number(!hasExpired),
    ],
    why: [
      revoked ? "revoked" : "not revoked",
      x_opencti_detection ? "detection" : "no detection",
      `score ${x_opencti_score ?? "unknown"}`,
      `confidence ${confidence ?? "unknown"}`,
      hasExpired ? "expired" : "not expired",
    ].join(", "),
  };
}

/** The best `max`, an indicator once for an IoC, and a note on each. */
function take<T extends Match>(
  max: number,
  option: string,
  { ranked, notes }: {
    readonly ranked: readonly Ranked<T>[];
    readonly notes: Notes;
  },
): T[] {
  const taken = new Map<Ioc, Set<string>>();
  const firsts: T[] = [];
  for (const { item, why } of ranked) {
    const { type, ioc, indicator } = item;
    const ids = taken.get(ioc) ?? new Set();
    taken.set(ioc, ids);
    const isFirst = !ids.has(indicator.id);
    ids.add(indicator.id);
    if (isFirst) firsts.push(item);
    const status = !isFirst
      ? "not told, its indicator is"
      : firsts.length <= max
      ? `match ${firsts.length}`
      : `not told, ${option} is ${max}`;
    note(
      notes,
      `${status}: ${type} of ${ioc.kind} ${ioc.value}: ${
        nameOf(indicator)
      }: ${why}`,
    );
  }
  return firsts.slice(0, max);
}

function nameOf(object: Indicator | Observable): string {
  return "name" in object
    ? `indicator "${glanceAt(object.name)}" (${glanceAt(object.id)})`
    : `observable "${glanceAt(object.observable_value)}" (${
      glanceAt(object.id)
    })`;
}

/** Of a long text no more is said. */
const MAX_SAID = 1000;

function glanceAt(text: string | null): string | null {
  return text !== null && text.length > MAX_SAID
    ? `${text.slice(0, MAX_SAID)}…`
    : text;
}

function byId<T extends { readonly id: string }>(objects: readonly T[]): T[] {
  return [...new Map(objects.map((object) => [object.id, object])).values()];
}
