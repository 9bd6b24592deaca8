/**
 * The question: one GraphQL request for all the IoCs of an alert.
 *
 * @module
 */
import type { Config, Filters } from "../config/config.ts";
import { type Ioc } from "../alert/ioc.ts";
import { KINDS } from "../alert/kinds.ts";
import { comparisonsOf, filePatternOf, patternsOf } from "./stix.ts";

/** A GraphQL request. */
export interface Question {
  readonly query: string;
  readonly variables: Variables;
}

/** The variables of {@linkcode QUERY}. A filter that is `null` is not asked. */
export interface Variables {
  readonly exact: FilterGroup;
  readonly partial: FilterGroup | null;
  readonly values: FilterGroup | null;
  readonly files: FilterGroup | null;
  readonly types: readonly string[];
  /** How many indicators, exact and partial. */
  readonly first: number;
  /** How many observables, values and files, if not as usual. */
  readonly firstObservables?: number;
  /** How many indicators of each of these, if not as usual. */
  readonly firstOfEach?: number;
  readonly askPartial: boolean;
  readonly askValues: boolean;
  readonly askFiles: boolean;
}

/** OpenCTI's filters: a key each; `values` is empty for `nil` alone. */
export interface FilterGroup {
  readonly mode: "and" | "or";
  readonly filters: readonly Filter[];
  readonly filterGroups: readonly FilterGroup[];
}

interface Filter {
  readonly key: readonly [string];
  readonly values: readonly string[];
  readonly operator: "eq" | "wildcard" | "gte" | "gt" | "nil";
  readonly mode: "or";
}

/** How much is asked for of each kind of object. */
export const FIRST = 10;

/**
 * The same for indicators of which some are left out by us: they must not crowd
 * out those that are told.
 */
export const FIRST_OF_MANY = 50;

/** No more is asked for, whatever the options say. */
export const MAX_FIRST = 500;

/**
 * What an indicator indicates costs OpenCTI a search for each indicator, as its
 * external references do. So that the question costs no more for it at worst,
 * fewer indicators are asked for where they are most: of related observables.
 */
export const FIRST_OF_RELATED = 5;
export const FIRST_THREATS = 5;

/** The types of threats that are asked for, as OpenCTI names them. */
export const THREAT_TYPES = [
  "Malware",
  "Tool",
  "Intrusion-Set",
  "Threat-Actor-Group",
  "Threat-Actor-Individual",
  "Campaign",
  "Attack-Pattern",
] as const;

/** Their GraphQL types are called as OpenCTI calls them, without hyphens. */
const THREATS = THREAT_TYPES.map((type) =>
  `... on ${type.replaceAll("-", "")} { entity_type name${
    type === "Attack-Pattern" ? " x_mitre_id" : ""
  } }`
).join("\n            ");

/**
 * The query. A root field may be named twice, not more. Every connection needs
 * `first`. Observables cannot be ordered by their score (the enum has no such
 * value), so the newest are asked for; they are ranked by their indicators. It
 * is sent without its layout.
 */
