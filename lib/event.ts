/**
 * The events that are given to Wazuh: a match and its alert in, an event out,
 * pruned, and small enough to send.
 *
 * Field names are those that dashboards use. Their order is that of need:
 * analysisd keeps the first 256 fields, and what is too long is shortened from
 * the end.
 *
 * @module
 */
import { type Alert, textAt, textsAt } from "./alert.ts";
import { KINDS } from "./ioc.ts";
import type { Match } from "./match.ts";
import type { Indicator, Observable } from "./opencti/schema.ts";
import { argumentsIn } from "./sources/audit.ts";

/** An event. All but `integration` stands under `opencti`. */
export interface Event {
  readonly integration: "opencti";
  readonly opencti: { readonly event_type: string } & JsonObject;
}

type Json = string | number | boolean | readonly Json[] | JsonObject;
interface JsonObject {
  readonly [name: string]: Json | null | undefined;
}

/** What an event tells besides the match. */
export interface EventContext {
  readonly alert: Alert;
  /** OpenCTI's address, for links. */
  readonly baseUrl: string;
  /** How long OpenCTI took to answer. */
  readonly latencyMs: number;
}

/** Makes the event of a match. */
export function matchEvent(match: Match, context: EventContext): Event {
  const { ioc } = match;
  return {
    integration: "opencti",
    opencti: {
      event_type: match.type,
      ioc: { kind: ioc.kind, value: ioc.value },
      ...factsOf(match, context),
      latency_ms: context.latencyMs,
      query_key: KINDS[ioc.kind].filterKey,
      query_values: ioc.spellings,
      source: sourceOf(context.alert),
    },
  };
}

/**
 * Makes the event that tells an error, and which alert it happened to, if that
 * could be read.
 *
 * @example
 * ```ts
 * import { assertEquals } from "@std/assert";
 *
 * assertEquals(errorEvent("Cannot read alert", undefined).opencti, {
 *   event_type: "error",
 *   error: "Cannot read alert",
 *   source: undefined,
 * });
 * ```
 */
export function errorEvent(error: string, alert: Alert | undefined): Event {
  return {
    integration: "opencti",
    opencti: {
      event_type: "error",
      error,
      source: alert === undefined ? undefined : sourceOf(alert),
    },
  };
}

