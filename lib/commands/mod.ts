/**
 * The words of the command line.
 *
 * @module
 */
import { alert } from "./alert.ts";
import { areOfAlert, readWords } from "./arguments.ts";
import type { RunContext } from "./command.ts";

/**
 * Runs what the arguments say. Other commands than integratord's call are
 * loaded only when they are meant.
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
  const options = { ...defaults, home: call.home ?? defaults.home };
  const [name, ...words] = call.words;
  if (!call.help && !call.version && areOfAlert(call.words)) {
    return await alert.run(call, options);
  }
  const typed = await import("./typed.ts");
  const others = [alert, typed.retry, typed.version];
  const help = typed.helpOn(others);
  if (call.version) return await typed.version.run(call, options);
  if (call.help) return await help.run(call, options);
  if (call.error !== undefined) throw call.error;
  const command = name === undefined
    ? help
    // An alert's call has no word of its own.
    : [help, typed.retry, typed.version].find((one) => one.name === name);
  if (command === undefined) {
    throw typed.unknownCommand(name ?? "", [...others, help]);
  }
  return await command.run({ ...call, words }, options);
}
