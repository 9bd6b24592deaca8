/**
 * The errors that a caller distinguishes, under one root. Each has its exit
 * status, its kind, and a message in one sentence that says what to do.
 *
 * @module
 */

/** The root: an error that was foreseen, reported by its message alone. */
export class IntegrationError extends Error {
  /** 1: failed, after the fact was reported. 2: wrong usage. */
  readonly exitStatus: 1 | 2 = 1;

  /**
   * @param kind Errors of one kind are emitted once in a while, with the number
   * of alerts that they happened to.
   */
  constructor(message: string, readonly kind: string) {
    super(message);
    this.name = new.target.name;
  }
}

/** The call, its arguments or its options are wrong. */
export class UsageError extends IntegrationError {
  override readonly exitStatus = 2;

  constructor(message: string) {
    super(message, "usage");
  }
}

/** Something in the configuration file is wrong; the rest of it is used. */
export class ConfigError extends IntegrationError {
  constructor(message: string) {
    super(message, "config");
  }
}

/** The alert cannot be read. */
export class AlertError extends IntegrationError {
  constructor(message: string) {
    super(message, "alert");
  }
}

/** OpenCTI could not be asked, or its answer is of no use. */
export class OpenctiError extends IntegrationError {}

/** An event could not be given to Wazuh. */
export class QueueError extends IntegrationError {
  constructor(message: string) {
    super(message, "queue");
  }
}

/** Nothing can be kept in the spool, or not all that should be. */
export class SpoolError extends IntegrationError {
  constructor(message: string) {
    super(message, "spool");
  }
}

/** What is said where a check by root knows more than who is denied. */
export const SEE_DOCTOR =
  "run custom-opencti doctor as root, it says what to do";

/**
 * The exit status for whatever was thrown.
 *
 * @example
 * ```ts
 * import { assertEquals } from "@std/assert";
 *
 * assertEquals(exitStatusOf(new UsageError("TIMEOUT is no number")), 2);
 * assertEquals(exitStatusOf(new TypeError("not foreseen")), 1);
 * ```
 */
export function exitStatusOf(error: unknown): 1 | 2 {
  return error instanceof IntegrationError ? error.exitStatus : 1;
}

/**
 * What went wrong, as the sentence that is reported.
 *
 * @example
 * ```ts
 * import { assertEquals } from "@std/assert";
 *
 * assertEquals(sentenceOf(new AlertError("Cannot read alert")), "Cannot read alert");
 * assertEquals(
 *   sentenceOf(new TypeError("x is null")),
 *   "Unexpected error, please report it: x is null",
 * );
 * ```
 */
export function sentenceOf(error: unknown): string {
  return error instanceof IntegrationError
    ? error.message
    : `Unexpected error, please report it: ${messageOf(error)}`;
}

/** What became of what something went wrong with. */
export type Fate = "kept" | "lost";

/** An event's error must be short enough to be shown whole, fate included. */
const MAX_MESSAGE_BYTES = 800;

/**
 * A message about a failure, that ends in what became of the alert, or of its
 * event. What is too long to be shown is cut off before that.
 *
 * @param message Without secrets: what is cut off must not be half of one.
 *
 * @example
 * ```ts
 * import { assertEquals } from "@std/assert";
 *
 * assertEquals(
 *   withFate("OpenCTI is not ready", "kept"),
 *   "OpenCTI is not ready; the alert is kept",
 * );
 * ```
 */
export function withFate(
  message: string,
  fate: Fate,
  of: "alert" | "event" = "alert",
): string {
  let shown = message;
  while (jsonBytes(shown) > MAX_MESSAGE_BYTES) {
    shown = shown.slice(0, Math.floor(shown.length * 0.9));
  }
  return `${shown.toWellFormed()}${
    shown === message ? "" : "…"
  }; the ${of} is ${fate}`;
}

function jsonBytes(text: string): number {
  return new TextEncoder().encode(JSON.stringify(text)).byteLength;
}

/**
 * What went wrong, as text, whatever was thrown.
 *
 * @example
 * ```ts
 * import { assertEquals } from "@std/assert";
 *
 * assertEquals(messageOf(new Error("no such file")), "no such file");
 * assertEquals(messageOf("just text"), "just text");
 * ```
 */
export function messageOf(error: unknown): string {
  return error instanceof Error ? error.message : String(error);
}
