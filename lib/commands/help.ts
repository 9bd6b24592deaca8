/**
 * The command `help`: made of what each command says of itself.
 *
 * @module
 */
import { UsageError } from "../errors.ts";
import { suggest } from "../suggest.ts";
import { type Paint, styleOfStdout } from "./style.ts";
import { type Command, type Option, print } from "./command.ts";

const WIDTH = 80;

/**
 * The command that prints the help of all commands, or of one.
 *
 * @param others All commands but this.
 */
export function helpOn(others: readonly Command[]): Command {
  const help: Command = {
    name: "help",
    summary: "Print this, or the help of a command",
    usage: ["help [COMMAND]"],
    about: "Prints what there is, or the help of a command.",
    arguments: [["COMMAND", `${others.map(({ name }) => name).join(", ")}`]],
    examples: [["custom-opencti help retry", "print the help of retry"]],
    run: async ({ words: [topic] }) => {
      const commands = [...others, help];
      const { bold } = styleOfStdout();
      await print(
        topic === undefined
          ? overview(commands, bold)
          : about(topic, { commands, bold }),
      );
      return 0;
    },
  };
  return help;
}

/** What `--home` means. */
export const HOME_MEANS =
  "Wazuh's home: the folder above integrations/, else /var/ossec";

/**
 * What `--help` prints.
 */
export function overview(commands: readonly Command[], bold: Paint): string {
  const uses = commands.flatMap(({ usage }) => usage);
  return [
    "Asks OpenCTI for the IoCs of a Wazuh alert, and sends an event for each match",
    "to Wazuh's queue. Wazuh's integratord starts it, once for each alert.",
    "",
    bold("Usage"),
    ...uses.flatMap((use) => wrapped(`custom-opencti ${use}`, "  ", "    ")),
    "",
    bold("Commands"),
    ...rows(commands.map(({ name, summary }) => [name, summary] as const)),
    "",
    bold("Options"),
    ...rows([
      ["--home DIR", HOME_MEANS],
      ["-h, --help", "print this, or the help of the command before it"],
      ["--version", "print the version"],
    ]),
    "",
    bold("Examples"),
    ...commands.flatMap(examplesOf),
    "",
  ].join("\n");
}

/**
 * What `help COMMAND` prints.
 *
 * @throws {UsageError} If there is no such command.
 */
export function about(
  topic: string,
  { commands, bold }: {
    readonly commands: readonly Command[];
    readonly bold: Paint;
  },
): string {
  const command = commands.find(({ name }) => name === topic);
  if (command === undefined) throw unknownCommand(topic, commands);
  return [
    ...wrapped(command.about, "", ""),
    "",
    bold("Usage"),
    ...command.usage.flatMap((use) =>
      wrapped(`custom-opencti ${use}`, "  ", "    ")
    ),
    ...command.arguments.length === 0
      ? []
      : ["", bold("Arguments"), ...rows(command.arguments)],
    ...command.options === undefined || command.options.length === 0
      ? []
      : ["", bold("Options"), ...rows(command.options.map(optionRow))],
    "",
    bold("Examples"),
    ...examplesOf(command),
    "",
  ].join("\n");
}

/** What is said of a word that is no command. */
export function unknownCommand(
  word: string,
  commands: readonly Command[],
): UsageError {
  const names = commands.map(({ name }) => name);
  const meant = suggest(word, names);
  return new UsageError(
    meant === ""
      ? `Unknown command, there are ${
        names.join(", ")
      }: see custom-opencti help`
      : `Unknown command${meant} See custom-opencti help`,
  );
}

function optionRow({ name, value, means }: Option): readonly [string, string] {
  return [`--${name}${value === undefined ? "" : ` ${value}`}`, means];
}

function examplesOf({ examples }: Command): string[] {
  return examples.flatMap(([command, what]) => [
    `  # ${what}`,
    ...wrapped(command, "  ", "    ", " \\"),
  ]);
}

/** Two columns. */
function rows(
  pairs: readonly (readonly [name: string, meaning: string])[],
): string[] {
  const width = Math.max(...pairs.map(([name]) => name.length)) + 4;
  return pairs.flatMap(([name, meaning]) =>
    wrapped(meaning, `  ${name}`.padEnd(width), " ".repeat(width))
  );
}

/** A text in lines that a terminal shows whole. */
function wrapped(
  text: string,
  first: string,
  others: string,
  end = "",
): string[] {
  const lines: string[] = [];
  let line = first;
  let isEmpty = true;
  for (const word of text.split(" ")) {
    if (!isEmpty && line.length + word.length + 1 + end.length > WIDTH) {
      lines.push(line + end);
      line = others;
      isEmpty = true;
    }
    line += isEmpty ? word : ` ${word}`;
    isEmpty = false;
  }
  return [...lines, line];
}
