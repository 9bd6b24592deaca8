/**
 * What the arguments mean: integratord's call with an alert, or a word.
 *
 * @module
 */
import { alert } from "./alert.ts";
import { areOfAlert, readWords } from "./arguments.ts";
import type { RunContext } from "./command.ts";

/**
 * Runs what the arguments say.
 *
 * What is not an alert's is a program of its own, that is loaded when it is
 * meant: all that passes between the two are the arguments and the exit status.
 *
 * @param defaults Wazuh's home, if they do not say it, and what ends the run.
 *
 * @returns The exit status.
 *
 * @throws {UsageError} If they say nothing that is known.
 */
export async function runCommand(
  args: readonly string[],
  defaults: RunContext,
): Promise<number> {
  const call = readWords(args);
  if (!call.help && !call.version && areOfAlert(call.words)) {
    const { home = defaults.home } = call;
    return await alert.run(call, { ...defaults, home });
  }
  const { runWord } = await import("./operator.ts");
  return await runWord(args, defaults);
}
