/**
 * The time of a run. All that it waits for takes from one budget.
 *
 * @module
 */

/** What is left of a run's time. */
export interface Budget {
  /** Milliseconds until the run must end; 0 if they are over. */
  readonly leftMs: () => number;
  /** The same for asking OpenCTI: less what is needed after that. */
  readonly leftToAskMs: () => number;
  /** The same for the spool: less what the queue may need after that. */
  readonly leftToKeepMs: () => number;
}

/** What a run's time is made of. */
export interface BudgetOptions {
  /** For one attempt to ask OpenCTI. */
  readonly timeoutMs: number;
  /** How many attempts there may be after the first. */
  readonly retries: number;
  /** The most that a run may take, in seconds. */
  readonly total_timeout: number;
  /** A clock in milliseconds. */
  readonly now: () => number;
  /** Ends the time at once. */
  readonly stop: AbortSignal;
}

const MAX_RESERVE_MS = 1000;

/**
 * Starts a budget: as much as all attempts may take, and `total_timeout` at
 * the most.
 *
 * @example
 * ```ts
 * import { assertEquals } from "@std/assert";
 *
 * let now = 0;
 * const { leftMs, leftToAskMs, leftToKeepMs } = startBudget({
 *   timeoutMs: 10_000,
 *   retries: 3,
 *   total_timeout: 25,
 *   now: () => now,
 *   stop: new AbortController().signal,
 * });
 * assertEquals([leftMs(), leftToAskMs(), leftToKeepMs()], [25_000, 24_000, 24_500]);
 * now = 24_400;
 * assertEquals([leftMs(), leftToAskMs(), leftToKeepMs()], [600, 0, 100]);
 * ```
 */
export function startBudget(options: BudgetOptions): Budget {
  const { timeoutMs, retries, total_timeout, now, stop } = options;
  const totalMs = Math.min(timeoutMs * (retries + 1), total_timeout * 1000);
  const end = now() + totalMs;
  const reserveMs = Math.min(Math.round(totalMs / 5), MAX_RESERVE_MS);
  const leftMs = () => stop.aborted ? 0 : Math.max(Math.round(end - now()), 0);
  return {
    leftMs,
    leftToAskMs: () => Math.max(leftMs() - reserveMs, 0),
    leftToKeepMs: () => Math.max(leftMs() - reserveMs / 2, 0),
  };
}

/**
 * What is left of a time, and of a part of it that begins now. A number that
 * stays as it is would be a wait without an end.
 *
 * @example
 * ```ts
 * import { assertEquals } from "@std/assert";
 *
 * let now = 0;
 * const leftMs = atMost(100, { leftMs: () => 1000 - now, now: () => now });
 * assertEquals(leftMs(), 100);
 * now = 70;
 * assertEquals(leftMs(), 30);
 * now = 200;
 * assertEquals(leftMs(), 0);
 * ```
 */
export function atMost(
  maxMs: number,
  { leftMs, now = () => performance.now() }: {
    readonly leftMs: () => number;
    readonly now?: () => number;
  },
): () => number {
  const end = now() + maxMs;
  return () => Math.max(Math.min(leftMs(), end - now()), 0);
}
