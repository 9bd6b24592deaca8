/**
 * What is said of a run that failed as a whole.
 *
 * @module
 */
import {
  exitStatusOf,
  type Fate,
  sentenceOf,
  UsageError,
  withFate,
} from "../errors.ts";
import { printError } from "../log.ts";
import { redactor } from "../redact.ts";

/**
 * Says what went wrong, and what became of the alert, if there was one.
 *
 * @returns The exit status.
 */
export function reportFailure(error: unknown, fate?: Fate): 1 | 2 {
  const says = redactor([])(sentenceOf(error));
  printError(
    fate === undefined || error instanceof UsageError
      ? says
      : withFate(says, fate),
  );
  return exitStatusOf(error);
}