function factsOf(match: Match, { baseUrl }: EventContext): JsonObject {
  const indicator = {
    indicator: indicatorFacts(match.indicator),
    indicator_link: link(baseUrl, "indicators", match.indicator),
  };
  switch (match.type) {
    case "indicator_pattern_match":
    case "indicator_partial_pattern_match":
      return indicator;
    case "observable_with_indicator":
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
  return `${baseUrl}/dashboard/observations/${page}/${encodeURIComponent(id)}`;
}

function indicatorFacts(indicator: Indicator): JsonObject {
  return {
    id: indicator.id,
    name: indicator.name,
    pattern: indicator.pattern,
    pattern_type: indicator.pattern_type,
    valid_until: indicator.valid_until,
    revoked: indicator.revoked,
    confidence: indicator.confidence,
    x_opencti_score: indicator.x_opencti_score,
    x_opencti_detection: indicator.x_opencti_detection,
    createdBy: indicator.createdBy?.name,
    indicator_types: indicator.indicator_types,
    labels: indicator.objectLabel.map(({ value }) => value ?? ""),
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

/** What the alert says of the event that it is about. */
function sourceOf(alert: Alert): JsonObject {
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

function commandLine(alert: Alert): string {
  const logged = [...argumentsIn(alert.full_log ?? "").values()];
  const decoded = Array.from(
    { length: 8 },
    (_, n) => textAt(alert, `data.audit.execve.a${n}`) ?? "",
  );
  return (logged.length > 0 ? logged : decoded).filter(Boolean).join(" ");
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

/**
 * What the rules' descriptions show. An expanded description of 1024 characters
 * or more would show its template.
 */
const DESCRIBED: ReadonlySet<string> = new Set([
  "error",
  "indicator.name",
  "observable_value",
  "related.indicator.name",
]);
const MAX_DESCRIBED_BYTES = 900;

/** Fields are shortened to the first of these; if that is too long, the next. */
const SHORTENED_BYTES = [2048, 256];

/** Room for the names of the fields that were shortened. */
const TRUNCATED_BYTES = 4096;

/** How an event is written. */
export interface EncodeOptions {
  /** The most bytes it may have, 32 768 at least. */
  readonly maxBytes: number;
  /** Takes secrets out of a text: an alert's text may be anything. */
  readonly redact: (text: string) => string;
}

/**
 * Writes an event as JSON: without nulls, empty texts, arrays and objects, and
 * without what analysisd loses an event for. If it is too long, fields are
 * shortened from the end, and `truncated` names them.
 *
 * @example
 * ```ts
 * import { assert, assertEquals } from "@std/assert";
 *
 * const event = { event_type: "error", error: "x", nothing: null };
 * const options = { maxBytes: 65_000, redact: (text: string) => text };
 * assertEquals(
 *   encodeEvent({ integration: "opencti", opencti: event }, options),
 *   '{"integration":"opencti","opencti":{"event_type":"error","error":"x"}}',
 * );
 * const long = errorEvent("x".repeat(2000), undefined);
 * assert(encodeEvent(long, options).length < 1200);
 * ```
 */
export function encodeEvent(
  event: Event,
  { maxBytes, redact }: EncodeOptions,
): string {
  const clean = (text: string) => sendable(redact(text));
  const fields = fieldsOf(event.opencti)
    .map(({ path, value }) => ({ path, value: cleaned(value, clean) }))
    .filter(({ value }) => isFilled(value));
  const shortenedNames = new Set<string>();

  function shorten(index: number, bytes: number): void {
    const { path, value } = fields[index] ?? { path: [], value: "" };
    fields[index] = { path, value: shortened(value, bytes) };
    shortenedNames.add(path.join("."));
  }

  for (const [index, { path, value }] of fields.entries()) {
    if (
      DESCRIBED.has(path.join(".")) && jsonBytes(value) > MAX_DESCRIBED_BYTES
    ) shorten(index, MAX_DESCRIBED_BYTES);
  }
  let excess = jsonBytes(build(event, fields)) + TRUNCATED_BYTES - maxBytes;
  for (const least of SHORTENED_BYTES) {
    for (let index = fields.length - 1; index >= 0 && excess > 0; index--) {
      const before = jsonBytes(fields[index]?.value);
      if (before <= least) continue;
      shorten(index, Math.max(least, before - excess));
      excess -= before - jsonBytes(fields[index]?.value);
    }
  }
  if (shortenedNames.size > 0) {
    fields.push({ path: ["truncated"], value: [...shortenedNames] });
  }
  return JSON.stringify(build(event, fields));
}

/** A field that holds no others. */
interface Field {
  readonly path: readonly string[];
  readonly value: string | number | boolean | readonly Json[];
}

/** The fields of an object that are not null. */
function fieldsOf(
  object: JsonObject,
  parents: readonly string[] = [],
): Field[] {
  return Object.entries(object).flatMap(([name, value]): Field[] => {
    const path = [...parents, name];
    if (value === null || value === undefined) return [];
    return typeof value === "object" && !isArray(value)
      ? fieldsOf(value, path)
      : [{ path, value }];
  });
}

function cleaned(
  value: Field["value"],
  clean: (text: string) => string,
): Field["value"] {
  if (typeof value === "string") return clean(value);
  if (typeof value !== "object") return value;
  return value.map((element) =>
    typeof element === "string" ? clean(element) : element
  ).filter((element) => element !== "");
}

function isFilled(value: Field["value"]): boolean {
  return typeof value === "string" || typeof value === "object"
    ? value.length > 0
    : true;
}

function build({ integration }: Event, fields: readonly Field[]): JsonObject {
  return { integration, opencti: nest(fields) };
}

function nest(fields: readonly Field[]): JsonObject {
  const groups = Map.groupBy(fields, ({ path: [name = ""] }) => name);
  return Object.fromEntries(
    [...groups].map(([name, [field, ...others]]) => [
      name,
      field === undefined || field.path.length === 1 ? field?.value : nest(
        [field, ...others].map(({ path, value }) => ({
          path: path.slice(1),
          value,
        })),
      ),
    ]),
  );
}

function isArray(value: Json): value is readonly Json[] {
  return Array.isArray(value);
}

/** analysisd cuts a text at NUL, and loses the event of a lone surrogate. */
function sendable(text: string): string {
  return text.toWellFormed().replaceAll("\0", "\ufffd");
}

/** The first part of a text, or the first elements, within so many bytes. */
function shortened(value: Field["value"], maxBytes: number): Field["value"] {
  if (typeof value === "string") {
    let text = value.slice(0, maxBytes);
    while (jsonBytes(text) > maxBytes - "…".length * 3) {
      text = text.slice(0, Math.floor(text.length * 0.9));
    }
    return `${text.toWellFormed()}…`;
  }
  if (typeof value !== "object") return value;
  let bytes = 2;
  const end = value.findIndex((element) =>
    (bytes += jsonBytes(element) + 1) > maxBytes
  );
  return end === -1 ? value : value.slice(0, Math.max(end, 1))
    .map((element) =>
      typeof element === "string" && jsonBytes(element) > maxBytes
        ? shortened(element, maxBytes)
        : element
    );
}

function jsonBytes(value: Json | undefined): number {
  return new TextEncoder().encode(JSON.stringify(value)).byteLength;
}
