/**
 * A circuit breaker: after so many failures in a row, OpenCTI is not asked for
 * a while; then one run tries.
 *
 * Pure: what was known before and a time in, what to do and what is known now
 * out.
 *
 * @module
 */
import * as v from "valibot";

/** The schema of an {@linkcode Outage}. */
export const Outage = v.object({
  /** When the first failure was, in milliseconds since 1970. */
  since: v.number(),
  /** Failures in a row. */
  failures: v.number(),
  /** OpenCTI is not asked before. */
  pausedUntil: v.number(),
  /** How many alerts were kept because of it. */
  alerts: v.number(),
  /** The last failure. */
  kind: v.string(),
  says: v.string(),
  /** Whether an event said so. */
  isEmitted: v.boolean(),
});

/** OpenCTI failed, and did not answer since, or no event said either. */
export type Outage = v.InferOutput<typeof Outage>;

/** How many failures in a row are taken before OpenCTI is not asked. */
export const MAX_FAILURES = 5;

/** For how long it is not asked. */
const PAUSE_MS = 30_000;

/**
 * Whether OpenCTI may be asked now. After a pause it is one run that tries:
 * for the others, the next pause begins.
 *
 * @example
 * ```ts
 * import { assertEquals } from "@std/assert";
 *
 * const failure = { kind: "unready", says: "OpenCTI is not ready" };
 * const outage = {
 *   since: 0,
 *   failures: 5,
 *   pausedUntil: 30_000,
 *   alerts: 5,
 *   isEmitted: true,
 *   ...failure,
 * };
 * assertEquals(mayAsk(outage, 29_999).may, false);
 * const { may, next } = mayAsk(outage, 30_000);
 * assertEquals([may, next?.pausedUntil], [true, 60_000]);
 * assertEquals(mayAsk(undefined, 0), { may: true, next: undefined });
 * ```
 */
export function mayAsk(
  outage: Outage | undefined,
  now: number,
): { readonly may: boolean; readonly next: Outage | undefined } {
  if (outage === undefined || outage.failures < MAX_FAILURES) {
    return { may: true, next: outage };
  }
  // A clock that was set back must not make the pause longer.
  const isPaused = now < outage.pausedUntil &&
    outage.pausedUntil - now <= PAUSE_MS;
  return isPaused
    ? { may: false, next: outage }
    : { may: true, next: { ...outage, pausedUntil: now + PAUSE_MS } };
}

/**
 * Counts a failure.
 *
 * @example
 * ```ts
 * import { assertEquals } from "@std/assert";
 *
 * const failure = { kind: "unready", says: "OpenCTI is not ready" };
 * const one = afterFailure(undefined, { ...failure, now: 7 });
 * assertEquals([one.failures, one.since, one.pausedUntil], [1, 7, 7]);
 * const five = afterFailure({ ...one, failures: 4 }, { ...failure, now: 9 });
 * assertEquals([five.failures, five.since, five.pausedUntil], [5, 7, 30_009]);
 * ```
 */
export function afterFailure(
  outage: Outage | undefined,
  { now, kind, says }: {
    readonly now: number;
    readonly kind: string;
    readonly says: string;
  },
): Outage {
  const failures = (outage?.failures ?? 0) + 1;
  return {
    since: outage?.since ?? now,
    failures,
    pausedUntil: failures < MAX_FAILURES ? now : now + PAUSE_MS,
    alerts: outage?.alerts ?? 0,
    kind,
    says,
    isEmitted: outage?.isEmitted ?? false,
  };
}

/**
 * What an answer makes of an outage: it is over. If no event said that there
 * was one, none says that it is over; but what was counted of it may still be
 * emitted, and then its end is, too.
 *
 * @param isCounted Whether errors of it were counted, and not emitted yet.
 *
 * @example
 * ```ts
 * import { assertEquals } from "@std/assert";
 *
 * const failure = { kind: "unready", says: "OpenCTI is not ready", now: 7 };
 * const outage = afterFailure(undefined, failure);
 * assertEquals(afterAnswer({ ...outage, isEmitted: true }, false), {
 *   isRecovered: true,
 *   next: undefined,
 * });
 * assertEquals(afterAnswer(outage, false).isRecovered, false);
 * assertEquals(afterAnswer(outage, true).next?.failures, 0);
 * ```
 */
export function afterAnswer(
  outage: Outage,
  isCounted: boolean,
): { readonly isRecovered: boolean; readonly next: Outage | undefined } {
  if (outage.isEmitted) return { isRecovered: true, next: undefined };
  return {
    isRecovered: false,
    next: isCounted ? { ...outage, failures: 0, pausedUntil: 0 } : undefined,
  };
}
