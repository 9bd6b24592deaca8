/**
 * The command `uninstall`: takes out what install put in.
 *
 * @module
 */
import { UsageError } from "../errors.ts";
import { carryOut } from "./carry_out.ts";
import type { Command } from "./command.ts";
import { readOptions } from "./options.ts";
import { stateFoldersOf } from "./state_folders.ts";
import {
  lockManager,
  planUninstall,
  readSite,
  readWaits,
} from "../manager/mod.ts";

/** Takes out what install put in, and nothing else. */
export const uninstall: Command = {
  name: "uninstall",
  summary: "Take out what install put in, and nothing else",
  usage: ["uninstall [--purge] [--dry-run]"],
  about: "Takes the integration block out of etc/ossec.conf, and removes the " +
    "executable, rules and decoder. What others changed stays, and a Python " +
    "integration that install put away comes back. Run it as root.",
  arguments: [],
  options: [
    { name: "purge", means: "remove the state and the token too" },
    { name: "dry-run", means: "show what would be done, and do nothing" },
  ],
  examples: [[
    "sudo /var/ossec/integrations/custom-opencti uninstall --dry-run",
    "see what would be taken out",
  ]],
  run: async ({ words, error }, { home }) => {
    if (error !== undefined) throw error;
    const { has, words: others } = readOptions(words, uninstall);
    if (others.length > 0) {
      throw new UsageError("uninstall takes --purge and --dry-run alone");
    }
    const isDryRun = has("dry-run");
    const isPurge = has("purge");
    using _lock = isDryRun ? undefined : lockManager(home);
    const folders = await stateFoldersOf(
      readSite(home).site?.blocks ?? [],
      home,
    );
    const stateFolders = [...new Set(folders.flat())];
    const waits = isPurge ? await readWaits(stateFolders) : {};
    const plan = planUninstall({ home, isPurge, stateFolders, waits });
    await carryOut(plan, { home, isDryRun, isInstalled: false });
    return 0;
  },
};
