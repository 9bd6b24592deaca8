/**
 * The GraphQL that OpenCTI is sent, and how much it asks for. It must be valid
 * in all versions since 5.12.
 *
 * @module
 */
import type { Config } from "../config/config.ts";
import { KINDS } from "../alert/kinds.ts";

/** How many indicators are asked for: they cost little, without details. */
export const FIRST = 50;

/** Of observables, each of which costs some searches more. */
export const FIRST_OBSERVABLES = 10;

/** No more is asked for, on a second page or because the options say so. */
export const MAX_FIRST = 500;

/** The relationships of an observable, and the indicators of what is related. */
export const FIRST_RELATED = 10;
export const MAX_RELATED = 50;

/** Threats and references of an indicator. */
export const FIRST_THREATS = 5;
export const FIRST_REFERENCES = 10;

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

/** What is needed to know a match, and to choose. */
const INDICATOR = `
      id
      name
      pattern
      pattern_type
      valid_from
      valid_until
      revoked
      confidence
      x_opencti_score
      x_opencti_detection`;

/**
 * The question: who is known. A root field may be named twice, not more. Every
 * connection needs `first`. Observables cannot be ordered by their score (the
 * enum has no such value), so the newest are asked for; they are ranked by their
 * indicators. What only events need is asked for by {@linkcode DETAILS}, when it
 * is known which events there are: author, labels, references and threats cost
 * a search for each indicator, and one indicator is often found three times.
 * Each is sent without its layout.
 */
export const QUERY = compact(`
query WazuhAlert(
  $exact: FilterGroup
  $partial: FilterGroup
  $values: FilterGroup
  $files: FilterGroup
  $types: [String]
  $first: Int = ${FIRST}
  $firstObservables: Int = ${FIRST_OBSERVABLES}
  $firstRelated: Int = ${FIRST_RELATED}
  $askPartial: Boolean!
  $askValues: Boolean!
  $askFiles: Boolean!
  $askMarks: Boolean = false
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
    node {${INDICATOR}
      objectLabel @include(if: $askMarks) { value }
      objectMarking @include(if: $askMarks) { definition_type definition }
    }
  }
  pageInfo { hasNextPage }
}
fragment Related on StixCyberObservable {
  id
  entity_type
  observable_value
  indicators(first: $firstRelated) { ...Indicators }
}
fragment Observables on StixCyberObservableConnection {
  edges {
    node {
      id
      entity_type
      observable_value
      indicators(first: $first) { ...Indicators }
      ... on StixFile { hashes { algorithm hash } }
      ... on Artifact { hashes { algorithm hash } }
      stixCoreRelationships(
        first: $firstRelated, orderBy: updated_at, orderMode: desc,
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
`);

/** What events say of indicators, each once. */
export const DETAILS = compact(`
query WazuhEvents($exact: FilterGroup, $first: Int) {
  exact: indicators(first: $first, filters: $exact) {
    edges {
      node {${INDICATOR}
        description
        decay_base_score
        indicator_types
        x_mitre_platforms
        createdBy { name x_opencti_reliability }
        objectLabel { value }
        objectMarking { definition_type definition }
        killChainPhases { kill_chain_name phase_name }
        externalReferences(first: ${FIRST_REFERENCES}) {
          edges { node { source_name external_id url } }
        }
        threats: stixCoreRelationships(
          first: ${FIRST_THREATS}, orderBy: updated_at, orderMode: desc,
          relationship_type: "indicates", toTypes: ${
  JSON.stringify(THREAT_TYPES)
}
        ) {
          edges { node { to {
            ${THREATS}
          } } }
        }
      }
    }
  }
}
`);

function compact(query: string): string {
  return query.replace(/\s+/g, " ").trim();
}

/** What decides how much is asked for. */
export type Amount = Readonly<
  Pick<Config, "max_ind_alerts" | "max_obs_alerts">
>;

/** How many rows are asked for. */
export interface First {
  readonly indicators: number;
  readonly observables: number;
  /** Relationships of an observable, and indicators of what is related. */
  readonly related: number;
}

/**
 * How many indicators and observables are asked for: as many as may be emitted,
 * and what may rank before these; on a second page all that is read at most.
 *
 * @example
 * ```ts
 * import { assertEquals } from "@std/assert";
 * import { DEFAULTS } from "../config/defaults.ts";
 *
 * assertEquals(firstOf({ ...DEFAULTS, max_ind_alerts: 70 }, 1), {
 *   indicators: 70,
 *   observables: 10,
 *   related: 10,
 * });
 * assertEquals(firstOf(DEFAULTS, 2), {
 *   indicators: 500,
 *   observables: 100,
 *   related: 50,
 * });
 * ```
 */
export function firstOf(
  { max_ind_alerts, max_obs_alerts }: Amount,
  page: 1 | 2,
): First {
  const least = page === 1
    ? {
      indicators: FIRST,
      observables: FIRST_OBSERVABLES,
      related: FIRST_RELATED,
    }
    : { indicators: MAX_FIRST, observables: 100, related: MAX_RELATED };
  return {
    ...least,
    indicators: Math.min(Math.max(least.indicators, max_ind_alerts), MAX_FIRST),
    observables: Math.min(
      Math.max(least.observables, max_obs_alerts),
      MAX_FIRST,
    ),
  };
}
