/**
 * The command `completions`: what a shell needs to complete ours, made of what
 * each command says of itself.
 *
 * @module
 */
import { UsageError } from "../errors.ts";
import { type Command, type Option, print } from "./command.ts";
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
      "options. The packages bring it along.",
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
      await print(completionScript(shell, others()));
      return 0;
    },
  };
  return completions;
}

/** The script for a shell. */
export function completionScript(
  shell: Shell,
  commands: readonly Command[],
): string {
  // An alert's call has no word of its own.
  const words = commands.filter(({ name }) => name !== "alert");
  return SCRIPTS[shell](words);
}

const SCRIPTS: Readonly<
  Record<Shell, (words: readonly Command[]) => string>
> = { bash, zsh, fish };

function optionsOf({ options = [] }: Command): readonly Option[] {
  return [...options, ...COMMON];
}

/** The words that may follow a command. */
function choicesOf(
  command: Command,
  words: readonly Command[],
): readonly string[] {
  if (command.name === "help") return words.map(({ name }) => name);
  return command.name === "completions" ? SHELLS : [];
}

function bash(words: readonly Command[]): string {
  const withValue = words.flatMap(optionsOf)
    .filter(({ value }) => value !== undefined).map(({ name }) => `--${name}`);
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
  local words="" current="\${COMP_WORDS[COMP_CWORD]}"
  COMPREPLY=()
  # The value of an option: files are offered.
  case "\${COMP_WORDS[COMP_CWORD - 1]}" in
    ${[...new Set(withValue)].join("|")}) return ;;
  esac
  if [ "$COMP_CWORD" -eq 1 ]; then
    words="${words.map(({ name }) => name).join(" ")} --home --help --version"
  else case "\${COMP_WORDS[1]}" in
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
      ...optionsOf(command).map(({ name, value, means }) =>
        quoted(
          `--${name}[${plain(means)}]${
            value === undefined
              ? ""
              : `:${plain(value)}:${
                /^(?:FILE|DIR)$/.test(value) ? "_files" : ""
              }`
          }`,
        )
      ),
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
      ...optionsOf(command).map(({ name, value, means }) =>
        `${start} ${seen} -l ${name}${value === undefined ? "" : " -r"} -d ${
          fishQuoted(means)
        }`
      ),
      ...choices.length === 0
        ? []
        : [`${start} -f ${seen} -a ${fishQuoted(choices.join(" "))}`],
    ];
  });
  return `# fish completion of custom-opencti\n${lines.join("\n")}\n`;
}
