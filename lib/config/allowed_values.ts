/**
 * What the values of options may be. Both that check them ask here: the schema,
 * and the check that does without it.
 *
 * @module
 */
import type { Sweep } from "../alert/texts.ts";

/** What a number may be, from 0 on. */
export interface Range {
  readonly isWhole: boolean;
  /** Whether 0 is too little. */
  readonly isPositive?: boolean;
  readonly max?: number;
}

const COUNT: Range = { isWhole: true };
const SECONDS: Range = { isWhole: false, max: 30 * 86_400 };

/** Of a score, a confidence, and the thresholds of `severity`. */
export const PERCENT: Range = { isWhole: true, max: 100 };

/** What the options that are numbers may be. */
export const RANGES = {
  max_ind_alerts: COUNT,
  max_obs_alerts: COUNT,
  min_score: PERCENT,
  min_confidence: PERCENT,
  total_timeout: { ...SECONDS, isPositive: true },
  spool_max: COUNT,
  spool_max_bytes: COUNT,
  spool_max_age: SECONDS,
  error_interval: SECONDS,
} as const satisfies Readonly<Record<string, Range>>;

/** Options that need each other. */
export const CLIENT_PAIR = ["client_cert", "client_key"] as const;

/** Of an absolute path. */
export const ABSOLUTE: RegExp = /^\//;

/**
 * Whether a text can be a proxy's URL.
 *
 * @example
 * ```ts
 * import { assertEquals } from "@std/assert";
 *
 * assertEquals(isProxy("http://proxy.example:3128"), true);
 * assertEquals(isProxy("proxy.example"), false);
 * ```
 */
export function isProxy(text: string): boolean {
  return /^(?:https?|socks5):$/.test(URL.parse(text)?.protocol ?? "");
}

/**
 * Whether thresholds rise.
 *
 * @example
 * ```ts
 * import { assertEquals } from "@std/assert";
 *
 * assertEquals(isInOrder({ medium: 40, high: 60, critical: 60 }), true);
 * assertEquals(isInOrder({ medium: 40, high: 30, critical: 80 }), false);
 * ```
 */
export function isInOrder({ medium, high, critical }: {
  readonly medium: number;
  readonly high: number;
  readonly critical: number;
}): boolean {
  return medium <= high && high <= critical;
}

/**
 * How much is looked for besides what the sources know.
 *
 * @example
 * ```ts
 * import { assertEquals } from "@std/assert";
 *
 * assertEquals(sweepOf({ sweep: "all", generic: false }), "all");
 * assertEquals(sweepOf({ sweep: "off", generic: true }), "safe");
 * ```
 */
export function sweepOf(
  { sweep, generic }: { readonly sweep: Sweep; readonly generic: boolean },
): Sweep {
  return generic && sweep === "off" ? "safe" : sweep;
}
