/**
 * Whether integratord hands an alert over: what our blocks in `ossec.conf` ask
 * for, and what the alert says.
 *
 * @module
 */
import { unwrapped } from "../alert/alert.ts";
import { memberOf } from "../json.ts";
import type { IntegrationBlock } from "./ossec_conf.ts";

/** What integratord looks at of an alert, as it stands there. */
export interface SeenAlert {
  readonly level: number;
  readonly groups: readonly string[];
  readonly ruleId: string;
  /** Where its event came from, as `(web01) any->/var/log/auth.log`. */
  readonly location: string | undefined;
}

/** What a block asks of an alert. */
export type Conditions = Partial<
  Pick<IntegrationBlock, "level" | "group" | "ruleId" | "eventLocation">
>;

/**
 * Reads what integratord looks at of an alert.
 *
 * @throws {SyntaxError} If it is not JSON.
 */
export function seenAlertIn(json: string): SeenAlert {
  const alert = unwrapped(JSON.parse(json.trim()));
  const rule = memberOf(alert, "rule");
  const groups = memberOf(rule, "groups");
  const location = memberOf(alert, "location");
  return {
    level: Number(memberOf(rule, "level") ?? NaN),
    groups: Array.isArray(groups) ? groups.map(String) : [],
    ruleId: String(memberOf(rule, "id") ?? ""),
    location: typeof location === "string" ? location : undefined,
  };
}

/** Whether integratord hands an alert over. */
export function meets(block: Conditions, alert: SeenAlert): boolean {
  return whyNotMet(block, alert) === undefined;
}

/**
 * Why integratord does not hand an alert over; `undefined` if it does. Groups
 * and ids are compared as they are written, a blank too.
 *
 * @see https://github.com/wazuh/wazuh/blob/v4.14.1/src/os_integrator/integrator.c
 *
 * @example
 * ```ts
 * import { assertEquals } from "@std/assert";
 *
 * const block = { level: "3", group: "ids,sshd" };
 * const alert = { level: 5, groups: ["sshd"], ruleId: "5710", location: "a" };
 * assertEquals(whyNotMet(block, alert), undefined);
 * assertEquals(
 *   whyNotMet(block, { ...alert, level: 2 }),
 *   "its level 2 is below <level>3</level>",
 * );
 * ```
 */
export function whyNotMet(
  { level, group, ruleId, eventLocation }: Conditions,
  alert: SeenAlert,
): string | undefined {
  const least = Number(level ?? 0);
  // Without a level, integratord hands nothing over to a block that has one.
  if (least > 0 && !(alert.level >= least)) {
    return Number.isNaN(alert.level)
      ? "it has no rule.level"
      : `its level ${alert.level} is below <level>${level}</level>`;
  }
  if (
    group !== undefined &&
    !group.split(",").some((name) => name !== "" && alert.groups.includes(name))
  ) {
    return alert.groups.length === 0
      ? "it has no rule.groups, and the block has a <group>"
      : `none of its groups is in <group>: ${shown(alert.groups.join(","))}`;
  }
  const ids = idsIn(ruleId ?? "");
  if (ids.length > 0 && !ids.includes(Number(alert.ruleId))) {
    return `its rule ${shown(alert.ruleId) || "id"} is not in <rule_id>`;
  }
  if (
    eventLocation !== undefined &&
    (alert.location === undefined || !matches(eventLocation, alert.location))
  ) {
    return `its location does not match <event_location>: ${
      shown(alert.location ?? "it has none")
    }`;
  }
  return undefined;
}

/** Of an alert's text, no more is said. */
function shown(text: string): string {
  return text.length > 200 ? `${text.slice(0, 200)}…` : text;
}

/** Numbers with commas between; what follows something else is not read. */
function idsIn(text: string): readonly number[] {
  const [numbers = ""] = /^[\d, ]*/.exec(text) ?? [];
  return numbers.split(",").map((part) => Number(part.trim().split(" ")[0]))
    .filter((id) => id > 0);
}

/**
 * Whether a text matches one of Wazuh's simple patterns: parts joined by `|`,
 * each with `^` and `$`, in any case; `!` before all of it means the contrary.
 *
 * @see https://documentation.wazuh.com/current/user-manual/ruleset/ruleset-xml-syntax/regex.html
 */
function matches(pattern: string, text: string): boolean {
  const isContrary = pattern.startsWith("!");
  const all = text.toLowerCase();
  const isMet = pattern.slice(isContrary ? 1 : 0).toLowerCase().split("|")
    .some((part) => {
      const hasEnd = part.endsWith("$");
      const hasStart = part.startsWith("^");
      const inner = part.slice(hasStart ? 1 : 0, hasEnd ? -1 : undefined);
      if (hasStart && hasEnd) return all === inner;
      if (hasStart) return all.startsWith(inner);
      return hasEnd ? all.endsWith(inner) : all.includes(inner);
    });
  return isMet !== isContrary;
}
