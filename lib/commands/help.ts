/**
 * The command `help`: made of what each command says of itself.
 *
 * @module
 */
import { describeOption, OPTION_GROUPS } from "../config/describe.ts";
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
    summary: "Print this, the help of a command, or the options in files",
    usage: ["help [COMMAND|options]"],
    about: "Prints what there is, the help of a command, or the options that " +
      "may stand in etc/opencti.json.",
    arguments: [
      ["COMMAND", others.map(({ name }) => name).join(", ")],
      ["options", "what may stand in etc/opencti.json"],
    ],
    examples: [["custom-opencti help options", "see what can be set"]],
    run: async ({ words: [topic] }) => {
      const commands = [...others, help];
      const { bold } = styleOfStdout();
      await print(
        topic === undefined
          ? overview(commands, bold)
          : topic === OPTIONS_TOPIC
          ? optionsHelp(bold)
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

/** What is described besides commands. */
export const OPTIONS_TOPIC = "options";

/** The first things that somebody does with it. */
const FIRST: ReadonlySet<string> = new Set([
  "install",
  "doctor",
  "test",
  "explain",
]);

/**
 * What `--help` prints.
 */
export function overview(commands: readonly Command[], bold: Paint): string {
  const [alert] = commands.filter(({ name }) => name === "alert");
  return [
    "Asks OpenCTI for the IoCs of a Wazuh alert, and sends an event for each match",
    "to Wazuh's queue. Wazuh's integratord starts it, once for each alert.",
    "",
    bold("Usage"),
    "  custom-opencti COMMAND [OPTION…]",
    ...(alert?.usage ?? []).flatMap((use) =>
      wrapped(`custom-opencti ${use}`, "  ", "    ")
    ),
    "",
    bold("Commands"),
    // An alert's call has no word of its own.
    ...rows(
      commands.filter((command) => command !== alert)
        .map(({ name, summary }) => [name, summary] as const),
    ),
    "",
    bold("Options"),
    ...rows([
      ["--home DIR", HOME_MEANS],
      ["-h, --help", "print this, or the help of the command before it"],
      ["--version", "print the version"],
    ]),
    "",
    bold("Examples"),
    ...commands.filter(({ name }) => FIRST.has(name)).flatMap((command) =>
      examplesOf({ examples: command.examples.slice(0, 1) })
    ),
    "",
    "See custom-opencti help COMMAND for one of them, help alert for the call of",
    "integratord, and help options for what can be set in etc/opencti.json.",
    "",
  ].join("\n");
}

/** What `help options` prints. */
export function optionsHelp(bold: Paint): string {
  const groups = Object.values(OPTION_GROUPS);
  return [
    ...wrapped(OPTIONS_ABOUT, "", ""),
    ...groups.flatMap(({ title, names }) => [
      "",
      bold(title),
      ...rows(names.map((name) => [name, describeOption(name)] as const)),
    ]),
    "",
    bold("Example"),
    `  ${OPTIONS_EXAMPLE}`,
    "",
  ].join("\n");
}

/** Where options stand, and when they are read. */
export const OPTIONS_ABOUT =
  "Options stand as JSON in etc/opencti.json, or in <options> of the " +
  "integration block, which goes before the file. All have a default: write " +
  "only what you want to change. Each run reads them, without a restart. The " +
  "file must be root:wazuh, with mode 0640.";

/** A whole file. */
export const OPTIONS_EXAMPLE =
  '{ "min_score": 50, "ignore": { "domains": ["example.com"] } }';

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

function examplesOf({ examples }: Pick<Command, "examples">): string[] {
  return examples.flatMap(([command, what]) => [
    `  # ${what}`,
    ...wrapped(command, "  ", "    ", { end: " \\" }),
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
export function wrapped(
  text: string,
  first: string,
  others: string,
  { end = "", width = WIDTH }: {
    readonly end?: string;
    readonly width?: number;
  } = {},
): string[] {
  const lines: string[] = [];
  let line = first;
  let isEmpty = true;
  for (const word of text.split(" ")) {
    if (!isEmpty && line.length + word.length + 1 + end.length > width) {
      lines.push(line + end);
      line = others;
      isEmpty = true;
    }
    line += isEmpty ? word : ` ${word}`;
    isEmpty = false;
  }
  return [...lines, line];
}