export const QUERY = `
query WazuhAlert(
  $exact: FilterGroup
  $partial: FilterGroup
  $values: FilterGroup
  $files: FilterGroup
  $types: [String]
  $first: Int
  $firstObservables: Int = ${FIRST}
  $firstOfEach: Int = ${FIRST}
  $askPartial: Boolean!
  $askValues: Boolean!
  $askFiles: Boolean!
) {
  exact: indicators(
    first: $first, orderBy: x_opencti_score, orderMode: desc, filters: $exact
  ) { ...Indicators }
  partial: indicators(
    first: $first, orderBy: x_opencti_score, orderMode: desc, filters: $partial
  ) @include(if: $askPartial) { ...Indicators }
  values: stixCyberObservables(
    first: $firstObservables, orderBy: updated_at, orderMode: desc,
    types: $types, filters: $values
  ) @include(if: $askValues) { ...Observables }
  files: stixCyberObservables(
    first: $firstObservables, orderBy: updated_at, orderMode: desc,
    types: ${JSON.stringify(KINDS.md5.observableTypes)}, filters: $files
  ) @include(if: $askFiles) { ...Observables }
}
fragment Indicators on IndicatorConnection {
  edges {
    node {
      id
      name
      description
      pattern
      pattern_type
      valid_from
      valid_until
      revoked
      confidence
      x_opencti_score
      x_opencti_detection
      decay_base_score
      indicator_types
      x_mitre_platforms
      createdBy { name x_opencti_reliability }
      objectLabel { value }
      objectMarking { definition_type definition }
      killChainPhases { kill_chain_name phase_name }
      externalReferences(first: ${FIRST}) {
        edges { node { source_name external_id url } }
      }
      threats: stixCoreRelationships(
        first: ${FIRST_THREATS}, orderBy: updated_at, orderMode: desc,
        relationship_type: "indicates", toTypes: ${JSON.stringify(THREAT_TYPES)}
      ) {
        edges { node { to {
            ${THREATS}
        } } }
      }
    }
  }
  pageInfo { hasNextPage }
}
fragment Related on StixCyberObservable {
  id
  entity_type
  observable_value
  indicators(first: ${FIRST_OF_RELATED}) { ...Indicators }
}
fragment Observables on StixCyberObservableConnection {
  edges {
    node {
      id
      entity_type
      observable_value
      indicators(first: $firstOfEach) { ...Indicators }
      ... on StixFile { hashes { algorithm hash } }
      ... on Artifact { hashes { algorithm hash } }
      stixCoreRelationships(
        first: ${FIRST}, orderBy: updated_at, orderMode: desc,
        fromTypes: ["Stix-Cyber-Observable"], toTypes: ["Stix-Cyber-Observable"]
      ) {
        pageInfo { hasNextPage }
        edges {
          node {
            relationship_type
            from { ...Related }
            to { ...Related }
          }
        }
      }
    }
  }
  pageInfo { hasNextPage }
}
`.replace(/\s+/g, " ").trim();

/** What decides how much is asked for. */
type Amount =
  & Pick<Filters, "labels" | "not_labels" | "markings">
  & Readonly<Pick<Config, "max_ind_alerts" | "max_obs_alerts">>;

/** What is asked for besides the IoCs. */
export type QuestionOptions = Filters & Amount & {
  /** Whether to ask for patterns with more in them than an IoC. */
  readonly partial: boolean;
};

/**
 * How many indicators and observables are asked for: as many as may be told, and
 * what may rank before these. An observable's indicators are no more for that.
 *
 * @example
 * ```ts
 * import { assertEquals } from "@std/assert";
 * import { DEFAULTS } from "../config/defaults.ts";
 *
 * assertEquals(firstOf({ ...DEFAULTS, max_ind_alerts: 20 }), {
 *   indicators: 20,
 *   observables: 10,
 *   ofEach: 10,
 * });
 * ```
 */
export function firstOf(options: Amount): {
  readonly indicators: number;
  readonly observables: number;
  readonly ofEach: number;
} {
  const { max_ind_alerts, max_obs_alerts } = options;
  const ofEach = isFilteredHere(options) ? FIRST_OF_MANY : FIRST;
  return {
    indicators: Math.min(Math.max(ofEach, max_ind_alerts), MAX_FIRST),
    observables: Math.min(Math.max(FIRST, max_obs_alerts), MAX_FIRST),
    ofEach,
  };
}

/** `eq` never finds what is longer. */
const MAX_EQ_LENGTH = 512;

/**
 * Builds the question for the IoCs of an alert. Indicators that would not be
 * told are not asked for, as far as OpenCTI can leave them out; the indicators
 * of an observable cannot be filtered.
 *
 * @param iocs One at least.
 *
 * @example
 * ```ts
 * import { assertEquals } from "@std/assert";
 * import { DEFAULTS } from "../config/defaults.ts";
 *
 * const { variables } = questionFor([{
 *   kind: "ipv4",
 *   value: "1.2.3.4",
 *   spellings: ["1.2.3.4"],
 *   field: "data.srcip",
 * }], { ...DEFAULTS, partial: false, now: new Date() });
 * assertEquals(variables.types, ["IPv4-Addr"]);
 * assertEquals(variables.askFiles, false);
 * ```
 */
