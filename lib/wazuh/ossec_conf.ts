/**
 * Our integration blocks in Wazuh's configuration, for a person who does not
 * want to type what stands there.
 *
 * @module
 */

/** What an integration block says. */
export interface IntegrationBlock {
  readonly apiKey: string;
  readonly hookUrl: string;
  readonly timeout: string | undefined;
  readonly retries: string | undefined;
  /** JSON; empty if there are none. */
  readonly options: string;
}

/**
 * Finds our blocks in an `ossec.conf`, which is not quite XML: it has several
 * roots, and no entities.
 *
 * @see https://documentation.wazuh.com/current/user-manual/reference/ossec-conf/integration.html
 *
 * @example
 * ```ts
 * import { assertEquals } from "@std/assert";
 *
 * const [block] = readIntegrationBlocks(`<ossec_config><integration>
 *   <name>custom-opencti</name>
 *   <hook_url>https://cti.example</hook_url>
 *   <api_key>key</api_key>
 * </integration></ossec_config>`);
 * assertEquals(block?.hookUrl, "https://cti.example");
 * ```
 */
export function readIntegrationBlocks(xml: string): IntegrationBlock[] {
  const blocks = textsIn(xml.replace(/<!--[^]*?-->/g, ""), "integration");
  return blocks
    .filter((block) => textsIn(block, "name")[0] === "custom-opencti")
    .map((block) => ({
      apiKey: textsIn(block, "api_key")[0] ?? "",
      hookUrl: textsIn(block, "hook_url")[0] ?? "",
      timeout: textsIn(block, "timeout")[0],
      retries: textsIn(block, "retries")[0],
      options: textsIn(block, "options")[0] ?? "",
    }));
}

function textsIn(xml: string, name: string): string[] {
  return xml.split(`<${name}>`).slice(1)
    .map((rest) => (rest.split(`</${name}>`)[0] ?? "").trim());
}
