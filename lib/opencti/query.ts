/**
 * The question: one GraphQL request for all the IoCs of an alert.
 *
 * @module
 */
import { type Ioc, KINDS } from "../ioc.ts";
import { comparisonsOf, filePatternOf, patternsOf } from "../stix.ts";

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
  readonly askPartial: boolean;
  readonly askValues: boolean;
  readonly askFiles: boolean;
}

/** OpenCTI's filters: a key each, `values` never empty. */
export interface FilterGroup {
  readonly mode: "and" | "or";
  readonly filters: readonly Filter[];
  readonly filterGroups: readonly FilterGroup[];
}

interface Filter {
  readonly key: readonly [string];
  readonly values: readonly string[];
  readonly operator: "eq" | "wildcard";
  readonly mode: "or";
}

/** The most that is asked for of each kind of object. */
export const FIRST = 10;

/**
 * The query. A root field may be named twice, not more. Every connection needs
 * `first`. Observables cannot be ordered by their score (the enum has no such
 * value), so the newest are asked for; they are ranked by their indicators.
 */
export const QUERY = `
query WazuhAlert(
  $exact: FilterGroup
  $partial: FilterGroup
  $values: FilterGroup
  $files: FilterGroup
  $types: [String]
  $askPartial: Boolean!
  $askValues: Boolean!
  $askFiles: Boolean!
) {
  exact: indicators(
    first: ${FIRST}, orderBy: x_opencti_score, orderMode: desc, filters: $exact
  ) { ...Indicators }
  partial: indicators(
    first: ${FIRST}, orderBy: x_opencti_score, orderMode: desc, filters: $partial
  ) @include(if: $askPartial) { ...Indicators }
  values: stixCyberObservables(
    first: ${FIRST}, orderBy: updated_at, orderMode: desc, types: $types,
    filters: $values
  ) @include(if: $askValues) { ...Observables }
  files: stixCyberObservables(
    first: ${FIRST}, orderBy: updated_at, orderMode: desc,
    types: ${JSON.stringify(KINDS.md5.observableTypes)}, filters: $files
  ) @include(if: $askFiles) { ...Observables }
}
fragment Indicators on IndicatorConnection {
  edges {
    node {
      id
      name
      pattern
      pattern_type
      valid_until
      revoked
      confidence
      x_opencti_score
      x_opencti_detection
      indicator_types
      x_mitre_platforms
      createdBy { name }
      objectLabel { value }
      killChainPhases { kill_chain_name phase_name }
      externalReferences(first: ${FIRST}) {
        edges { node { source_name external_id url } }
      }
    }
  }
  pageInfo { hasNextPage }
}
fragment Observable on StixCyberObservable {
  id
  entity_type
  observable_value
  indicators(first: ${FIRST}) { ...Indicators }
}
fragment Observables on StixCyberObservableConnection {
  edges {
    node {
      ...Observable
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
            from { ...Observable }
            to { ...Observable }
          }
        }
      }
    }
  }
  pageInfo { hasNextPage }
}
`;

/** `eq` never finds what is longer. */
const MAX_EQ_LENGTH = 512;

/**
 * Builds the question for the IoCs of an alert.
 *
 * @param iocs One at least.
 *
 * @example
 * ```ts
 * import { assertEquals } from "@std/assert";
 *
 * const { variables } = questionFor([{
 *   kind: "ipv4",
 *   value: "1.2.3.4",
 *   spellings: ["1.2.3.4"],
 *   field: "data.srcip",
 * }], { partial: false });
 * assertEquals(variables.types, ["IPv4-Addr"]);
 * assertEquals(variables.askFiles, false);
 * ```
 */
export function questionFor(
  iocs: readonly Ioc[],
  options: { readonly partial: boolean },
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
    ? stixPatterns([within("pattern", iocs.flatMap(phrasesOf))])
    : null;
  return {
    query: QUERY,
    variables: {
      exact: stixPatterns(equal("pattern", patterns)),
      partial,
      values,
      files,
      types: [
        ...new Set(ofValue.flatMap((ioc) => KINDS[ioc.kind].observableTypes)),
      ],
      askPartial: partial !== null,
      askValues: values !== null,
      askFiles: files !== null,
    },
  };
}

function stixPatterns(filters: readonly Filter[]): FilterGroup {
  return {
    mode: "and",
    filters: equal("pattern_type", ["stix"]),
    filterGroups: [group("or", filters)],
  };
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
    ...(short.length > 0
      ? [{ key: [key], values: short, operator: "eq", mode: "or" } as const]
      : []),
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
  return {
    key: [key],
    values: phrases.map((phrase) => phrase.replace(/[\\"]/g, "\\$&")),
    operator: "wildcard",
    mode: "or",
  };
}
