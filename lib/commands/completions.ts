/**
 * The command `completions`: what a shell needs to complete ours, made of what
 * each command says of itself.
 *
 * @module
 */
import { UsageError } from "../errors.ts";
import { type Command, type Option, print } from "./command.ts";
import { OPTIONS_TOPIC } from "./help.ts";
import { readOptions } from "./options.ts";

/** Shells that we can say it to. */
export const SHELLS = ["bash", "zsh", "fish"] as const;

/** A shell that we can say it to. */
export type Shell = typeof SHELLS[number];

/** Options that every command takes. */
const COMMON: readonly Option[] = [
  { name: "home", value: "DIR", means: "Wazuh's home" },
  { name: "help", means: "print the help of the command" },
];

/**
 * The command that prints a shell's completions.
 *
 * @param others All commands but this, as they are when it runs.
 */
export function completionsOf(others: () => readonly Command[]): Command {
  const completions: Command = {
    name: "completions",
    summary: "Print what a shell needs to complete these commands",
    usage: [`completions ${SHELLS.join("|")}`],
    about: "Prints a script for the shell that completes commands and " +
      "options. The deb and rpm packages install it.",
    arguments: [["bash, zsh, fish", "the shell"]],
    options: [],
    examples: [[
      "custom-opencti completions bash " +
      "> /etc/bash_completion.d/custom-opencti",
      "complete in bash",
    ]],
    run: async ({ words, error }) => {
      if (error !== undefined) throw error;
      const { words: [named = "", ...rest] } = readOptions(words, completions);
      const shell = SHELLS.find((one) => one === named);
      if (shell === undefined || rest.length > 0) {
        throw new UsageError(`Name one shell: ${SHELLS.join(", ")}`);
      }
      const { SOURCES } = await import("../alert/sources/mod.ts");
      const sources = SOURCES.map(({ name }) => name);
      await print(completionScript(shell, others(), sources));
      return 0;
    },
  };
  return completions;
}

/**
 * The script for a shell.
 *
 * @param sources Names of the sources that are built in.
 */
export function completionScript(
  shell: Shell,
  commands: readonly Command[],
  sources: readonly string[],
): string {
  const words = commands.map((command) => ({
    ...command,
    options: (command.options ?? []).map((option) =>
      option.name === "source" ? { ...option, choices: sources } : option
    ),
  }));
  // An alert's call has no word of its own.
  return SCRIPTS[shell](words.filter(({ name }) => name !== "alert"));
}

const SCRIPTS: Readonly<
  Record<Shell, (words: readonly Command[]) => string>
> = { bash, zsh, fish };

/** Whether files are offered for the value of an option. */
function isPath({ value = "" }: Option): boolean {
  return value === "FILE" || value === "DIR";
}

function optionsOf({ options = [] }: Command): readonly Option[] {
  return [...options, ...COMMON];
}

/** The words that may follow a command. */
function choicesOf(
  command: Command,
  words: readonly Command[],
): readonly string[] {
  if (command.name === "help") {
    return ["alert", ...words.map(({ name }) => name), OPTIONS_TOPIC];
  }
  return command.name === "completions" ? SHELLS : [];
}

