/**
 * Evaluates a STIX pattern: what its comparisons come to together.
 *
 * @module
 */
import type { Comparison, Condition, Pattern } from "../opencti/pattern.ts";
import type { Known } from "./known.ts";

/**
 * Whether something holds of the alert: in full, in part, or as far as the
 * alert says nothing of it, or not at all.
 */
export type State = "holds" | "partly" | "unknown" | "contradicted";

/** A comparison that met an IoC. */
export interface Met extends Known {
  /** The comparison, or the observable, as OpenCTI has it. */
  readonly matched: string;
}

/** A part of a pattern that is not known to hold, and what the alert says of it. */
export interface Unmet {
  readonly comparison: string;
  readonly alert:
    | "silent"
    | "role"
    | "other_case"
    | "below"
    // It would take too long, or it cannot be read.
    | "uncompared"
    // Of a pattern, not of a comparison: its end was not read; it says more.
    | "cut"
    | "more"
    | { readonly says: readonly string[] };
}

/** What a pattern, or a part of it, comes to. */
export interface Verdict {
  readonly state: State;
  readonly met?: Met | undefined;
  /** Empty if it holds. */
  readonly unmet: readonly Unmet[];
}

/** Compares what one comparison asks for with the alert. */
export type Compare = (comparison: Comparison) => Verdict;

/**
 * Evaluates a pattern. What one observation must show (between brackets) must
 * not contradict the alert; of several observations, the alert may be one and
 * the others elsewhere.
 *
 * @example
 * ```ts
 * import { assertEquals } from "@std/assert";
 * import { readPattern } from "../opencti/pattern.ts";
 *
 * const reading = readPattern("[a:b = 1 OR c:d = 2]");
 * const compare = ({ path }: { path: string }): Verdict => ({
 *   state: path === "c:d" ? "holds" : "unknown",
 *   unmet: [],
 * });
 * assertEquals("pattern" in reading && evaluate(reading.pattern, compare).state, "holds");
 * ```
 */
export function evaluate(
  pattern: Pattern,
  compare: Compare,
  { times = [] }: {
    /** When the alert's event was, or may have been. */
    readonly times?: readonly string[];
  } = {},
): Verdict {
  return evaluateIn(pattern);

  function evaluateIn(pattern: Pattern): Verdict {
    switch (pattern.type) {
      case "observation":
        return evaluateCondition(pattern.condition, compare);
      case "qualified":
        return allOf([
          evaluateIn(pattern.operand),
          ...pattern.qualifiers.flatMap((one) => compareTime(one, times) ?? []),
        ]);
      case "OR":
        return anyOf(pattern.operands.map(evaluateIn));
      default:
        return allOf(pattern.operands.map((one) => elsewhere(evaluateIn(one))));
    }
  }
}

const START_STOP = /^START t?'([^']*)' STOP t?'([^']*)'$/;

/** Longer texts are no time, though Date.parse() may read one in them. */
const MAX_TIME_LENGTH = 40;

/**
 * What a qualifier comes to, `undefined` if it holds. One alert shows neither
 * how often nor how soon something else came, but it has a time.
 */
function compareTime(
  qualifier: string,
  times: readonly string[],
): Verdict | undefined {
  const [, ...ends] = START_STOP.exec(qualifier) ?? [];
  if (ends.length === 0) return undefined;
  const [start = NaN, stop = NaN] = ends.map(Date.parse);
  const known = times.filter((time) =>
    time.length <= MAX_TIME_LENGTH && !isNaN(Date.parse(time))
  );
  if (isNaN(start) || isNaN(stop) || known.length === 0) {
    const unmet = [{ comparison: qualifier, alert: "silent" } as const];
    return { state: "unknown", unmet };
  }
  const isThen = known.some((time) =>
    Date.parse(time) >= start && Date.parse(time) < stop
  );
  const unmet = [{ comparison: qualifier, alert: { says: known } }];
  return isThen ? undefined : { state: "contradicted", unmet };
}

function evaluateCondition(condition: Condition, compare: Compare): Verdict {
  if (condition.type === "comparison") return compare(condition);
  const verdicts = condition.operands.map((one) =>
    evaluateCondition(one, compare)
  );
  return condition.type === "OR" ? anyOf(verdicts) : allOf(verdicts);
}

/** What this alert contradicts may hold of another. */
function elsewhere(verdict: Verdict): Verdict {
  return verdict.state === "contradicted"
    ? { state: "unknown", unmet: verdict.unmet }
    : verdict;
}

const ORDER: readonly State[] = ["holds", "partly", "unknown", "contradicted"];

/** What is more is not said. */
const MAX_UNMET = 20;

function allOf(verdicts: readonly Verdict[]): Verdict {
  const has = (state: State) => verdicts.some((one) => one.state === state);
  const state = has("contradicted")
    ? "contradicted"
    : verdicts.every((one) => one.state === "holds")
    ? "holds"
    : has("holds") || has("partly")
    ? "partly"
    : "unknown";
  return {
    state,
    met: state === "contradicted" ? undefined : metOf(verdicts),
    unmet: firstOf(
      state === "contradicted"
        ? verdicts.filter((one) => one.state === state)
        : verdicts,
    ),
  };
}

function anyOf(verdicts: readonly Verdict[]): Verdict {
  const state =
    ORDER.find((state) => verdicts.some((one) => one.state === state)) ??
      "unknown";
  const best = verdicts.filter((one) => one.state === state);
  const met = metOf(best) ?? metOf(verdicts);
  const chosen = best.find((one) => met !== undefined && one.met === met);
  return {
    state,
    met,
    unmet: state === "holds" ? [] : chosen?.unmet ?? firstOf(best),
  };
}

/** The IoC that was met, in what holds first. */
function metOf(verdicts: readonly Verdict[]): Met | undefined {
  const met = verdicts.filter((one) => one.met !== undefined);
  return (met.find(({ state }) => state === "holds") ?? met[0])?.met;
}

function firstOf(verdicts: readonly Verdict[]): readonly Unmet[] {
  const unmet: Unmet[] = [];
  for (const verdict of verdicts) {
    if (unmet.length >= MAX_UNMET) break;
    unmet.push(...verdict.unmet);
  }
  return unmet.slice(0, MAX_UNMET);
}
