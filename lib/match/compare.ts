/**
 * Compares what a STIX comparison asks for with what the alert says.
 *
 * @module
 */
import type { Ioc } from "../alert/ioc.ts";
import type { Comparison } from "../opencti/pattern.ts";
import { spellingsOf } from "../opencti/spellings.ts";
import type { AlertFacts } from "./alert_facts.ts";
import { comparePort, compareProtocol, compareText } from "./compare_facts.ts";
import {
  compareType,
  compareValue,
  type ValueOptions,
} from "./compare_value.ts";
import { type Plain, textOf, unknown } from "./comparison.ts";
import type { Compare, Verdict } from "./evaluate.ts";
import { subjectOf } from "./subject.ts";
import { MAX_STEPS, type ReadRegex, textTestOf } from "./text_operators.ts";

/** What comparisons are compared with. */
export interface Facts extends Omit<ValueOptions, "test" | "spell"> {
  readonly alert: AlertFacts;
  /** Loaded where it is needed. */
  readonly readRegex?: ReadRegex | undefined;
}

/**
 * Makes what compares with an alert.
 *
 * @example
 * ```ts
 * import { assertEquals } from "@std/assert";
 * import { parseAlert } from "../alert/alert.ts";
 * import { lookupAmong } from "./known.ts";
 * import { alertFactsOf } from "./alert_facts.ts";
 *
 * const iocs = [{ kind: "ipv4", value: "1.2.3.4", spellings: [], field: "f" }] as const;
 * const compare = compareWith({
 *   iocs,
 *   lookup: lookupAmong(iocs, {
 *     networks: "narrow",
 *     url_case: true,
 *     parents: [],
 *   }),
 *   url_case: true,
 *   alert: alertFactsOf(parseAlert('{"data": {"dstport": "8443"}}')),
 * });
 * const comparison = {
 *   type: "comparison",
 *   path: "network-traffic:dst_port",
 *   operator: "=",
 *   isNegated: false,
 *   values: [{ type: "bare", text: "443" }],
 * } as const;
 * assertEquals(compare(comparison), {
 *   state: "contradicted",
 *   unmet: [{
 *     comparison: "network-traffic:dst_port = 443",
 *     alert: { says: ["8443"] },
 *   }],
 * });
 * ```
 */
export function compareWith(facts: Facts): Compare {
  const work = { left: MAX_STEPS };
  const spelled = new Map<Ioc, readonly string[]>();
  const spell = (ioc: Ioc) => {
    const spellings = spelled.get(ioc) ?? spellingsOf(ioc);
    spelled.set(ioc, spellings);
    return spellings;
  };
  return (comparison) => {
    const test = textTestOf(comparison, { ...facts, work });
    const verdict = compareOne(comparison, { ...facts, spell, test });
    return comparison.isNegated !== (comparison.operator === "!=")
      ? negated(verdict, comparison)
      : verdict;
  };
}

function negated(
  { state, isOther, met, says = [], unmet: [first] }: Plain,
  comparison: Comparison,
): Verdict {
  const text = textOf(comparison);
  if (state === "holds") {
    const alert = { says: met === undefined ? says : [met.ioc.value] };
    return { state: "contradicted", unmet: [{ comparison: text, alert }] };
  }
  return state === "contradicted" || isOther === true
    ? { state: "holds", unmet: [] }
    : {
      state: "unknown",
      unmet: [{ comparison: text, alert: first?.alert ?? "silent" }],
    };
}

function compareOne(
  comparison: Comparison,
  facts: Facts & ValueOptions,
): Plain {
  const subject = subjectOf(comparison.path);
  switch (subject?.type) {
    case "value": {
      const verdict = compareValue(comparison, subject, facts);
      // Alerts say it also where it is no IoC.
      return verdict.state === "unknown" && subject.kinds.includes("user_agent")
        ? compareText(comparison, "userAgents", facts)
        : verdict;
    }
    case "port":
      return comparePort(comparison, subject.side, facts.alert);
    case "protocol":
      return compareProtocol(comparison, facts);
    case "object_type":
      return compareType(comparison, subject.role, facts);
    case "text":
      return compareText(comparison, subject.fact, facts);
    case undefined:
      return unknown(comparison);
  }
}
