/**
 * Says in words what became of each indicator and observable, for the log.
 *
 * @module
 */
import type { Filtered } from "../match/filters.ts";
import { stateOf } from "../match/filters.ts";
import type {
  Decision,
  IndicatorReason,
  Match,
  ObservableReason,
} from "../match/match.ts";
import type { RankOptions } from "../match/rank.ts";
import { sentenceOnUnmet } from "../wazuh/unmet.ts";
import type { Indicator, Observable } from "../opencti/schema.ts";

/** Nobody reads more. */
const MAX_SENTENCES = 1000;

/** Of a long text no more is said. */
const MAX_SAID = 1000;

/**
 * A sentence on each decision, each sentence once, and no more than a thousand.
 *
 * @example
 * ```ts
 * import * as v from "valibot";
 * import { assertEquals } from "@std/assert";
 * import { Indicator } from "../opencti/schema.ts";
 *
 * const indicator = v.parse(Indicator, { id: "1d9e", name: "C2" });
 * const reason = { why: "partial_matches" } as const;
 * assertEquals(
 *   sentencesOn([{ type: "skipped", indicator, reason }], {
 *     now: new Date(),
 *     future_is_active: false,
 *   }),
 *   ['indicator "C2" (1d9e) is skipped: partial_matches is false'],
 * );
 * ```
 */
export function sentencesOn(
  decisions: readonly Decision[],
  options: RankOptions & {
    /** For a screen: without ids, and of long names the start. */
    readonly isShort?: boolean;
  },
): readonly string[] {
  const said = new Set<string>();
  let unsaid = 0;
  for (const decision of decisions) {
    if (said.size < MAX_SENTENCES) said.add(sentenceOn(decision, options));
    else unsaid++;
  }
  return [...said, ...unsaid > 0 ? [`and ${unsaid} notes more`] : []];
}

function sentenceOn(
  decision: Decision,
  options: RankOptions & { readonly isShort?: boolean },
): string {
  const nameOf = options.isShort ? shortNameOf : fullNameOf;
  if ("match" in decision) {
    const { match } = decision;
    const { kind, value } = match.met.ioc;
    const what = options.isShort
      ? nameOf(match.indicator)
      : `${match.type} of ${kind} ${value}: ${nameOf(match.indicator)}`;
    return `${statusOf(decision)}: ${what}: ${ranksOf(match, options)}`;
  }
  return "indicator" in decision
    ? `${nameOf(decision.indicator)} is ${onIndicator(decision)}`
    : `${nameOf(decision.observable)} is ${OBSERVABLE[decision.reason]}`;
}

function statusOf(decision: Extract<Decision, { match: Match }>): string {
  if (decision.type === "emitted") return `match ${decision.place}`;
  return decision.reason === "repeated"
    ? "skipped, an earlier match has its indicator"
    : `skipped, ${decision.reason} is ${decision.max}`;
}

/** What decides which match is the better one. */
function ranksOf({ indicator, unmet }: Match, options: RankOptions): string {
  const { x_opencti_score, confidence } = indicator;
  return [
    stateOf(indicator, options),
    unmet.length === 0 ? "in full" : `in part (${sentenceOnUnmet(unmet)})`,
    indicator.x_opencti_detection ? "detection" : "no detection",
    `score ${x_opencti_score ?? "unknown"}`,
    `confidence ${confidence ?? "unknown"}`,
  ].join(", ");
}

function onIndicator({ indicator, reason }: {
  readonly indicator: Indicator;
  readonly reason: IndicatorReason;
}): string {
  const pattern = glanceAt(indicator.pattern);
  switch (reason.why) {
    case "unreadable":
      return `no match: its pattern cannot be read, ${
        glanceAt(reason.problem)
      }: ${pattern}`;
    case "no_ioc":
      if (reason.isUncompared) {
        return "no match, as far as its pattern could be compared: a part takes " +
          `too long or cannot be read: ${pattern}`;
      }
      return reason.readLength === undefined
        ? `no match: its pattern does not look for an IoC of the alert: ${pattern}`
        : `no match: the first ${reason.readLength} characters of its pattern ` +
          `do not look for an IoC of the alert: ${pattern}`;
    case "contradicted":
      return `no match: the alert contradicts its pattern: ${
        sentenceOnUnmet(reason.unmet)
      }`;
    case "partial_matches":
      return "skipped: partial_matches is false";
    case "filtered":
      return `filtered out: ${glanceAt(onFilter(reason.filtered))}`;
  }
}

function onFilter(filtered: Filtered): string {
  switch (filtered.by) {
    case "min_score":
    case "min_confidence": {
      const { by, has, least } = filtered;
      const name = by.slice("min_".length);
      return has === null
        ? `its ${name} is unknown, and ${by} is ${least}`
        : `its ${name} ${has} is below ${by} ${least}`;
    }
    case "only_detection":
      return "it is not for detection, and only_detection is true";
    case "include_revoked":
      return "it is revoked, and include_revoked is false";
    case "include_expired":
      return `it expired at ${filtered.at}, and include_expired is false`;
    case "labels":
      return "it has no label of those in labels";
    case "not_labels":
      return `its label "${filtered.label}" is in not_labels`;
    case "markings":
      return `its marking ${filtered.has} is above markings ${filtered.most}`;
  }
}

const OBSERVABLE: Readonly<Record<ObservableReason, string>> = {
  no_ioc: "no match: its value is no IoC of the alert",
  partial_matches: "skipped: partial_matches is false",
  indicators_emitted: "skipped: earlier matches have its indicators",
  indicators_filtered: "skipped: all its indicators are filtered out",
  no_indicators:
    "skipped: neither it nor what is related to it has an indicator",
};

/** Of a name on a screen. */
const SHORT_NAME = 40;

function shortNameOf(object: Indicator | Observable): string {
  const name = "name" in object ? object.name : object.observable_value;
  const letters = [...(name ?? "without name").slice(0, 2 * SHORT_NAME)];
  return letters.length <= SHORT_NAME
    ? `"${letters.join("")}"`
    : `"${letters.slice(0, SHORT_NAME - 1).join("")}…"`;
}

function fullNameOf(object: Indicator | Observable): string {
  return "name" in object
    ? `indicator "${glanceAt(object.name)}" (${glanceAt(object.id)})`
    : `observable "${glanceAt(object.observable_value)}" (${
      glanceAt(object.id)
    })`;
}

function glanceAt(text: string | null): string | null {
  return text !== null && text.length > MAX_SAID
    ? `${text.slice(0, MAX_SAID)}…`
    : text;
}
