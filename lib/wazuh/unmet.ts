/**
 * Says in words what of a pattern is not known to hold.
 *
 * @module
 */
import type { Unmet } from "../match/evaluate.ts";

/** Nobody reads more in one sentence. */
const MAX_PARTS = 5;

/**
 * One sentence on what else a pattern asks for, and what the alert says of it;
 * empty if there is nothing.
 *
 * @example
 * ```ts
 * import { assertEquals } from "@std/assert";
 *
 * assertEquals(
 *   sentenceOnUnmet([
 *     { comparison: "network-traffic:dst_port = 443", alert: { says: ["8443"] } },
 *     { comparison: "file:name = 'x'", alert: "silent" },
 *   ]),
 *   "network-traffic:dst_port = 443: the alert says 8443; " +
 *     "file:name = 'x': the alert does not say",
 * );
 * ```
 */
export function sentenceOnUnmet(unmet: readonly Unmet[]): string {
  const parts = unmet.slice(0, MAX_PARTS).map(({ comparison, alert }) =>
    comparison === ""
      ? ON_PATTERN[alert === "cut" ? alert : "more"]
      : `${comparison}: ${onAlert(alert)}`
  );
  const more = unmet.length - parts.length;
  return [...parts, ...more > 0 ? [`and ${more} more`] : []].join("; ");
}

const ON_PATTERN = {
  cut: "the pattern is too long, and its end was not read",
  more: "the pattern says more than the IoC, and exact_only is true",
};

function onAlert(alert: Unmet["alert"]): string {
  switch (alert) {
    case "silent":
    case "cut":
    case "more":
      return "the alert does not say";
    case "role":
      return "the alert does not say in which role";
    case "other_case":
      return "the alert has it in other case";
    case "uncompared":
      return "this is not compared, it takes too long or cannot be read";
    case "below":
      return "the alert has a domain below it";
    default:
      return `the alert says ${alert.says.slice(0, MAX_PARTS).join(", ")}`;
  }
}
