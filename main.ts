/**
 * custom-opencti: looks up a Wazuh alert's IoCs in OpenCTI, and sends what is
 * known of them to Wazuh's queue.
 *
 * @module
 */
// First, for it must be there before all else takes its time.
import { stop } from "./lib/stop.ts";
import { wazuhHome } from "./lib/commands/arguments.ts";
import { reportFailure } from "./lib/run/failure.ts";
import { runCommand } from "./lib/commands/mod.ts";

async function main(args: readonly string[]): Promise<number> {
  try {
    const home = wazuhHome(Deno.execPath());
    return await runCommand(args, { home, stop });
  } catch (error) {
    return reportFailure(error, "lost");
  }
}

// A send to a queue that takes nothing stays pending: only this ends it.
Deno.exit(await main(Deno.args));
