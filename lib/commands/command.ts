/**
 * What a command is: the words of the command line, their help, and what runs.
 *
 * @module
 */
import { messageOf, UsageError } from "../errors.ts";
import type { Words } from "./arguments.ts";

/** A word of the command line. */
export interface Command {
  readonly name: string;
  /** What it does, in less than a line. */
  readonly summary: string;
  /** What follows `custom-opencti`, a form each. */
  readonly usage: readonly string[];
  /** What it does, in a paragraph. */
  readonly about: string;
  readonly arguments: readonly (readonly [name: string, meaning: string])[];
  /** None if its words are none, or are those of an alert. */
  readonly options?: readonly Option[];
  readonly examples: readonly (readonly [command: string, what: string])[];
  /**
   * Runs it.
   *
   * @param words The words after its name.
   *
   * @returns The exit status.
   */
  readonly run: (words: Words, context: RunContext) => Promise<number>;
}

/** What may be said with two dashes. */
export interface Option {
  /** Without the dashes. */
  readonly name: string;
  /** What stands for its value in the help; a switch has none. */
  readonly value?: string;
  readonly means: string;
  /** What its value can be, if that is one of a few words. */
  readonly choices?: readonly string[];
}

/** Where a command runs. */
export interface RunContext {
  /** Wazuh's home. */
  readonly home: string;
  /** Aborted when it must end at once. */
  readonly stop: AbortSignal;
}

/**
 * Prints to stdout. That nobody reads it any more is no failure.
 *
 * @throws {UsageError} If it cannot be written.
 */
export async function print(text: string): Promise<void> {
  let rest = new TextEncoder().encode(text);
  try {
    while (rest.length > 0) {
      rest = rest.subarray(await Deno.stdout.write(rest));
    }
  } catch (error) {
    if (error instanceof Deno.errors.BrokenPipe) return;
    throw new UsageError(`Cannot print: ${messageOf(error)}`);
  }
}
