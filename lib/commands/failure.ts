/**
 * What is said of a run that failed as a whole.
 *
 * @module
 */
import { exitStatusOf, sentenceOf, UsageError, withFate } from "../errors.ts";
import { printError } from "../log.ts";
import { redactor } from "../redact.ts";

/**
 * Says what went wrong, and what became of the alert.
 *
 * @returns The exit status.
 */
export function reportFailure(error: unknown): 1 | 2 {
  const says = redactor([])(sentenceOf(error));
  printError(error instanceof UsageError ? says : withFate(says, "lost"));
  return exitStatusOf(error);
}
