/**
 * The filters: which indicators are emitted, as the options say.
 *
 * @module
 */
import type { Filters } from "../config/config.ts";
import { TLP } from "../config/defaults.ts";
import type { Indicator } from "../opencti/schema.ts";

/** The option by which an indicator is not emitted, and what decided. */
export type Filtered =
  | {
    readonly by: "min_score" | "min_confidence";
    readonly has: number | null;
    readonly least: number;
  }
  | { readonly by: "only_detection" | "include_revoked" | "labels" }
  | { readonly by: "include_expired"; readonly at: string | null }
  | { readonly by: "not_labels"; readonly label: string }
  | {
    readonly by: "markings";
    readonly has: string | null;
    readonly most: string;
  };

/**
 * Which option filters an indicator out; `undefined` if none does.
 *
 * OpenCTI revokes what expires: such an indicator is both.
 *
 * @example
 * ```ts
 * import * as v from "valibot";
 * import { assertEquals } from "@std/assert";
 * import { DEFAULTS } from "../config/defaults.ts";
 * import { Indicator } from "../opencti/schema.ts";
 *
 * const indicator = v.parse(Indicator, { id: "1d9e", x_opencti_score: 20 });
 * const options = { ...DEFAULTS, now: new Date() };
 * assertEquals(filterOut(indicator, options), undefined);
 * assertEquals(
 *   filterOut(indicator, { ...options, min_score: 50 }),
 *   { by: "min_score", has: 20, least: 50 },
 * );
 * ```
 */
export function filterOut(
  indicator: Indicator,
  options: Filters,
): Filtered | undefined {
  const { revoked, valid_until: at, x_opencti_detection } = indicator;
  const { only_detection, include_revoked, include_expired, now } = options;
  return below("min_score", indicator.x_opencti_score, options) ??
    below("min_confidence", indicator.confidence, options) ??
    (only_detection && x_opencti_detection !== true
      ? { by: "only_detection" }
      : undefined) ??
    (!include_revoked && revoked === true
      ? { by: "include_revoked" }
      : undefined) ??
    (!include_expired && isExpired(indicator, now)
      ? { by: "include_expired", at }
      : undefined) ??
    byLabels(indicator, options) ??
    byMarking(indicator, options);
}

/**
 * Whether an indicator's `valid_until` has passed.
 *
 * @example
 * ```ts
 * import { assertEquals } from "@std/assert";
 *
 * const now = new Date("2026-06-01T00:00:00Z");
 * assertEquals(isExpired({ valid_until: "2026-05-31T00:00:00Z" }, now), true);
 * assertEquals(isExpired({ valid_until: null }, now), false);
 * ```
 */
export function isExpired(
  { valid_until }: Pick<Indicator, "valid_until">,
  now: Date,
): boolean {
  return valid_until !== null && Date.parse(valid_until) <= now.getTime();
}

/** Whether an indicator is valid, else why not. */
export type State = "active" | "future" | "revoked" | "expired";

/**
 * The state of an indicator. OpenCTI revokes what expires: that is expired.
 *
 * @example
 * ```ts
 * import { assertEquals } from "@std/assert";
 *
 * const now = { now: new Date("2026-06-01T00:00:00Z"), future_is_active: false };
 * const none = { valid_from: null, valid_until: null, revoked: null };
 * const valid_until = "2026-05-31T00:00:00Z";
 * assertEquals(stateOf({ ...none, valid_until, revoked: true }, now), "expired");
 * assertEquals(stateOf({ ...none, revoked: true }, now), "revoked");
 * assertEquals(
 *   stateOf({ ...none, valid_from: "2026-06-02T00:00:00Z" }, now),
 *   "future",
 * );
 * assertEquals(stateOf(none, now), "active");
 * ```
 */
export function stateOf(
  indicator: Pick<Indicator, "valid_from" | "valid_until" | "revoked">,
  { now, future_is_active }: Pick<Filters, "now" | "future_is_active">,
): State {
  if (isExpired(indicator, now)) return "expired";
  if (indicator.revoked === true) return "revoked";
  const { valid_from } = indicator;
  const isFuture = !future_is_active && valid_from !== null &&
    Date.parse(valid_from) > now.getTime();
  return isFuture ? "future" : "active";
}

function below(
  by: "min_score" | "min_confidence",
  has: number | null,
  options: Filters,
): Filtered | undefined {
  const least = options[by];
  return (has ?? -1) >= least || least === 0 ? undefined : { by, has, least };
}

function byLabels(
  { objectLabel }: Indicator,
  { labels, not_labels }: Filters,
): Filtered | undefined {
  const all = objectLabel.map(({ value }) => value ?? "");
  const label = all.find(isIn(not_labels));
  if (label !== undefined) return { by: "not_labels", label };
  return labels.length === 0 || all.some(isIn(labels))
    ? undefined
    : { by: "labels" };
}

function isIn(labels: readonly string[]): (label: string) => boolean {
  if (labels.length === 0) return () => false;
  const known = new Set(labels.map((label) => label.toLowerCase()));
  return (label) => known.has(label.toLowerCase());
}

function byMarking(
  { objectMarking }: Indicator,
  { markings }: Filters,
): Filtered | undefined {
  if (markings === undefined) return undefined;
  const tooHigh = objectMarking.find(({ definition_type, definition }) =>
    definition_type?.toUpperCase() === "TLP" &&
    tlpOf(definition) > TLP.indexOf(markings)
  );
  return tooHigh &&
    { by: "markings", has: tooHigh.definition, most: markings };
}

/** The place in {@linkcode TLP}: what is not known there is as TLP:RED. */
function tlpOf(definition: string | null): number {
  const name = definition?.toUpperCase();
  // As TLP 1.0 called it.
  if (name === "TLP:WHITE") return 0;
  const place = TLP.findIndex((one) => one === name);
  return place === -1 ? TLP.length - 1 : place;
}
