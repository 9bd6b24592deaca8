/**
 * What a command is: the words of the command line, their help, and what runs.
 *
 * @module
 */
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

/** Where a command runs. */
export interface RunContext {
  /** Wazuh's home. */
  readonly home: string;
  /** Aborted when it must end at once. */
  readonly stop: AbortSignal;
}

/** Prints to stdout. */
export async function print(text: string): Promise<void> {
  await Deno.stdout.write(new TextEncoder().encode(text));
}
