/**
 * The question: one GraphQL request for all the IoCs of an alert, and one for
 * what its events say.
 *
 * @module
 */
import { KINDS } from "../alert/kinds.ts";
import type { Filters } from "../config/config.ts";
import {
  equal,
  type Filter,
  filter,
  type FilterGroup,
  fit,
  fitPhrases,
  group,
  within,
} from "./filters.ts";
import type { NetworkChoice } from "./networks.ts";
import {
  type Amount,
  DETAILS,
  FIRST,
  FIRST_OBSERVABLES,
  FIRST_RELATED,
  firstOf,
  QUERY,
} from "./query.ts";
import { type Spelled, spellingsOf } from "./spellings.ts";
import { networkTexts, patternsOf, phrasesOf } from "./stix.ts";

/** A GraphQL request. */
export interface Question {
  readonly query: string;
  readonly variables: Variables;
}

/** The variables of a query. A filter that is `null` is not asked. */
export interface Variables {
  readonly exact: FilterGroup;
  readonly partial?: FilterGroup | null;
  readonly values?: FilterGroup | null;
  readonly files?: FilterGroup | null;
  readonly types?: readonly string[];
  /** How many indicators of each list, if not as usual. */
  readonly first?: number;
  /** How many observables, values and files, if not as usual. */
  readonly firstObservables?: number;
  /** How many relationships, and indicators of what is related, if not as usual. */
  readonly firstRelated?: number;
  readonly askPartial: boolean;
  readonly askValues: boolean;
  readonly askFiles: boolean;
  /** Labels and markings, for filters that are ours. */
  readonly askMarks?: boolean;
}

/** What is asked for besides the IoCs. */
export type QuestionOptions = Filters & Amount & {
  readonly networks: NetworkChoice;
};

/** A question, and what did not fit into it. */
export interface FittedQuestion {
  readonly question: Question;
  /** How many spellings and phrases, the rarest. */
  readonly leftOut: number;
}

/**
 * Builds the question for the IoCs of an alert. Indicators that would not be
 * emitted are not asked for, as far as OpenCTI can leave them out; the
 * indicators of an observable cannot be filtered.
 *
 * @param iocs One at least.
 *
 * @example
 * ```ts
 * import { assertEquals } from "@std/assert";
 * import { DEFAULTS } from "../config/defaults.ts";
 *
 * const ioc = { kind: "email", value: "a@b.example", spellings: [] } as const;
 * const { question } = questionFor([ioc], { ...DEFAULTS, now: new Date() });
 * assertEquals(question.variables.types, ["Email-Addr"]);
 * assertEquals(question.variables.askFiles, false);
 * ```
 */
export function questionFor(
  iocs: readonly Spelled[],
  options: QuestionOptions,
): FittedQuestion {
  const { networks } = options;
  const exact = fit(iocs.map((ioc) => patternsOf(ioc, networks)));
  const phrases = iocs.map((ioc) => phrasesOf(ioc, networks));
  const alone = fitPhrases(phrases.map((one) => one.alone), 3 / 4);
  const lists = [...new Set(phrases.flatMap((one) => one.lists))];
  const inLists = fitPhrases(phrases.map((one) => one.inLists), 1 / 4);
  const lone = within("pattern", alone.values);
  const ofValue = iocs.filter(({ kind }) => KINDS[kind].filterKey === "value");
  const values = fit(
    ofValue.map((ioc) => [
      ...spellingsOf(ioc).slice(0, 1),
      ...networkTexts(ioc, networks),
      ...spellingsOf(ioc).slice(1),
    ]),
  );
  const asked = {
    exact: stixPatterns([group("or", equal("pattern", exact.values))], options),
    // A group with nothing in it would find every row.
    partial: lone.length === 0 ? null : stixPatterns([
      group(
        "or",
        lone,
        inLists.values.length === 0 ? [] : [
          group("and", [], [
            group("or", within("pattern", inLists.values)),
            group("or", within("pattern", lists)),
          ]),
        ],
      ),
    ], options),
    values: orNull(equal("value", values.values)),
    files: orNull(
      iocs.filter((ioc) => !ofValue.includes(ioc)).flatMap((ioc) =>
        equal(KINDS[ioc.kind].filterKey, spellingsOf(ioc))
      ),
    ),
  };
  return {
    question: {
      query: QUERY,
      variables: {
        ...asked,
        types: typesOf(ofValue),
        ...amounts(options, 1),
        askPartial: asked.partial !== null,
        askValues: asked.values !== null,
        askFiles: asked.files !== null,
        ...isFilteredHere(options) && { askMarks: true },
      },
    },
    leftOut: exact.leftOut + alone.leftOut + inLists.leftOut + values.leftOut,
  };
}

