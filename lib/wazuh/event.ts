/**
 * The events that are given to Wazuh: a match and its alert in, an event out.
 *
 * Field names are those that dashboards use. Their order is that of need:
 * analysisd keeps the first 256 fields, and what is too long is shortened from
 * the end.
 *
 * @module
 */
import { type Alert, textAt, textsAt } from "../alert/alert.ts";
import type { Config } from "../config/config.ts";
import { KINDS } from "../alert/kinds.ts";
import type { Match } from "../match/match.ts";
import { stateOf } from "../match/filters.ts";
import type { Indicator, Observable } from "../opencti/schema.ts";
import { commandLine } from "../alert/sources/audit.ts";
import { threatOf } from "../match/threat.ts";
import { sentenceOnUnmet } from "./unmet.ts";

/** An event. All but `integration` stands under `opencti`. */
export interface Event {
  readonly integration: "opencti";
  readonly opencti: { readonly event_type: string } & JsonObject;
}

/** What an event may hold. */
export type Json = string | number | boolean | readonly Json[] | JsonObject;

/** Fields by their names; what is null or undefined is not written. */
export interface JsonObject {
  readonly [name: string]: Json | null | undefined;
}

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

/**
 * Makes the event of an error: of which kind it is, to how many alerts
 * it happened, and which was the last, if that could be read.
 *
 * @example
 * ```ts
 * import { assertEquals } from "@std/assert";
 *
 * const facts = { error: "Cannot read alert", kind: "alert", alerts: 2 };
 * assertEquals(errorEvent(facts, undefined).opencti, {
 *   event_type: "error",
 *   ...facts,
 *   source: undefined,
 * });
 * ```
 */
export function errorEvent(
  { error, kind, alerts }: {
    readonly error: string;
    readonly kind: string;
    readonly alerts: number;
  },
  alert: Alert | undefined,
): Event {
  const source = alert === undefined ? undefined : sourceOf(alert);
  return {
    integration: "opencti",
    opencti: { event_type: "error", error, kind, alerts, source },
  };
}

/**
 * Makes the event that says that OpenCTI answers again.
 *
 * @param outage When it began, when it ended, in milliseconds since 1970, and
 * how many alerts waited.
 *
 * @example
 * ```ts
 * import { assertEquals } from "@std/assert";
 *
 * const outage = { since: 0, now: 90_000, alerts: 12 };
 * assertEquals(recoveredEvent(outage).opencti, {
 *   event_type: "recovered",
 *   recovered: { since: "1970-01-01T00:00:00.000Z", seconds: 90, alerts: 12 },
 * });
 * ```
 */
export function recoveredEvent(
  outage: {
    readonly since: number;
    readonly now: number;
    readonly alerts: number;
  },
): Event {
  const { since, now, alerts } = outage;
  return {
    integration: "opencti",
    opencti: {
      event_type: "recovered",
      recovered: {
        since: new Date(since).toISOString(),
        // The clock may have been set back.
        seconds: Math.max(Math.round((now - since) / 1000), 0),
        alerts,
      },
    },
  };
}

/**
 * Makes the event that says what should be changed, though nothing failed.
 *
 * @example
 * ```ts
 * import { assertEquals } from "@std/assert";
 *
 * assertEquals(warningEvent("The token goes in clear").opencti, {
 *   event_type: "warning",
 *   warning: "The token goes in clear",
 * });
 * ```
 */
export function warningEvent(warning: string): Event {
  return {
    integration: "opencti",
    opencti: { event_type: "warning", warning },
  };
}

/**
 * Makes the event of a test of a match's. Its type and place are no match's, so
 * that only the rule for tests meets it; no alert can make one, for the event of
 * an alert has the type of its match.
 *
 * @param id By which the test's own alert is known.
 *
 * @example
 * ```ts
 * import { assertEquals } from "@std/assert";
 *
 * const match = { event_type: "indicator_pattern_match", score: 80 };
 * assertEquals(
 *   testEvent({ integration: "opencti", opencti: match }, { id: "1" }).opencti,
 *   {
 *     event_type: "test",
 *     test: { id: "1", event_type: "indicator_pattern_match", score: 80 },
 *   },
 * );
 * ```
 */
export function testEvent(
  { integration, opencti }: Event,
  { id }: { readonly id: string },
): Event {
  return {
    integration,
    opencti: { event_type: "test", test: { id, ...opencti } },
  };
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

/** Fields of `source` that are one field of the alert, by its path. */
const SOURCE_FIELDS: readonly (readonly [name: string, path: string])[] = [
  ["alert_id", "id"],
  ["rule_id", "rule.id"],
  ["rule_description", "rule.description"],
  ["agent_id", "agent.id"],
  ["agent_name", "agent.name"],
  ["agent_ip", "agent.ip"],
  ["file", "syscheck.path"],
  ["md5", "syscheck.md5_after"],
  ["sha1", "syscheck.sha1_after"],
  ["sha256", "syscheck.sha256_after"],
  ...[
    "srcip",
    "src_ip",
    "srcport",
    "src_port",
    "dstip",
    "dest_ip",
    "dstport",
    "dest_port",
    "in_iface",
    "srcintf",
    "dstintf",
    "src_mac",
    "dst_mac",
    "proto",
    "app_proto",
    "action",
    "status",
    "devname",
    "logid",
    "subtype",
    "level",
    "policyid",
    "dstuser",
  ].map((name) => [name, `data.${name}`] as const),
  // analysisd takes keys that differ in case for one.
  ["srcmac", "data.srcMac"],
  ["srcmac", "data.srcmac"],
  ["dstmac", "data.dstMac"],
  ["dstmac", "data.dstmac"],
  ...[
    "success",
    "key",
    "uid",
    "gid",
    "euid",
    "egid",
    "exe",
    "exit",
    "pid",
  ].map((name) => [name, `data.audit.${name}`] as const),
];

/** What the alert says of the event that it is about, made once for all. */
function sourceOf(alert: Alert): JsonObject {
  const source = sources.get(alert) ?? makeSource(alert);
  sources.set(alert, source);
  return source;
}

const sources = new WeakMap<Alert, JsonObject>();

function makeSource(alert: Alert): JsonObject {
  const facts = Object.fromEntries(
    SOURCE_FIELDS.map(([name, path]) => [name, textAt(alert, path)] as const)
      .filter(([, text]) => text !== undefined),
  );
  return {
    ...facts,
    alert: textsOf(alert, "data.alert", [
      "signature",
      "signature_id",
      "category",
      "action",
    ]),
    queryName: first(alert, [
      "data.dns.question.name",
      "data.dns.query.rrname",
      "data.dns.queries.rrname",
      "data.dns.rrname",
      "data.dns.answer.rrname",
    ]),
    GeoLocation: {
      ...textsOf(alert, "GeoLocation", [
        "country_name",
        "region_name",
        "city_name",
      ]),
      location: textsOf(alert, "GeoLocation.location", ["lat", "lon"]),
    },
    queryResults: [
      "data.dns.answers.data",
      "data.dns.answers.rdata",
      "data.dns.answer.answers.rdata",
      "data.dns.answer.rdata",
      "data.dns.rdata",
    ].flatMap((path) => textsAt(alert, path)).join(";"),
    execve: commandLine(alert),
  };
}

function first(alert: Alert, paths: readonly string[]): string | undefined {
  return paths.flatMap((path) => textsAt(alert, path))[0];
}

function textsOf(
  alert: Alert,
  path: string,
  names: readonly string[],
): JsonObject {
  return Object.fromEntries(
    names.map((name) => [name, textAt(alert, `${path}.${name}`)]),
  );
}
