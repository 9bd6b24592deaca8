/**
 * Whether a text is what a comparison asks for: equal, LIKE, or MATCHES.
 *
 * @module
 */
import type { Comparison } from "../opencti/pattern.ts";
import { isEquality } from "./comparison.ts";

/**
 * Whether a text is what is asked for. Case does not matter, unless it is said;
 * what would take too long, or is no regular expression that can be used, is
 * not compared.
 */
export type TextTest = (
  text: string,
  options?: { readonly isCaseKept?: boolean },
) => boolean | "uncompared";

/** How much may still be compared, in steps. All comparisons share it. */
export interface Work {
  left: number;
}

/** A quarter of a second at the most, on a slow machine. */
export const MAX_STEPS = 5_000_000;

/**
 * Reads a regular expression, and gives what searches texts for it; each is
 * `undefined` if that cannot be, or takes more than the work that is left.
 */
export type ReadRegex = (
  regex: string,
  options: { readonly isCaseKept: boolean; readonly work: Work },
) => ((text: string) => boolean | undefined) | undefined;

/**
 * What tests texts by a comparison, `undefined` if its operator is not one of
 * texts.
 *
 * @example
 * ```ts
 * import { assertEquals } from "@std/assert";
 *
 * const test = textTestOf({
 *   type: "comparison",
 *   path: "file:name",
 *   operator: "LIKE",
 *   isNegated: false,
 *   values: [{ type: "string", text: "%.exe" }],
 * }, { work: { left: MAX_STEPS } });
 * assertEquals(test?.("A.EXE"), true);
 * assertEquals(test?.("A.EXE", { isCaseKept: true }), false);
 * ```
 */
export function textTestOf(
  { operator, values }: Comparison,
  { work, readRegex }: {
    readonly work: Work;
    readonly readRegex?: ReadRegex | undefined;
  },
): TextTest | undefined {
  const texts = values.filter(({ type }) => type === "string")
    .map(({ text }) => text);
  const [asked = ""] = texts;
  if (isEquality(operator)) {
    return (text, { isCaseKept = false } = {}) =>
      texts.some((one) =>
        isCaseKept ? one === text : one.toLowerCase() === text.toLowerCase()
      );
  }
  if (operator === "LIKE") {
    const lower = asked.toLowerCase();
    return (text, { isCaseKept = false } = {}) =>
      work.left <= 0
        ? "uncompared"
        : (isCaseKept
          ? isLike(text, asked, work)
          : isLike(text.toLowerCase(), lower, work)) ?? "uncompared";
  }
  if (operator === "MATCHES") {
    const read = new Map<boolean, ReturnType<ReadRegex>>();
    return (text, { isCaseKept = false } = {}) => {
      if (!read.has(isCaseKept)) {
        read.set(isCaseKept, readRegex?.(asked, { isCaseKept, work }));
      }
      return read.get(isCaseKept)?.(text) ?? "uncompared";
    };
  }
}

/**
 * Whether a text is as LIKE says: `%` stands for any characters, `_` for one.
 * `undefined` if that would take more than the work that is left.
 */
function isLike(text: string, like: string, work: Work): boolean | undefined {
  let [at, of] = [0, 0];
  // What follows the last %, and where it is looked for.
  let after = -1;
  let from = 0;
  while (at < text.length) {
    if (--work.left < 0) return undefined;
    if (like[of] === "%") {
      after = ++of;
      from = at;
    } else if (like[of] === "_" || like[of] === text[at]) {
      of++;
      at++;
    } else if (after >= 0) {
      of = after;
      at = ++from;
    } else {
      return false;
    }
  }
  while (like[of] === "%") of++;
  return of === like.length;
}
