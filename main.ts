/**
 * custom-opencti: looks up a Wazuh alert's IoCs in OpenCTI, and sends what is
 * known of them to Wazuh's queue.
 *
 * @module
 */
import { wazuhHome } from "./lib/commands/arguments.ts";
import { runCommand } from "./lib/commands/mod.ts";
import {
  exitStatusOf,
  sentenceOf,
  UsageError,
  withFate,
} from "./lib/errors.ts";
import { printError } from "./lib/log.ts";

async function main(args: readonly string[]): Promise<number> {
  try {
    return await runCommand(args, wazuhHome(Deno.execPath()));
  } catch (error) {
    printError(
      error instanceof UsageError
        ? error.message
        : withFate(sentenceOf(error), "lost"),
    );
    return exitStatusOf(error);
  }
}

// A send to a queue that takes nothing stays pending: only this ends it.
Deno.exit(await main(Deno.args));
