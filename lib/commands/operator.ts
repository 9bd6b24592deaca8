/**
 * The commands for whoever runs a manager. No alert needs them: they are
 * bundled apart, with all that they use, so that an alert loads nothing for
 * them. Nothing that is compared by its class may go in or out here.
 *
 * @module
 */
import { alert } from "./alert.ts";
import { readWords } from "./arguments.ts";
import type { Command, RunContext } from "./command.ts";
import { completionsOf } from "./completions.ts";
import { dashboard } from "./dashboard.ts";
import { doctor } from "./doctor.ts";
import { reportFailure } from "../run/failure.ts";
import { UsageError } from "../errors.ts";
import { readFile } from "../files.ts";
import { explain } from "./explain.ts";
import { helpOn, unknownCommand } from "./help.ts";
import { lookup } from "./lookup.ts";
import { install } from "./install.ts";
import { manOf } from "./man.ts";
import { retry } from "./retry.ts";
import { status } from "./status.ts";
import { test } from "./test.ts";
import { uninstall } from "./uninstall.ts";
import { version } from "./version.ts";

/** All that have a word of their own, in the order of the help. */
const WORDS: readonly Command[] = [
  install,
  doctor,
  test,
  status,
  explain,
  lookup,
  retry,
  dashboard,
  uninstall,
  completionsOf(() => COMMANDS),
  manOf(() => COMMANDS),
  version,
];

const HELP = helpOn([alert, ...WORDS]);

/** All commands, in the order of the help. */
export const COMMANDS: readonly Command[] = [alert, ...WORDS, HELP];

/**
 * Runs the command that the arguments name.
 *
 * @returns The exit status. Whatever fails is said here.
 */
export async function runWord(
  args: readonly string[],
  defaults: RunContext,
): Promise<number> {
  try {
    const call = readWords(args);
    const context = { ...defaults, home: call.home ?? defaults.home };
    const [name, ...words] = call.words;
    if (call.version) return await version.run({ ...call, words: [] }, context);
    if (call.help) return await HELP.run(call, context);
    if (call.error !== undefined) throw call.error;
    const command = name === undefined
      ? HELP
      // An alert's call has no word of its own.
      : [...WORDS, HELP].find((one) => one.name === name);
    if (name === "alert") {
      throw new UsageError(
        "There is no command word for an alert: give its file as the first " +
          "argument, see custom-opencti help alert",
      );
    }
    if (command === undefined) throw unknownWord(name ?? "");
    return await command.run({ ...call, words }, context);
  } catch (error) {
    return reportFailure(error);
  }
}

/** What is said of a word that is no command; a file is named, no token is. */
function unknownWord(word: string): UsageError {
  const command = unknownCommand(word, [...WORDS, HELP]);
  try {
    readFile(word);
  } catch {
    return word.includes("/")
      ? new UsageError("There is no such file, see custom-opencti help")
      : command;
  }
  return new UsageError(
    "A call with an alert needs API_KEY and HOOK_URL too. To see what becomes " +
      `of it, run custom-opencti explain ${word}`,
  );
}
