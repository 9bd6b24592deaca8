/**
 * A comparison of a STIX pattern: what it says, and what one comes to.
 *
 * @module
 */
import type { Comparison, Literal, Operator } from "../opencti/pattern.ts";
import type { Unmet, Verdict } from "./evaluate.ts";

/** A verdict, before it is turned round; and what that makes of the unknown. */
export type Plain = Verdict & {
  /** Whether the alert has a value of this kind, and it is another. */
  readonly isOther?: boolean;
  /** What the alert says, if it holds and no IoC was met. */
  readonly says?: readonly string[];
};

/** What holds of what the alert says besides IoCs. */
export function holds(says: readonly string[]): Plain {
  return { state: "holds", unmet: [], says: shortened(says) };
}

/** What the alert does not say, or not so that it could be compared. */
export function unknown(
  comparison: Comparison,
  alert: Unmet["alert"] = "silent",
): Plain {
  return {
    state: "unknown",
    unmet: [{ comparison: textOf(comparison), alert }],
  };
}

/** Whether it is asked for values as they are; `!=` is turned round later. */
export function isEquality(operator: Operator): boolean {
  return operator === "=" || operator === "!=" || operator === "IN";
}

/** A comparison as it is written, or one of its values alone. */
export function textOf(comparison: Comparison, literal?: Literal): string {
  const { path, operator, isNegated, values } = comparison;
  const not = isNegated ? "NOT " : "";
  if (operator === "EXISTS") return `${not}EXISTS ${path}`;
  const [first] = values;
  const one = literal ?? (values.length === 1 ? first : undefined);
  return one === undefined
    ? `${path} ${not}${operator} (${
      values.slice(0, 3).map(written).join(", ")
    }${values.length > 3 ? ", …" : ""})`
    : `${path} ${not}${operator === "IN" ? "=" : operator} ${written(one)}`;
}

function written({ type, text }: Literal): string {
  const short = startOf(text, MAX_WRITTEN);
  return type === "bare" ? short : `'${short.replace(/[\\']/g, "\\$&")}'`;
}

/** Of a long value no more is said. */
const MAX_WRITTEN = 500;

/** What an alert says, each so long as somebody reads it. */
export function shortened(texts: readonly string[]): readonly string[] {
  return texts.map((text) => startOf(text, MAX_SAID));
}

const MAX_SAID = 200;

function startOf(text: string, maxLength: number): string {
  return text.length > maxLength ? `${text.slice(0, maxLength)}…` : text;
}