export function questionFor(
  iocs: readonly Ioc[],
  options: QuestionOptions,
): Question {
  const patterns = [...iocs.flatMap(patternsOf), ...filePatternOf(iocs)];
  const ofValue = iocs.filter(({ kind }) => KINDS[kind].filterKey === "value");
  const values = ofValue.length === 0
    ? null
    : group("or", equal("value", ofValue.flatMap((ioc) => ioc.spellings)));
  const hashes = iocs.filter((ioc) => !ofValue.includes(ioc));
  const files = hashes.length === 0 ? null : group(
    "or",
    hashes.flatMap((ioc) => equal(KINDS[ioc.kind].filterKey, ioc.spellings)),
  );
  const partial = options.partial
    ? stixPatterns([within("pattern", iocs.flatMap(phrasesOf))], options)
    : null;
  const { indicators, observables, ofEach } = firstOf(options);
  return {
    query: QUERY,
    variables: {
      exact: stixPatterns(equal("pattern", patterns), options),
      partial,
      values,
      files,
      types: [
        ...new Set(ofValue.flatMap((ioc) => KINDS[ioc.kind].observableTypes)),
      ],
      first: indicators,
      ...observables !== FIRST && { firstObservables: observables },
      ...ofEach !== FIRST && { firstOfEach: ofEach },
      askPartial: partial !== null,
      askValues: values !== null,
      askFiles: files !== null,
    },
  };
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
  filters: readonly Filter[],
  options: Filters,
): FilterGroup {
  return {
    mode: "and",
    filters: [...equal("pattern_type", ["stix"]), ...toldFilters(options)],
    filterGroups: [
      group("or", filters),
      ...options.include_expired ? [] : [notExpired(options.now)],
    ],
  };
}

/** What of the narrowing is a filter. The values are texts, as the UI's are. */
function toldFilters(options: Filters): Filter[] {
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

function filter(
  key: string,
  operator: Filter["operator"],
  values: readonly string[],
): Filter {
  return { key: [key], values, operator, mode: "or" };
}

function group(mode: "and" | "or", filters: readonly Filter[]): FilterGroup {
  return { mode, filters, filterGroups: [] };
}

/**
 * Filters for texts that are one of `values`. Those too long for `eq` are asked
 * for as a phrase; what comes back is compared by us.
 */
function equal(key: string, values: readonly string[]): Filter[] {
  const short = values.filter((value) => value.length <= MAX_EQ_LENGTH);
  const long = values.filter((value) => value.length > MAX_EQ_LENGTH);
  return [
    ...(short.length > 0 ? [filter(key, "eq", short)] : []),
    ...(long.length > 0 ? [within(key, long)] : []),
  ];
}

/**
 * The phrases by which a pattern that contains an IoC is found. A domain would
 * also find each URL on it, and ten of a popular one's could keep out what is
 * looked for: it is asked for with the path that it is compared to.
 */
function phrasesOf(ioc: Ioc): readonly string[] {
  return ioc.kind === "domain" ? comparisonsOf(ioc) : ioc.spellings;
}

/**
 * A filter for texts that contain one of the phrases. OpenCTI puts a phrase
 * between quotes into a query string of Elasticsearch, as it is: without the
 * escapes, a quote in it would end the phrase.
 *
 * @see https://www.elastic.co/docs/reference/query-languages/query-dsl/query-dsl-query-string-query
 */
function within(key: string, phrases: readonly string[]): Filter {
  const escaped = phrases.map((phrase) => phrase.replace(/[\\"]/g, "\\$&"));
  return filter(key, "wildcard", escaped);
}
