/**
 * Where runs keep state, by the options of each integration block: each may name
 * a folder of its own.
 *
 * @module
 */
import { readConfig } from "../config/read_config.ts";
import { type StateFolders, stateFolders } from "../state/marker.ts";
import type { IntegrationBlock } from "../wazuh/ossec_conf.ts";

/** The folders of each block; without one, those of the options' file. */
export async function stateFoldersOf(
  blocks: readonly Pick<IntegrationBlock, "options">[],
  home: string,
): Promise<readonly StateFolders[]> {
  const options = blocks.length > 0 ? blocks : [{ options: "" }];
  return await Promise.all(options.map(async ({ options: optionsJson }) => {
    const { config } = await readConfig({ optionsFile: "", optionsJson, home });
    return stateFolders(home, config);
  }));
}
