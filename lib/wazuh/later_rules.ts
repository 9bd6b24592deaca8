/**
 * Rules of a manager that are read after ours: they may take the place of ours,
 * or build upon them, and then an event meets these.
 *
 * @module
 */
import { parseRules, type Rule } from "./rules.ts";
import { type Element, parseXml } from "./xml.ts";

/** Ours, with what is read after them. */
export interface AllRules {
  readonly rules: readonly Rule[];
  /** Ids of those that ask for what is not judged here: they are left out. */
  readonly notJudged: readonly string[];
}

/**
 * Adds to our rules those of files that are read after them, if they have to do
 * with ours. Of a rule that overwrites another, all counts but its parents.
 *
 * @param later What stands in these files, in the order that they are read.
 *
 * @throws {SyntaxError} If Wazuh could not read one.
 *
 * @see https://github.com/wazuh/wazuh/blob/v4.14.7/src/analysisd/rules_list.c
 *
 * @example
 * ```ts
 * import { assertEquals } from "@std/assert";
 * import { parseRules } from "./rules.ts";
 *
 * const ours = parseRules(
 *   '<group name="a,"><rule id="110212" level="12"></rule></group>',
 * );
 * const { rules } = withLaterRules(ours, [
 *   '<group name="b,"><rule id="110212" level="5" overwrite="yes"></rule>' +
 *   '<rule id="100001" level="7"><if_sid>110212</if_sid></rule>' +
 *   '<rule id="100002" level="7"><if_sid>5716</if_sid></rule></group>',
 * ]);
 * assertEquals(rules.map(({ id, level }) => [id, level]), [
 *   ["110212", 5],
 *   ["100001", 7],
 * ]);
 * ```
 */
export function withLaterRules(
  ours: readonly Rule[],
  later: readonly string[],
): AllRules {
  const rules = new Map(ours.map((rule) => [rule.id, rule]));
  const notJudged: string[] = [];
  for (const xml of later) {
    const elements = parseXml(xml).filter(({ name }) => name === "group")
      .flatMap(({ children }) =>
        children.filter(({ name }) => name === "rule")
      );
    for (const [n, rule] of parseRules(xml).entries()) {
      const element = elements[n];
      const known = rules.get(rule.id);
      const isNew = known === undefined && buildsUpon(rule, rules);
      const isOverwrite = known !== undefined &&
        element?.attributes["overwrite"] === "yes";
      if (element === undefined || !isNew && !isOverwrite) continue;
      if (!isJudged(element)) notJudged.push(rule.id);
      else if (known === undefined) rules.set(rule.id, rule);
      else {
        const { parents, parentGroups, isLast } = known;
        rules.set(rule.id, { ...rule, parents, parentGroups, isLast });
      }
    }
  }
  return { rules: [...rules.values()], notJudged };
}

function buildsUpon(
  { parents, parentGroups }: Rule,
  rules: ReadonlyMap<string, Rule>,
): boolean {
  return parents.some((id) => rules.has(id)) ||
    rules.values().some(({ groups }) =>
      parentGroups.some((group) => groups.includes(group))
    );
}

/** Whether all that a rule asks for is compared here as analysisd does. */
function isJudged({ children }: Element): boolean {
  return children.every(({ name, attributes, text }) =>
    name === "field"
      ? attributes["negate"] === undefined &&
        // What is no PCRE2 is read alike only without its own signs.
        (attributes["type"] === "pcre2" || /^[\w^$|: -]*$/.test(text))
      : JUDGED.has(name)
  );
}

const JUDGED: ReadonlySet<string> = new Set(
  ("if_sid if_group if_matched_group global_frequency same_field " +
    "different_field description group options mitre info").split(" "),
);
