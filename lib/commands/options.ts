/**
 * The options of a command, as it says itself what there are.
 *
 * @module
 */
import { parseArgs } from "node:util";
import { UsageError } from "../errors.ts";
import type { Command } from "./command.ts";

/** What was said. */
export interface Said {
  /** The words that are no options. */
  readonly words: readonly string[];
  /** The value of an option. */
  readonly text: (name: string) => string | undefined;
  /** Whether a switch was given. */
  readonly has: (name: string) => boolean;
}

/**
 * Parts a command's words into options and others, in any order.
 *
 * @throws {UsageError} If an option is unknown, or its value is missing or none
 * of its choices. The message never says what was typed: it may be a token.
 */
export function readOptions(
  words: readonly string[],
  { name, options = [] }: Pick<Command, "name" | "options">,
): Said {
  const { values, positionals } = parse(words, { name, options });
  const text = (option: string): string | undefined => {
    const value = values[option];
    return typeof value === "string" ? value : undefined;
  };
  for (const { name, choices } of options) {
    const value = text(name);
    if (choices !== undefined && value !== undefined) {
      if (!choices.includes(value)) {
        throw new UsageError(`--${name} must be ${choices.join(", ")}`);
      }
    }
  }
  return { words: positionals, text, has: (option) => values[option] === true };
}

function parse(
  words: readonly string[],
  { name, options = [] }: Pick<Command, "name" | "options">,
) {
  try {
    return parseArgs({
      args: [...words],
      allowPositionals: true,
      options: Object.fromEntries(
        options.map(({ name, value }) => [
          name,
          { type: value === undefined ? "boolean" : "string" } as const,
        ]),
      ),
    });
  } catch {
    const names = options.map(({ name, value }) =>
      value === undefined ? `--${name}` : `--${name} ${value}`
    );
    throw new UsageError(
      `Wrong options, there are ${names.join(", ")}: see custom-opencti help ` +
        name,
    );
  }
}
