/**
 * The options of a command, as it says itself what there are.
 *
 * @module
 */
import { parseArgs } from "node:util";
import { UsageError } from "../errors.ts";
import { suggest } from "../suggest.ts";
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
  const call = {
    args: [...words],
    allowPositionals: true,
    options: Object.fromEntries(
      options.map(({ name, value }) => [
        name,
        { type: value === undefined ? "boolean" : "string" } as const,
      ]),
    ),
  };
  try {
    return parseArgs(call);
  } catch {
    const { tokens = [] } = parseArgs({ ...call, strict: false, tokens: true });
    const known = options.map(({ name }) => name);
    for (const token of tokens) {
      if (token.kind !== "option") continue;
      const option = options.find(({ name }) => name === token.name);
      if (option === undefined) {
        const meant = suggest(token.name, known).replace('"', '"--');
        if (meant === "") break;
        throw new UsageError(
          `Unknown option${meant} See custom-opencti help ${name}`,
        );
      }
      const { value: needed } = option;
      if (needed === undefined && token.value !== undefined) {
        throw new UsageError(`--${option.name} takes no value`);
      }
      // What begins with a dash is the next option.
      const isMissing = token.value === undefined ||
        !token.inlineValue && token.value.startsWith("-");
      if (needed !== undefined && isMissing) {
        throw new UsageError(
          `--${option.name} needs a value: write --${option.name} ${needed}`,
        );
      }
    }
    const names = options.map(({ name, value }) =>
      value === undefined ? `--${name}` : `--${name} ${value}`
    );
    throw new UsageError(
      `Wrong options, there are ${names.join(", ")}: see custom-opencti help ` +
        name,
    );
  }
}
