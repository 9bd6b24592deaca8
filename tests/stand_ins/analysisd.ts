/**
 * A stand-in for analysisd, as far as rules go: which alert an event becomes,
 * also by rules that count. It does what the real one of Wazuh 4.14.7 was seen
 * to do, with what our rules use of its syntax.
 *
 * @module
 */
import {
  byTurn,
  type Counts,
  meets,
  parseRules,
  pcre2,
  type Rule,
} from "../../lib/wazuh/rules.ts";
import { valueAt } from "../../lib/json.ts";

/** An analysisd with its rules. */
export interface AnalysisdStandIn {
  /** Takes an event, and says of which rule its alert is, if it becomes one. */
  readonly receive: (received: Received) => Rule | undefined;
}

/** An event as it comes from the queue. */
export interface Received {
  /** As `(web01) 10.0.0.21->opencti`. */
  readonly location: string;
  readonly event: unknown;
  /** When it comes, in seconds. */
  readonly at: number;
}

/** A rule, one for all its places in the tree. */
interface RuleState {
  readonly rule: Rule;
  /** What it counts. */
  readonly counted: Kept[];
  /** Who counts its events: twice who found it at two places. */
  readonly countedBy: RuleState[];
  /** Since when it is silent, in seconds. */
  silentSince: number;
}

/** A place in the tree: a rule has one under each place of each parent. */
interface Place {
  readonly state: RuleState;
  readonly children: Place[];
}

/** An event that is looked at, or is kept to be counted. */
interface Kept extends Received {
  readonly agent: string;
  /** The level of the rule that began anew with it; no lower one passes it. */
  mark: number;
}

/** Starts with rules. Those without a parent are the roots. */
export function startAnalysisd(xml: string): AnalysisdStandIn {
  const roots: Place[] = [];
  for (const rule of parseRules(xml)) addRule(rule, roots);
  return {
    receive: (received) => {
      const agent = /^\(([^)]*)\) /.exec(received.location)?.[1] ?? "";
      const event = { ...received, agent, mark: 0 };
      const [met, parent] = rulesMetBy(event, roots);
      if (met === undefined || met.rule.level === 0) return undefined;
      const state = isSilent(met, event.at) ? parent : met;
      if (state === undefined || state.rule.level === 0) return undefined;
      for (const { counted } of state.countedBy) counted.push(event);
      return state.rule;
    },
  };
}

/** Puts a rule into the tree. Of the others, it counts those that are there. */
function addRule(rule: Rule, roots: Place[]): void {
  const state: RuleState = {
    rule,
    counted: [],
    countedBy: [],
    silentSince: -Infinity,
  };
  const siblings = rule.parents.length === 0
    ? [roots]
    : rule.parents.flatMap((id) =>
      placesIn(roots).filter((place) => place.state.rule.id === id)
        .map(({ children }) => children)
    );
  for (const children of siblings) {
    children.push({ state, children: [] });
    children.sort((a, b) => byTurn(a.state.rule, b.state.rule));
  }
  const { counts } = rule;
  if (counts === undefined) return;
  for (const place of placesIn(roots)) {
    const groups = place.state.rule.groups.join();
    if (groups.includes(counts.group)) place.state.countedBy.push(state);
  }
}

function placesIn(places: readonly Place[]): Place[] {
  return places.flatMap((place) => [place, ...placesIn(place.children)]);
}

/** The last rule that an event meets, and those before it, up to a root. */
function rulesMetBy(event: Kept, places: readonly Place[]): RuleState[] {
  for (const { state, children } of places) {
    if (!matches(event, state)) continue;
    return [...rulesMetBy(event, children), state];
  }
  return [];
}

function matches(event: Kept, state: RuleState): boolean {
  const { rule } = state;
  return meets(event.event, rule) &&
    (rule.location === undefined ||
      pcre2(rule.location).test(event.location)) &&
    isEnough(event, state);
}

/**
 * Whether an event is enough for a rule that counts, with those before it, from
 * the newest back. If so, it begins anew.
 */
function isEnough(event: Kept, { rule, counted }: RuleState): boolean {
  const { level, counts } = rule;
  if (counts === undefined) return true;
  let newest: Kept | undefined;
  let missing = counts.frequency - 1;
  for (const earlier of counted.toReversed()) {
    if (event.at - earlier.at > counts.timeframe) return false;
    if (!isComparable([event, earlier], counts)) continue;
    if (earlier.mark >= level) return false;
    missing--;
    if (missing > 0) {
      newest ??= earlier;
      continue;
    }
    event.mark = level;
    if (newest !== undefined) newest.mark = level;
    return true;
  }
  return false;
}

/** Whether the earlier of two events counts for the later one. */
function isComparable(
  [event, earlier]: readonly [Kept, Kept],
  { isGlobal, same, different }: Counts,
): boolean {
  const isSame = (name: string) => {
    const value = valueAt(event.event, name);
    return value !== undefined && value === valueAt(earlier.event, name);
  };
  return (isGlobal || earlier.agent === event.agent) && same.every(isSame) &&
    !different.some(isSame);
}

/** Whether a rule fired not long ago, to whomever that happened. */
function isSilent(state: RuleState, now: number): boolean {
  if (now - state.silentSince < state.rule.ignore) return true;
  state.silentSince = now;
  return false;
}
