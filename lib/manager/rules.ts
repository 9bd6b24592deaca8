/**
 * Rule ids: those of rules that are there, and ours, which can be moved.
 *
 * @module
 */
import { type Element, parseXml } from "../wazuh/xml.ts";

/** How many ids our rules may take, from the first one on. */
export const ID_RANGE = 40;

/** The first id of our rules as they are published. */
export const FIRST_ID = 110_200;

/** Wazuh takes no id of more than six digits; those below are its own. */
const LEAST_ID = 100_000;
const MOST_ID = 999_999;

/**
 * The ids of the rules in a file, in its order.
 *
 * @throws {SyntaxError} If Wazuh could not read it.
 *
 * @example
 * ```ts
 * import { assertEquals } from "@std/assert";
 *
 * const xml = '<group name="a,"><rule id="100001" level="3"></rule></group>';
 * assertEquals(ruleIdsIn(xml), [100_001]);
 * ```
 */
export function ruleIdsIn(xml: string): readonly number[] {
  const idsOf = ({ name, attributes, children }: Element): number[] =>
    name === "rule" ? [Number(attributes.id)] : children.flatMap(idsOf);
  return parseXml(xml).flatMap(idsOf);
}

/**
 * The ids of rules that the rules in a file build upon.
 *
 * @throws {SyntaxError} If Wazuh could not read it.
 *
 * @example
 * ```ts
 * import { assertEquals } from "@std/assert";
 *
 * const xml = '<group name="a,"><rule id="100001" level="3">' +
 *   "<if_sid>5716, 5720</if_sid></rule></group>";
 * assertEquals(parentIdsIn(xml), [5716, 5720]);
 * ```
 */
export function parentIdsIn(xml: string): readonly number[] {
  const idsOf = ({ name, text, children }: Element): number[] =>
    /^if_(?:matched_)?sid$/.test(name)
      ? text.split(/[\s,]+/).filter(Boolean).map(Number)
      : children.flatMap(idsOf);
  return parseXml(xml).flatMap(idsOf);
}

/**
 * The ids of the rules in a file that are put in the place of others.
 *
 * @throws {SyntaxError} If Wazuh could not read it.
 *
 * @example
 * ```ts
 * import { assertEquals } from "@std/assert";
 *
 * const xml = '<group name="a,"><rule id="110212" level="5" overwrite="yes">' +
 *   "</rule></group>";
 * assertEquals(overwrittenIdsIn(xml), [110_212]);
 * ```
 */
export function overwrittenIdsIn(xml: string): readonly number[] {
  const idsOf = ({ name, attributes, children }: Element): number[] =>
    name !== "rule"
      ? children.flatMap(idsOf)
      : attributes.overwrite === "yes"
      ? [Number(attributes.id)]
      : [];
  return parseXml(xml).flatMap(idsOf);
}

/** What analysisd refuses to start with, besides what is no XML. */
export interface WrongRule {
  /** As it is written. */
  readonly id: string;
  readonly says: string;
}

/**
 * The rules of a file that analysisd does not take: it does not start then.
 *
 * @throws {SyntaxError} If Wazuh could not read the file.
 *
 * @see https://github.com/wazuh/wazuh/blob/v4.14.7/src/analysisd/rules.c
 *
 * @example
 * ```ts
 * import { assertEquals } from "@std/assert";
 *
 * const xml = '<group name="a,"><rule id="100001" level="17">' +
 *   "<description>x</description></rule></group>";
 * assertEquals(wrongRulesIn(xml), [
 *   { id: "100001", says: "its level is none from 0 to 16" },
 * ]);
 * ```
 */
export function wrongRulesIn(xml: string): readonly WrongRule[] {
  const rulesOf = (element: Element): Element[] =>
    element.name === "rule" ? [element] : element.children.flatMap(rulesOf);
  return parseXml(xml).flatMap(rulesOf).flatMap(
    ({ attributes: { id = "", level = "", overwrite }, children }) => {
      const wrong = (says: string) => [{ id: id.slice(0, 20), says }];
      if (!/^\d{1,6}$/.test(id)) {
        return wrong("its id is no number of six digits at the most");
      }
      if (!/^\d+$/.test(level) || Number(level) > MOST_LEVEL) {
        return wrong(`its level is none from 0 to ${MOST_LEVEL}`);
      }
      return overwrite === "yes" ||
          children.some(({ name }) => name === "description")
        ? []
        : wrong("it has no <description>");
    },
  );
}

const MOST_LEVEL = 16;

/**
 * The ids of the rules in a file that take the events of an integration for
 * OpenCTI, as those of a `custom-opencti.py` do: rules without a parent that ask
 * for `integration`, and those below them.
 *
 * @throws {SyntaxError} If Wazuh could not read it.
 *
 * @example
 * ```ts
 * import { assertEquals } from "@std/assert";
 *
 * const xml = '<group name="threat_intel,"><rule id="100210" level="10">' +
 *   '<field name="integration">opencti</field></rule>' +
 *   '<rule id="100211" level="5"><if_sid>100210</if_sid></rule>' +
 *   '<rule id="100001" level="5"><if_sid>5716</if_sid></rule></group>';
 * assertEquals(openctiRuleIdsIn(xml), [100_210, 100_211]);
 * ```
 */
export function openctiRuleIdsIn(xml: string): readonly number[] {
  const rulesOf = (element: Element): Element[] =>
    element.name === "rule" ? [element] : element.children.flatMap(rulesOf);
  const found = new Set<string>();
  for (
    const { attributes: { id = "" }, children } of parseXml(xml).flatMap(
      rulesOf,
    )
  ) {
    const parents = children.filter(({ name }) => name.startsWith("if_"));
    const isTheirs = parents.length === 0
      ? children.some(({ name, attributes, text }) =>
        name === "field" && attributes.name === "integration" &&
        /^\^?opencti\$?$/.test(text.trim())
      )
      : parents.some(({ name, text }) =>
        /^if_(?:matched_)?sid$/.test(name) &&
        text.split(/[\s,]+/).some((parent) => found.has(parent))
      );
    if (isTheirs) found.add(id);
  }
  return [...found].map(Number);
}

/**
 * Our rules with other ids, comments included.
 *
 * @param first The first id that they are to have.
 *
 * @example
 * ```ts
 * import { assertEquals } from "@std/assert";
 *
 * const xml = '<rule id="110201" level="5"><if_sid>110200</if_sid></rule>';
 * assertEquals(
 *   moveRuleIds(xml, 120_200),
 *   '<rule id="120201" level="5"><if_sid>120200</if_sid></rule>',
 * );
 * ```
 */
export function moveRuleIds(xml: string, first: number): string {
  return xml.replace(
    /\b1102[0-3]\d\b/g,
    (id) => String(Number(id) - FIRST_ID + first),
  );
}

/** Whether our rules can have ids from this one on. */
export function isFirstId(id: number): boolean {
  return Number.isInteger(id) && id >= LEAST_ID && id + ID_RANGE - 1 <= MOST_ID;
}

/** Whether an id is one that our rules may take. */
export function isOurs(id: number, first: number): boolean {
  return id >= first && id < first + ID_RANGE;
}

/** The next hundred behind a first id that no rule of these has. */
export function freeFirstId(first: number, taken: ReadonlySet<number>): number {
  const ids = [...taken];
  let next = first - first % 100 + 100;
  while (isFirstId(next) && ids.some((id) => isOurs(id, next))) next += 100;
  return isFirstId(next) ? next : LEAST_ID;
}
