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
  const ready = sources.map((source) => ({ source, ways: waysOf(source) }));
  const remembered = new Map<string, readonly Candidate[]>();
  return (alert) => {
    const reading: Source[] = [];
    const unmet: Source[] = [];
    for (const { source, ways } of candidatesFor(alert)) {
      if (ways.some(({ holds }) => holds(alert))) reading.push(source);
      else if (ways.some(({ isMain }) => isMain)) unmet.push(source);
    }
    return { reading, unmet };
  };

  function candidatesFor({ decoder, rule }: Alert): readonly Candidate[] {
    const groups = rule.groups.slice(0, MAX_GROUPS);
    const key = JSON.stringify([decoder.name, groups]);
    const known = remembered.get(key);
    if (known !== undefined) return known;
    const found = ready.map(({ source, ways }) => ({
      source,
      ways: ways.filter((way) => isCandidate(way, decoder.name ?? "", groups)),
    })).filter(({ ways }) => ways.length > 0);
    if (remembered.size < MAX_REMEMBERED) remembered.set(key, found);
    return found;
  }
}

/** A way that a source is selected. */
interface Way extends Pick<Selector, "groups" | "decoders"> {
  readonly holds: Test;
  /** Whether its conditions alone select it. */
  readonly isByConditions: boolean;
  /** Whether it is what the source is about: what more it has are exceptions. */
  readonly isMain: boolean;
}

/** A source whose groups or decoders an alert has, and in which ways. */
interface Candidate {
  readonly source: Source;
  readonly ways: readonly Way[];
}

function waysOf(source: Source): readonly Way[] {
  return [source, ...source.or ?? []].map(
    ({ groups, decoders, when = [] }, n) => {
      const isNamed = groups !== undefined || decoders !== undefined;
      return {
        groups,
        decoders,
        holds: testOf(when),
        isByConditions: !isNamed && when.length > 0,
        isMain: isNamed && n === 0,
      };
    },
  );
}

/** So many are remembered: whoever writes alerts can make up others. */
const MAX_REMEMBERED = 1000;

/** Whether an alert's names are a way's; they may have `*` in them. */
function isCandidate(
  { groups, decoders, isByConditions }: Way,
  decoder: string,
  ofAlert: readonly string[],
): boolean {
  return isByConditions ||
    decoders?.some((pattern) => isNamedBy(pattern, decoder)) === true ||
    groups?.some((pattern) =>
        ofAlert.some((group) => isNamedBy(pattern, group))
      ) === true;
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
