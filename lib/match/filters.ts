/**
 * The filters: which indicators are emitted, as the options say.
 *
 * @module
 */
import type { Filters } from "../config/config.ts";
import { TLP } from "../config/defaults.ts";
import type { Indicator } from "../opencti/schema.ts";

/**
 * Why an indicator is not emitted, in words that name the option; `undefined` if
 * it is.
 *
 * OpenCTI revokes what expires: such an indicator is both.
 *
 * @example
 * ```ts
 * import { assertEquals } from "@std/assert";
 * import { DEFAULTS } from "../config/defaults.ts";
 * import { Indicator } from "../opencti/schema.ts";
 *
 * const indicator = Indicator.parse({ id: "1d9e", x_opencti_score: 20 });
 * const options = { ...DEFAULTS, now: new Date() };
 * assertEquals(whyFiltered(indicator, options), undefined);
 * assertEquals(
 *   whyFiltered(indicator, { ...options, min_score: 50 }),
 *   "its score 20 is below min_score 50",
 * );
 * ```
 */
export function whyFiltered(
  indicator: Indicator,
  options: Filters,
): string | undefined {
  const { revoked, valid_until, x_opencti_detection } = indicator;
  const { only_detection, include_revoked, include_expired, now } = options;
  return below(indicator.x_opencti_score, options.min_score, "score") ??
    below(indicator.confidence, options.min_confidence, "confidence") ??
    (only_detection && x_opencti_detection !== true
      ? "it is not for detection, and only_detection is true"
      : undefined) ??
    (!include_revoked && revoked === true
      ? "it is revoked, and include_revoked is false"
      : undefined) ??
    (!include_expired && isExpired(indicator, now)
      ? `it expired at ${valid_until}, and include_expired is false`
      : undefined) ??
    whyNotByLabels(indicator, options) ??
    whyNotByMarking(indicator, options);
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

function below(
  value: number | null,
  least: number,
  name: "score" | "confidence",
): string | undefined {
  if ((value ?? -1) >= least || least === 0) return undefined;
  return value === null
    ? `its ${name} is unknown, and min_${name} is ${least}`
    : `its ${name} ${value} is below min_${name} ${least}`;
}

function whyNotByLabels(
  { objectLabel }: Indicator,
  { labels, not_labels }: Filters,
): string | undefined {
  const own = objectLabel.map(({ value }) => value ?? "");
  const unwanted = own.find(isIn(not_labels));
  if (unwanted !== undefined) return `its label "${unwanted}" is in not_labels`;
  return labels.length === 0 || own.some(isIn(labels))
    ? undefined
    : "it has no label of those in labels";
}

function isIn(labels: readonly string[]): (label: string) => boolean {
  if (labels.length === 0) return () => false;
  const known = new Set(labels.map((label) => label.toLowerCase()));
  return (label) => known.has(label.toLowerCase());
}

function whyNotByMarking(
  { objectMarking }: Indicator,
  { markings }: Filters,
): string | undefined {
  if (markings === undefined) return undefined;
  const tooHigh = objectMarking.find(({ definition_type, definition }) =>
    definition_type?.toUpperCase() === "TLP" &&
    tlpOf(definition) > TLP.indexOf(markings)
  );
  return tooHigh &&
    `its marking ${tooHigh.definition} is above markings ${markings}`;
}

/** The place in {@linkcode TLP}: what is not known there is as TLP:RED. */
function tlpOf(definition: string | null): number {
  const name = definition?.toUpperCase();
  // As TLP 1.0 called it.
  if (name === "TLP:WHITE") return 0;
  const place = TLP.findIndex((one) => one === name);
  return place === -1 ? TLP.length - 1 : place;
}
