/**
 * Whether OpenCTI is asked, and whether an error is told: what was counted
 * before and a time in, what to do and what is counted now out.
 *
 * @module
 */
import * as z from "zod/mini";

/** The schema of an {@linkcode Outage}. */
export const Outage = z.object({
  /** When the first failure was, in milliseconds since 1970. */
  since: z.number(),
  /** Failures in a row. */
  failures: z.number(),
  /** OpenCTI is not asked before. */
  pausedUntil: z.number(),
  /** How many alerts were kept because of it. */
  alerts: z.number(),
  /** The last failure. */
  kind: z.string(),
  says: z.string(),
});

/** OpenCTI failed, and did not answer since. */
export type Outage = z.infer<typeof Outage>;

/** How many failures in a row are taken before OpenCTI is left alone. */
const MAX_FAILURES = 5;

/** For how long it is left alone. */
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
  };
}

/** The schema of an {@linkcode ErrorCount}. */
export const ErrorCount = z.object({
  /** When an error of this kind was told, in milliseconds since 1970. */
  toldAt: z.number(),
  /** To how many alerts it happened since then. */
  untold: z.number(),
  /** What it said the last time. */
  error: z.string(),
});

/** What is known of the errors of one kind. */
export type ErrorCount = z.infer<typeof ErrorCount>;

/**
 * Counts an error, and says whether it is told now.
 *
 * @returns How many alerts the event stands for, 0 if none is sent.
 *
 * @example
 * ```ts
 * import { assertEquals } from "@std/assert";
 *
 * const error = { error: "Cannot reach OpenCTI", alerts: 1, intervalMs: 1000 };
 * const first = countError(undefined, { ...error, now: 5000 });
 * assertEquals(first.tell, 1);
 * const second = countError(first.next, { ...error, now: 5999 });
 * assertEquals(second.tell, 0);
 * assertEquals(countError(second.next, { ...error, now: 6000 }).tell, 2);
 * ```
 */
export function countError(
  count: ErrorCount | undefined,
  { error, alerts, intervalMs, now }: {
    readonly error: string;
    readonly alerts: number;
    readonly intervalMs: number;
    readonly now: number;
  },
): { readonly tell: number; readonly next: ErrorCount } {
  const untold = (count?.untold ?? 0) + alerts;
  const toldAt = count?.toldAt ?? 0;
  // A clock that was set back must not keep an error back.
  const isTold = now >= toldAt && now - toldAt < intervalMs;
  return untold === 0 || isTold
    ? { tell: 0, next: { toldAt, untold, error } }
    : { tell: untold, next: { toldAt: now, untold: 0, error } };
}