function bash(words: readonly Command[]): string {
  const valued = words.flatMap(optionsOf)
    .filter(({ value }) => value !== undefined);
  const paths = valued.filter(isPath);
  const others = valued.filter((option) => !isPath(option));
  const namesOf = (options: readonly Option[]) =>
    [...new Set(options.map(({ name }) => `--${name}`))].join("|");
  const chosen = others.filter(({ choices = [] }) => choices.length > 0).map((
    { name, choices = [] },
  ) =>
    `    --${name}) mapfile -t COMPREPLY < <(compgen -W "${
      choices.join(" ")
    }" -- "$current"); return ;;`
  );
  const cases = words.map((command) =>
    `    ${command.name}) words="${
      [
        ...choicesOf(command, words),
        ...optionsOf(command).map(({ name }) => `--${name}`),
      ].join(" ")
    }" ;;`
  );
  return `# bash completion of custom-opencti
_custom_opencti() {
  local words="" current="\${COMP_WORDS[COMP_CWORD]}" at=1
  local before="\${COMP_WORDS[COMP_CWORD - 1]}"
  COMPREPLY=()
  case "$before" in
    # The value of an option: files are offered, or nothing.
    ${namesOf(paths)}) return ;;
    ${namesOf(others)}) compopt +o default 2>/dev/null ;;
  esac
  case "$before" in
${chosen.join("\n")}
    ${namesOf(others)}) return ;;
  esac
  if [ "\${COMP_WORDS[1]}" = --home ] && [ "$COMP_CWORD" -gt 2 ]; then at=3; fi
  if [ "$COMP_CWORD" -eq "$at" ]; then
    words="${words.map(({ name }) => name).join(" ")} --home --help --version"
  else case "\${COMP_WORDS[at]}" in
${cases.join("\n")}
  esac; fi
  mapfile -t COMPREPLY < <(compgen -W "$words" -- "$current")
}
complete -o default -F _custom_opencti custom-opencti
`;
}

/** What stands between single quotes, in any shell. */
function quoted(text: string): string {
  return `'${text.replaceAll("'", "'\\''")}'`;
}

function zsh(words: readonly Command[]): string {
  // In a description, these part its fields.
  const plain = (text: string) => text.replace(/[[\]:]/g, " ");
  const cases = words.map((command) => {
    const choices = choicesOf(command, words);
    const lines = [
      ...optionsOf(command).map((option) => {
        const { name, value, means, choices } = option;
        const offered = isPath(option)
          ? "_files"
          : choices === undefined
          ? ""
          : `(${choices.join(" ")})`;
        return quoted(
          `--${name}[${plain(means)}]${
            value === undefined ? "" : `:${plain(value)}:${offered}`
          }`,
        );
      }),
      ...choices.length === 0 ? [] : [quoted(`2:word:(${choices.join(" ")})`)],
    ];
    return `    ${command.name}) _arguments ${lines.join(" ")} ;;`;
  });
  return `#compdef custom-opencti
_custom_opencti() {
  local -a commands
  commands=(
${
    words.map(({ name, summary }) =>
      `    ${quoted(`${name}:${plain(summary)}`)}`
    ).join("\n")
  }
  )
  if (( CURRENT == 2 )); then
    _describe command commands
  else case "$words[2]" in
${cases.join("\n")}
  esac; fi
}
_custom_opencti "$@"
`;
}

/** Fish knows no other escapes between single quotes than these. */
function fishQuoted(text: string): string {
  return `'${text.replace(/[\\']/g, "\\$&")}'`;
}

function fish(words: readonly Command[]): string {
  const start = "complete -c custom-opencti";
  const lines = words.flatMap((command) => {
    const { name, summary } = command;
    const seen = `-n '__fish_seen_subcommand_from ${name}'`;
    const choices = choicesOf(command, words);
    return [
      `${start} -f -n __fish_use_subcommand -a ${name} -d ${
        fishQuoted(summary)
      }`,
      ...optionsOf(command).map((option) => {
        const { name, value, means, choices } = option;
        // -r: a value, and files are offered for it; -x: no files.
        const needs = value === undefined ? "" : isPath(option) ? " -r" : " -x";
        return `${start} ${seen} -l ${name}${needs}${
          choices === undefined ? "" : ` -a ${fishQuoted(choices.join(" "))}`
        } -d ${fishQuoted(means)}`;
      }),
      ...choices.length === 0
        ? []
        : [`${start} -f ${seen} -a ${fishQuoted(choices.join(" "))}`],
    ];
  });
  return `# fish completion of custom-opencti\n${lines.join("\n")}\n`;
}
