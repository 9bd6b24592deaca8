/**
 * The event of a match: a match and its alert in, an event out.
 *
 * Field names are those that dashboards use. Their order is that of need:
 * analysisd keeps the first 256 fields, and what is too long is shortened from
 * the end.
 *
 * @module
 */
import type { Alert } from "../alert/alert.ts";
import type { Config } from "../config/config.ts";
import { KINDS } from "../alert/kinds.ts";
import type { Match } from "../match/match.ts";
import { stateOf } from "../match/filters.ts";
import type { Indicator, Observable } from "../opencti/schema.ts";
import { threatOf } from "../match/threat.ts";
import type { Event } from "./event.ts";
import { type JsonObject, sourceOf } from "./event_source.ts";
import { sentenceOnUnmet } from "./unmet.ts";

/** What an event says besides the match. */
export interface EventContext {
  readonly alert: Alert;
  /** OpenCTI's address, for links. */
  readonly baseUrl: string;
  /** How long OpenCTI took to answer. */
  readonly latencyMs: number;
  /** From which score on a match has which severity. */
  readonly severity: Config["severity"];
  readonly now: Date;
  /** Whether an indicator is active before its `valid_from`. */
  readonly future_is_active: boolean;
  /** Whether the severity of a match in part is one step lower. */
  readonly lower_partial: boolean;
}

/** How severe a match is. */
export type Severity = "low" | "medium" | "high" | "critical";

/** A description is for a glance: the link leads to the rest. */
const MAX_DESCRIPTION = 500;

/** OpenCTI's ids are UUIDs: a longer one leads nowhere. */
const MAX_ID_LENGTH = 512;

/** Makes the event of a match. */
export function matchEvent(match: Match, context: EventContext): Event {
  const { met, unmet, indicator } = match;
  const { ioc } = met;
  return {
    integration: "opencti",
    opencti: {
      event_type: match.type,
      ioc: {
        kind: ioc.kind,
        value: ioc.value,
        field: ioc.field,
        source: ioc.source,
        network: met.network,
        parent: met.parent,
      },
      matched: met.matched,
      unmet: sentenceOnUnmet(unmet),
      score: indicator.x_opencti_score,
      severity: severityOfMatch(match, context),
      state: stateOf(indicator, context),
      threat: { ...threatOf(indicator) },
      ...factsOf(match, context),
      latency_ms: context.latencyMs,
      query_key: KINDS[ioc.kind].filterKey,
      query_values: ioc.spellings,
      source: sourceOf(context.alert),
    },
  };
}

/**
 * A match in part is a step less severe, and so is one of an IoC that only the
 * sweep for all took for one.
 */
function severityOfMatch(
  { met: { ioc }, unmet, indicator }: Match,
  { severity, lower_partial }: EventContext,
): Severity {
  const whole = severityOf(indicator.x_opencti_score, severity);
  const sure = ioc.isUnsure ? ONE_LOWER[whole] : whole;
  return lower_partial && unmet.length > 0 ? ONE_LOWER[sure] : sure;
}

const ONE_LOWER: Readonly<Record<Severity, Severity>> = {
  critical: "high",
  high: "medium",
  medium: "low",
  low: "low",
};

/**
 * How severe a match with an indicator of this score is. Not to know the score
 * is no reason to take it lightly, nor to raise the alarm.
 *
 * @example
 * ```ts
 * import { assertEquals } from "@std/assert";
 *
 * const thresholds = { medium: 40, high: 60, critical: 80 };
 * assertEquals(severityOf(39, thresholds), "low");
 * assertEquals(severityOf(60, thresholds), "high");
 * assertEquals(severityOf(null, thresholds), "medium");
 * ```
 */
export function severityOf(
  score: number | null,
  { medium, high, critical }: Config["severity"],
): Severity {
  if (score === null) return "medium";
  if (score >= critical) return "critical";
  if (score >= high) return "high";
  return score >= medium ? "medium" : "low";
}

function factsOf(match: Match, { baseUrl }: EventContext): JsonObject {
  const indicator = {
    indicator: indicatorFacts(match.indicator),
    indicator_link: link(baseUrl, "indicators", match.indicator),
  };
  switch (match.type) {
    case "indicator_pattern_match":
      return indicator;
    case "indicator_partial_pattern_match":
    case "observable_with_indicator":
      if (!("observable" in match)) return indicator;
      return {
        ...observableFacts(match.observable, baseUrl),
        ...indicator,
        multipleIndicators: hasMany(match.observable),
      };
    case "observable_with_related_indicator":
      return {
        ...observableFacts(match.observable, baseUrl),
        related: {
          id: match.related.id,
          type: match.related.entity_type,
          relationship: match.relationship,
          value: match.related.observable_value,
          ...indicator,
        },
        multipleIndicators: hasMany(match.related),
      };
  }
}

function observableFacts(observable: Observable, baseUrl: string): JsonObject {
  const page = observable.entity_type === "Artifact"
    ? "artifacts"
    : "observables";
  return {
    observable_value: observable.observable_value,
    observable_link: link(baseUrl, page, observable),
  };
}

function hasMany({ indicators }: Observable): boolean {
  return indicators.nodes.length > 1 || indicators.hasMore;
}

function link(
  baseUrl: string,
  page: string,
  { id }: { readonly id: string },
): string {
  // A lone surrogate is more than encodeURIComponent() takes.
  const start = id.slice(0, MAX_ID_LENGTH).toWellFormed();
  const path = `${page}/${encodeURIComponent(start)}`;
  return `${baseUrl}/dashboard/observations/${path}`;
}

function indicatorFacts(indicator: Indicator): JsonObject {
  return {
    id: indicator.id,
    name: indicator.name,
    description: glanceAt(indicator.description ?? ""),
    pattern: indicator.pattern,
    pattern_type: indicator.pattern_type,
    valid_from: indicator.valid_from,
    valid_until: indicator.valid_until,
    revoked: indicator.revoked,
    confidence: indicator.confidence,
    x_opencti_score: indicator.x_opencti_score,
    x_opencti_detection: indicator.x_opencti_detection,
    decay: indicator.decay_base_score === null ? null : {
      base_score: indicator.decay_base_score,
      score: indicator.x_opencti_score,
    },
    createdBy: indicator.createdBy?.name,
    x_opencti_reliability: indicator.createdBy?.x_opencti_reliability,
    indicator_types: indicator.indicator_types,
    labels: indicator.objectLabel.map(({ value }) => value ?? ""),
    markings: indicator.objectMarking.map(({ definition }) => definition ?? ""),
    killChainPhases: indicator.killChainPhases.map((phase) =>
      [phase.kill_chain_name, phase.phase_name].filter(Boolean).join(": ")
    ),
    x_mitre_platforms: indicator.x_mitre_platforms,
    externalReferences: indicator.externalReferences.nodes.map((reference) =>
      reference.url ??
        [reference.source_name, reference.external_id].filter(Boolean)
          .join(": ")
    ),
  };
}

/** The first part of a text, no letter cut in two. */
function glanceAt(text: string): string {
  const letters = [...text.slice(0, 2 * MAX_DESCRIPTION + 2)];
  return letters.length <= MAX_DESCRIPTION
    ? text
    : `${letters.slice(0, MAX_DESCRIPTION - 1).join("")}…`;
}
