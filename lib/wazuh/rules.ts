/**
 * Our rules on a manager, as `wazuh/opencti_rules.xml` has them, and which of
 * them an event meets.
 *
 * @module
 */
import { valueAt } from "../json.ts";
import { type Element, parseXml } from "./xml.ts";

/** A rule. */
export interface Rule {
  readonly id: string;
  readonly level: number;
  /** Whether it is tried after all others, whatever its level. */
  readonly isLast: boolean;
  /** For how many seconds it is silent after an alert. */
  readonly ignore: number;
  /** The rules one of which the event must have met before. */
  readonly parents: readonly string[];
  /** Or a rule with one of these groups. */
  readonly parentGroups: readonly string[];
  /** What the event's location must match. */
  readonly location: string | undefined;
  /** What must be in the event, all of it. */
  readonly fields: readonly Condition[];
  readonly description: string;
  /** Those of the rule, and those of all that stand with it. */
  readonly groups: readonly string[];
  /** How it counts events, if it does not look at one alone. */
  readonly counts: Counts | undefined;
}

/** A field of an event, and what it must match. */
export interface Condition {
  readonly name: string;
  readonly pattern: string;
}

/** How a rule counts events. */
export interface Counts {
  /** With how many events it alerts. */
  readonly frequency: number;
  /** Within how many seconds. */
  readonly timeframe: number;
  /** What must be in the groups of a rule whose events are counted. */
  readonly group: string;
  /** Whether the events of all agents are counted together. */
  readonly isGlobal: boolean;
  /** Fields in which an event must be as the last one. */
  readonly same: readonly string[];
  /** Fields in which an event must not be as the last one. */
  readonly different: readonly string[];
}

/**
 * Reads rules, in their order.
 *
 * @throws {SyntaxError} If Wazuh could not read them.
 *
 * @example
 * ```ts
 * import { assertEquals } from "@std/assert";
 *
 * const [rule] = parseRules(
 *   '<group name="a,"><rule id="100001" level="3"><group>b,</group></rule></group>',
 * );
 * assertEquals(rule?.groups, ["a", "b"]);
 * ```
 */
export function parseRules(xml: string): readonly Rule[] {
  return parseXml(xml).filter(({ name }) => name === "group").flatMap((group) =>
    group.children.filter(({ name }) => name === "rule").map((rule) => ({
      id: rule.attributes["id"] ?? "",
      level: Number(rule.attributes["level"]),
      isLast: rule.attributes["accuracy"] === "0",
      ignore: Number(rule.attributes["ignore"] ?? 0),
      parents: textsIn(rule, "if_sid").flatMap(listOf),
      parentGroups: textsIn(rule, "if_group").flatMap(listOf),
      location: textsIn(rule, "location")[0],
      fields: rule.children.filter(({ name }) => name === "field").map((
        { attributes, text },
      ) => ({ name: attributes["name"] ?? "", pattern: text })),
      description: textsIn(rule, "description")[0] ?? "",
      groups: [group.attributes["name"] ?? "", ...textsIn(rule, "group")]
        .flatMap(listOf),
      counts: countsIn(rule),
    }))
  );
}

function countsIn(rule: Element): Counts | undefined {
  const [group] = textsIn(rule, "if_matched_group");
  return group === undefined ? undefined : {
    frequency: Number(rule.attributes["frequency"]),
    timeframe: Number(rule.attributes["timeframe"]),
    group,
    isGlobal: rule.children.some(({ name }) => name === "global_frequency"),
    same: textsIn(rule, "same_field"),
    different: textsIn(rule, "different_field"),
  };
}

/** The types of event that a rule is for, as it says itself. */
export function eventTypesOf({ fields }: Rule): readonly string[] {
  const type = fields.find(({ name }) => name === "opencti.event_type");
  return type === undefined ? [] : wordsOf(type);
}

/**
 * The words that a condition lets through.
 *
 * @example
 * ```ts
 * import { assertEquals } from "@std/assert";
 *
 * assertEquals(wordsOf({ name: "x", pattern: "^(a|b)$" }), ["a", "b"]);
 * ```
 */
export function wordsOf({ pattern }: Condition): readonly string[] {
  return pattern.match(/\w+/g) ?? [];
}

/**
 * Which of two children of a rule analysisd tries first: one of level 0, then
 * the one with the higher level, then the one that stands first.
 */
export function byTurn(a: Rule, b: Rule): number {
  return Number(a.isLast) - Number(b.isLast) ||
    (b.level || Infinity) - (a.level || Infinity) || 0;
}

/**
 * The rules that an event meets, from the base rule down, each the first that
 * is tried of those that match. The last one raises the alert. Rules that count
 * events are left out.
 */
export function rulesMetBy(event: unknown, rules: readonly Rule[]): Rule[] {
  const met: Rule[] = [];
  while (true) {
    const parent = met.at(-1);
    const [next] = rules.filter((rule) =>
      rule.counts === undefined && meets(event, rule) &&
      (parent === undefined
        ? rule.parents.length + rule.parentGroups.length === 0
        : !met.includes(rule) && isBelow(rule, parent))
    ).toSorted(byTurn);
    if (next === undefined) return met;
    met.push(next);
  }
}

function isBelow({ parents, parentGroups }: Rule, parent: Rule): boolean {
  return parents.includes(parent.id) ||
    parentGroups.some((group) => parent.groups.includes(group));
}

/**
 * Whether an event has what a rule wants to see in its fields. What is missing
 * matches nothing.
 */
export function meets(event: unknown, { fields }: Rule): boolean {
  return fields.every(({ name, pattern }) => {
    const value = valueAt(event, name);
    return value !== undefined && pcre2(pattern).test(String(value));
  });
}

/**
 * A pattern of PCRE2: `$` lets a newline at the end through, `\z` does not.
 *
 * @example
 * ```ts
 * import { assert } from "@std/assert";
 *
 * assert(pcre2("^x$").test("x\n"));
 * assert(!pcre2("^x\\z").test("x\n"));
 * ```
 */
export function pcre2(pattern: string): RegExp {
  return new RegExp(
    pattern.replace(
      /\\z|\$/g,
      (end) => end === "$" ? "(?=\\n?(?![^]))" : "(?![^])",
    ),
  );
}

function textsIn({ children }: Element, name: string): readonly string[] {
  return children.filter((child) => child.name === name)
    .map(({ text }) => text);
}

function listOf(text: string): string[] {
  return text.split(/[,|]/).map((item) => item.trim()).filter(Boolean);
}
