/**
 * Which alerts a source reads: rule groups, decoders and conditions, made ready
 * once and then used for any number of alerts.
 *
 * @module
 */
import { type Alert, readerOf } from "../alert.ts";
import {
  type Condition,
  MAX_SEARCHED,
  type Selector,
  type Source,
} from "./source.ts";

/** Whether something holds for an alert. */
export type Test = (alert: Alert) => boolean;

/**
 * Whether all conditions hold for an alert.
 *
 * @example
 * ```ts
 * import { assertEquals } from "@std/assert";
 * import { parseAlert } from "../alert.ts";
 *
 * const alert = parseAlert('{"data":{"action":"Deny"}}');
 * const holds = testOf([{ field: "data.action", matches: "^deny$" }]);
 * assertEquals(holds(alert), true);
 * ```
 */
export function testOf(conditions: readonly Condition[] = []): Test {
  const tests = conditions.map(testOfOne);
  return (alert) => tests.every((test) => test(alert));
}

function testOfOne({ field, equals, matches, not = false }: Condition): Test {
  const read = readerOf(field);
  const wanted = equals === undefined ? undefined : [equals].flat();
  let pattern: RegExp | undefined;
  return (alert) => {
    const { texts } = read(alert);
    // Most fields are not there: no regular expression is made for these.
    if (texts.length === 0) return not;
    if (matches !== undefined) pattern ??= new RegExp(matches, "iu");
    let room = MAX_SEARCHED;
    const isSo = texts.some((text) => {
      const searched = text.slice(0, room);
      room -= searched.length;
      return searched !== "" && wanted?.includes(text) !== false &&
        pattern?.test(searched) !== false;
    });
    return isSo !== not;
  };
}

/** No more groups of an alert's rule are read: a rule has a few. */
export const MAX_GROUPS = 1000;

/** Which of the sources read an alert. */
export interface Selected {
  /** In their order. */
  readonly reading: readonly Source[];
  /** Those whose conditions alone keep them from it. */
  readonly unmet: readonly Source[];
}

/**
 * Says for each alert which of the sources read it. They are looked up by the
 * alert's rule groups and decoder: what does not read it costs nothing.
 *
 * @example
 * ```ts
 * import { assertEquals } from "@std/assert";
 * import { parseAlert } from "../alert.ts";
 *
 * const a = { name: "a", groups: ["sysmon"], fields: [] };
 * const b = { name: "b", groups: ["sysmon*"], fields: [] };
 * const alert = parseAlert('{"rule":{"groups":["sysmon_event3"]}}');
 * assertEquals(selectorOf([a, b])(alert), { reading: [b], unmet: [] });
 * ```
 */
export function selectorOf(
  sources: readonly Source[],
): (alert: Alert) => Selected {
  const rules = sources.flatMap((source, index) => rulesOf(source, index));
  const byGroup = nameIndex(rules, ({ groups }) => groups);
  const byDecoder = nameIndex(rules, ({ decoders }) => decoders);
  const byConditions = rules.filter(({ isByConditions }) => isByConditions);
  return (alert) => {
    const named = new Set(byDecoder(alert.decoder.name ?? ""));
    for (const group of alert.rule.groups.slice(0, MAX_GROUPS)) {
      for (const rule of byGroup(group)) named.add(rule);
    }
    const reading = new Set<number>();
    const unmet = new Set<number>();
    for (const { index, holds, isFirst } of named) {
      if (holds(alert)) reading.add(index);
      else if (isFirst) unmet.add(index);
    }
    for (const { index, holds } of byConditions) {
      if (!reading.has(index) && holds(alert)) reading.add(index);
    }
    return {
      reading: inOrder(reading),
      unmet: inOrder(unmet.difference(reading)),
    };
  };

  function inOrder(indexes: ReadonlySet<number>): readonly Source[] {
    return [...indexes].sort((a, b) => a - b)
      .flatMap((index) => sources[index] ?? []);
  }
}

/** A way that a source is selected. */
interface Rule extends Pick<Selector, "groups" | "decoders"> {
  /** The source's. */
  readonly index: number;
  readonly holds: Test;
  /** Whether it is the source's first: what more it has are exceptions. */
  readonly isFirst: boolean;
  readonly isByConditions: boolean;
}

function rulesOf(source: Source, index: number): readonly Rule[] {
  return [source, ...source.or ?? []].map(
    ({ groups, decoders, when = [] }, n) => ({
      groups,
      decoders,
      index,
      holds: testOf(when),
      isFirst: n === 0,
      isByConditions: groups === undefined && decoders === undefined &&
        when.length > 0,
    }),
  );
}

/** So many names are remembered: whoever writes alerts can make up others. */
const MAX_REMEMBERED = 1000;

/** Finds what has a name among its own, which may have `*` in them. */
function nameIndex(
  rules: readonly Rule[],
  namesOf: (rule: Rule) => readonly string[] | undefined,
): (name: string) => readonly Rule[] {
  const remembered = new Map<string, readonly Rule[]>();
  return (name) => {
    const known = remembered.get(name);
    if (known !== undefined) return known;
    const found = rules.filter((rule) =>
      namesOf(rule)?.some((pattern) => isNamedBy(pattern, name))
    );
    if (remembered.size < MAX_REMEMBERED) remembered.set(name, found);
    return found;
  };
}

/**
 * Whether a name is as a pattern says, where `*` is any text.
 *
 * @example
 * ```ts
 * import { assertEquals } from "@std/assert";
 *
 * assertEquals(isNamedBy("acme-*", "acme-proxy"), true);
 * assertEquals(isNamedBy("acme", "acme-proxy"), false);
 * ```
 */
export function isNamedBy(pattern: string, name: string): boolean {
  if (!pattern.includes("*")) return pattern === name;
  const [start = "", ...rest] = pattern.split("*");
  const end = rest.pop() ?? "";
  if (
    !name.startsWith(start) || !name.endsWith(end) ||
    name.length < start.length + end.length
  ) return false;
  let at = start.length;
  for (const part of rest) {
    const found = name.indexOf(part, at);
    if (found === -1 || found + part.length > name.length - end.length) {
      return false;
    }
    at = found + part.length;
  }
  return true;
}
