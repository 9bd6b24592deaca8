/**
 * Which indicators are matches: their patterns compared with our IoCs.
 *
 * @module
 */
import {
  HASH_KINDS,
  KINDS,
  normalize,
  type NormalValue,
  type TextKind,
} from "../alert/kinds.ts";
import type { Ioc } from "../alert/ioc.ts";
import type { Filters } from "../config/config.ts";
import {
  type Comparison,
  type Condition,
  MAX_PATTERN_LENGTH,
  type Pattern,
  readPattern,
} from "../opencti/pattern.ts";
import type { Indicator } from "../opencti/schema.ts";
import { filterOut } from "./filters.ts";
import type { Known } from "./known.ts";
import type { IndicatorMatch, IndicatorReason } from "./match.ts";

/** What indicators are compared with. */
export interface IndicatorOptions extends Filters {
  readonly partial_matches: boolean;
  readonly known: Known;
  readonly iocs: readonly Ioc[];
}

/** A match, or why an indicator is none. */
export type IndicatorOutcome = IndicatorMatch | {
  readonly indicator: Indicator;
  readonly reason: IndicatorReason;
};

/** Compares indicators, each once, with our IoCs. */
export function matchIndicators(
  indicators: readonly Indicator[],
  options: IndicatorOptions,
): readonly IndicatorOutcome[] {
  const lengths = lengthsToRead(indicators);
  return indicators.map((indicator) => {
    const maxLength = lengths.get(indicator) ?? 0;
    const match = matchPattern(indicator, { ...options, maxLength });
    if ("why" in match) return { indicator, reason: match };
    if (!options.partial_matches && match.type !== "indicator_pattern_match") {
      return { indicator, reason: { why: "partial_matches" } };
    }
    const filtered = filterOut(indicator, options);
    return filtered === undefined
      ? match
      : { indicator, reason: { why: "filtered", filtered } };
  });
}

/**
 * How much of each indicator's pattern is read: of all together as much as of
 * one, the shortest first, so that a long one keeps no other out.
 */
function lengthsToRead(
  indicators: readonly Indicator[],
): ReadonlyMap<Indicator, number> {
  const lengthOf = ({ pattern }: Indicator) => pattern?.length ?? 0;
  let room = MAX_PATTERN_LENGTH;
  return new Map(
    indicators.toSorted((a, b) => lengthOf(a) - lengthOf(b))
      .map((indicator) => {
        const length = Math.min(lengthOf(indicator), room);
        room -= length;
        return [indicator, length];
      }),
  );
}

/** Compares an indicator's pattern with our IoCs. */
function matchPattern(
  indicator: Indicator,
  { known, iocs, maxLength }: IndicatorOptions & {
    /** How much of it is read. */
    readonly maxLength: number;
  },
): IndicatorMatch | IndicatorReason {
  const text = indicator.pattern ?? "";
  const noIoc: IndicatorReason = {
    why: "no_ioc",
    ...text.length > maxLength && { readLength: maxLength },
  };
  if (maxLength === 0 && text !== "") return noIoc;
  const reading = readPattern(text, maxLength);
  if ("problem" in reading) return { why: "unreadable", ...reading };
  const { values, isQualified } = flatten(reading.pattern);
  const ours = values.map(known);
  const ioc = ours.find((one) => one !== undefined);
  if (ioc === undefined) return noIoc;
  const isExact = !isQualified && !reading.isCut &&
    values.every((value) => value?.isDirect) &&
    (ours.every((one) => one === ioc) || areOneFile(values, iocs));
  return {
    type: isExact
      ? "indicator_pattern_match"
      : "indicator_partial_pattern_match",
    ioc,
    indicator,
  };
}

/** A value that a pattern looks for, in its normal form. */
interface PatternValue extends NormalValue {
  /** Whether it stands where a value of its kind is written, not a reference. */
  readonly isDirect: boolean;
}

/** What a pattern's comparisons look for, `undefined` for any other. */
interface Flat {
  readonly values: readonly (PatternValue | undefined)[];
  /** Whether it asks for more than values: a time, an order, a repetition. */
  readonly isQualified: boolean;
}

function flatten(pattern: Pattern): Flat {
  switch (pattern.type) {
    case "observation":
      return { values: valuesIn(pattern.condition), isQualified: false };
    case "qualified":
      return { ...flatten(pattern.operand), isQualified: true };
    default: {
      const operands = pattern.operands.map(flatten);
      return {
        values: operands.flatMap(({ values }) => values),
        isQualified: pattern.type === "FOLLOWEDBY" ||
          operands.some(({ isQualified }) => isQualified),
      };
    }
  }
}

function valuesIn(condition: Condition): (PatternValue | undefined)[] {
  return condition.type === "comparison"
    ? comparedWith(condition)
    : condition.operands.flatMap(valuesIn);
}

const SEARCHES: ReadonlySet<string> = new Set(["=", "IN", "ISSUBSET"]);

function comparedWith(
  { path, operator, isNegated, values }: Comparison,
): (PatternValue | undefined)[] {
  if (!SEARCHES.has(operator) || isNegated) {
    return values.length === 0 ? [undefined] : values.map(() => undefined);
  }
  return values.map(({ type, text }) =>
    type === "string" ? valueAt(path, text) : undefined
  );
}

function valueAt(path: string, text: string): PatternValue | undefined {
  const plain = plainPath(path);
  // network-traffic:dst_ref.value, domain-name:resolves_to_refs[*].value
  const isReference = /_refs?(?:\[[\d*]+\])?\.value$/.test(plain);
  const kind = isReference ? "host" : PATH_KINDS.get(plain);
  const value = kind && normalize(kind, text);
  return value && {
    ...value,
    isDirect: KINDS[value.kind].textKind === PATH_KINDS.get(plain) ||
      KINDS[value.kind].stixPaths.some((path) => plainPath(path) === plain),
  };
}

const PATH_KINDS: ReadonlyMap<string, TextKind> = new Map(
  Object.values(KINDS).flatMap(({ stixPaths, textKind }) =>
    stixPaths.map((path) => [plainPath(path), textKind] as const)
  ),
);

/** Hash names are spelled in many ways: 'SHA-256', "sha256", SHA256. */
function plainPath(path: string): string {
  const [object = "", ...properties] = path.toLowerCase().split(".");
  return [
    object.replace(/^artifact:/, "file:"),
    ...properties.map((property) => property.replace(/['"-]/g, "")),
  ].join(".");
}

/**
 * Whether values are hashes of one file, and the alert has no other hashes of
 * these kinds: then they say the file that the alert has one of the hashes of.
 */
function areOneFile(
  values: readonly (NormalValue | undefined)[],
  iocs: readonly Ioc[],
): boolean {
  const kinds = new Set(values.map((value) => value?.kind));
  return kinds.size === values.length &&
    values.every((value) =>
      value !== undefined && isHash(value) &&
      iocs.every((ioc) => ioc.kind !== value.kind || ioc.value === value.value)
    );
}

function isHash({ kind }: NormalValue): boolean {
  return HASH_KINDS.some((hash) => hash === kind);
}