/** The same question for as much as is read at the most. */
export function moreOf(
  { query, variables }: Question,
  options: Amount,
): Question {
  return { query, variables: { ...variables, ...amounts(options, 2) } };
}

function amounts(options: Amount, page: 1 | 2) {
  const { indicators, observables, related } = firstOf(options, page);
  return {
    ...indicators !== FIRST && { first: indicators },
    ...observables !== FIRST_OBSERVABLES && { firstObservables: observables },
    ...related !== FIRST_RELATED && { firstRelated: related },
  };
}

/** OpenCTI compares an id with four kinds of ids, each a clause of its search. */
export const MAX_IDS = 200;

/**
 * Asks for what events say of indicators, by their ids.
 *
 * @param ids Each once, {@linkcode MAX_IDS} at the most.
 *
 * @example
 * ```ts
 * import { assertEquals } from "@std/assert";
 *
 * const { variables } = detailsOf(["1d9e"]);
 * assertEquals(variables.exact.filters[0]?.values, ["1d9e"]);
 * assertEquals(variables.first, 1);
 * ```
 */
export function detailsOf(ids: readonly string[]): Question {
  return {
    query: DETAILS,
    variables: {
      exact: group("and", [filter("ids", "eq", ids)]),
      first: ids.length,
      askPartial: false,
      askValues: false,
      askFiles: false,
    },
  };
}

/** A mapped IPv4 address is an IPv6 address for OpenCTI. */
function typesOf(iocs: readonly Spelled[]): readonly string[] {
  return [
    ...new Set(iocs.flatMap(({ kind }) => [
      ...KINDS[kind].observableTypes,
      ...kind === "ipv4" ? KINDS.ipv6.observableTypes : [],
    ])),
  ];
}

function orNull(filters: readonly Filter[]): FilterGroup | null {
  return filters.length === 0 ? null : group("or", filters);
}

/**
 * Whether filters are set that OpenCTI cannot be asked for in the same
 * request: it knows labels and markings by its own ids alone.
 *
 * @example
 * ```ts
 * import { assertEquals } from "@std/assert";
 * import { DEFAULTS } from "../config/defaults.ts";
 *
 * assertEquals(isFilteredHere(DEFAULTS), false);
 * assertEquals(isFilteredHere({ ...DEFAULTS, markings: "TLP:GREEN" }), true);
 * ```
 */
export function isFilteredHere(
  { labels, not_labels, markings }: Pick<
    Filters,
    "labels" | "not_labels" | "markings"
  >,
): boolean {
  return labels.length + not_labels.length > 0 || markings !== undefined;
}

function stixPatterns(
  patterns: readonly FilterGroup[],
  options: Filters,
): FilterGroup {
  return group(
    "and",
    [...equal("pattern_type", ["stix"]), ...optionFilters(options)],
    [...patterns, ...options.include_expired ? [] : [notExpired(options.now)]],
  );
}

/** What of the options is a filter. The values are texts, as the UI's are. */
function optionFilters(options: Filters): Filter[] {
  const { min_score, min_confidence } = options;
  return [
    ...min_score > 0
      ? [filter("x_opencti_score", "gte", [String(min_score)])]
      : [],
    ...min_confidence > 0
      ? [filter("confidence", "gte", [String(min_confidence)])]
      : [],
    ...options.only_detection ? equal("x_opencti_detection", ["true"]) : [],
    ...options.include_revoked ? [] : equal("revoked", ["false"]),
  ];
}

/** What has no `valid_until` never expires. */
function notExpired(now: Date): FilterGroup {
  return group("or", [
    filter("valid_until", "gt", [now.toISOString()]),
    filter("valid_until", "nil", []),
  ]);
}
