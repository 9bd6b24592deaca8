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
        throw unknownOption(token.name, { name, known });
      }
      const { value: needed } = option;
      if (needed === undefined && token.value !== undefined) {
        throw new UsageError(`--${option.name} takes no value`);
      }
      // What begins with a dash is the next option, and a dash alone stdin.
      const isMissing = token.value === undefined ||
        !token.inlineValue && /^-./.test(token.value);
      if (needed !== undefined && isMissing) {
        throw new UsageError(
          `--${option.name} needs a value: write --${option.name} ${needed}`,
        );
      }
    }
    throw new UsageError(`Wrong options: see custom-opencti help ${name}`);
  }
}

function unknownOption(
  said: string,
  { name, known }: { readonly name: string; readonly known: readonly string[] },
): UsageError {
  // No token looks so: others are not said.
  const shown = /^[a-z]+(?:-[a-z]+)*$/.test(said) && said.length <= 20 &&
      said.length > 1
    ? ` --${said}`
    : "";
  const longer = known.find((one) => one.startsWith(`${said}-`));
  const meant = suggest(longer ?? said, known).replace('"', '"--');
  return new UsageError(
    meant === ""
      ? `Unknown option${shown}: see custom-opencti help ${name}`
      : `Unknown option${shown}${meant} See custom-opencti help ${name}`,
  );
}
