/**
 * A throttle: of errors of one kind, one event in a while is emitted, and the
 * others are counted.
 *
 * Pure: what was counted before and a time in, what to do and what is counted
 * now out.
 *
 * @module
 */
import * as v from "valibot";

/** The schema of a {@linkcode Throttle}. */
export const Throttle = v.object({
  /** When an event was emitted, in milliseconds since 1970. */
  emittedAt: v.number(),
  /** To how many alerts the error happened since then. */
  suppressed: v.number(),
  /** What it said the last time. */
  error: v.string(),
});

/** What is known of the errors of one kind. */
export type Throttle = v.InferOutput<typeof Throttle>;

/**
 * Counts an error, and decides whether an event is emitted now.
 *
 * @returns How many alerts the event stands for, 0 if there is to be none.
 *
 * @example
 * ```ts
 * import { assertEquals } from "@std/assert";
 *
 * const error = { error: "Cannot reach OpenCTI", alerts: 1, intervalMs: 1000 };
 * const first = countError(undefined, { ...error, now: 5000 });
 * assertEquals(first.emit, 1);
 * const second = countError(first.next, { ...error, now: 5999 });
 * assertEquals(second.emit, 0);
 * assertEquals(countError(second.next, { ...error, now: 6000 }).emit, 2);
 * ```
 */
export function countError(
  known: Throttle | undefined,
  { error, alerts, intervalMs, now }: {
    readonly error: string;
    readonly alerts: number;
    readonly intervalMs: number;
    readonly now: number;
  },
): { readonly emit: number; readonly next: Throttle } {
  const suppressed = (known?.suppressed ?? 0) + alerts;
  const emittedAt = known?.emittedAt ?? 0;
  return suppressed === 0 || !hasPassed(emittedAt, { intervalMs, now })
    ? { emit: 0, next: { emittedAt, suppressed, error } }
    : { emit: suppressed, next: { emittedAt: now, suppressed: 0, error } };
}

/**
 * Whether an interval has passed since then. A clock that was set back must not
 * make it longer.
 *
 * @example
 * ```ts
 * import { assertEquals } from "@std/assert";
 *
 * assertEquals(hasPassed(5000, { intervalMs: 1000, now: 5999 }), false);
 * assertEquals(hasPassed(5000, { intervalMs: 1000, now: 6000 }), true);
 * assertEquals(hasPassed(5000, { intervalMs: 1000, now: 4999 }), true);
 * ```
 */
export function hasPassed(
  since: number,
  { intervalMs, now }: { readonly intervalMs: number; readonly now: number },
): boolean {
  return now < since || now - since >= intervalMs;
}
