/**
 * The errors that a caller tells apart, under one root. Each has its exit
 * status, and a message in one sentence that says what to do.
 *
 * @module
 */

/** The root: an error that was foreseen, told by its message alone. */
export class IntegrationError extends Error {
  /** 1: failed, after the fact was reported. 2: wrong usage. */
  readonly exitStatus: 1 | 2 = 1;

  constructor(message: string, options?: ErrorOptions) {
    super(message, options);
    this.name = new.target.name;
  }
}

/** The call, its arguments or its options are wrong. */
export class UsageError extends IntegrationError {
  override readonly exitStatus = 2;
}

/** The alert cannot be read. */
export class AlertError extends IntegrationError {}

/** OpenCTI could not be asked, or its answer is of no use. */
export class OpenctiError extends IntegrationError {}

/** An event could not be given to Wazuh. */
export class QueueError extends IntegrationError {}

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
