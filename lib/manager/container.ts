/**
 * Wazuh's official container image: what it does to files when it starts.
 *
 * @module
 */
import { readIntegrationBlocks } from "../wazuh/ossec_conf.ts";
import { CONF } from "./layout.ts";
import { NotAllowedError, readBytes } from "./tree.ts";

/** What is below is copied into Wazuh's home at each start. */
const CONFIG_MOUNT = "/wazuh-config-mount";

/**
 * The configuration that the image writes over Wazuh's own when it starts, if it
 * has no block of ours: then ours is gone after a restart.
 *
 * @param mount Where it is mounted.
 *
 * @see https://github.com/wazuh/wazuh-docker
 */
export function confWithoutBlock(
  mount: string = CONFIG_MOUNT,
): string | undefined {
  const path = `${mount}/${CONF}`;
  try {
    const conf = readBytes(path);
    return conf === undefined || readIntegrationBlocks(conf).length > 0
      ? undefined
      : path;
  } catch (error) {
    // What is wrong with it stops Wazuh, and Wazuh says so.
    if (error instanceof SyntaxError || error instanceof NotAllowedError) {
      return undefined;
    }
    throw error;
  }
}
