/**
 * Wazuh's configuration, `ossec.conf`: our integration blocks, and what else of
 * it concerns us.
 *
 * @module
 */
import { type Element, parseXml } from "./xml.ts";

/** What an integration block says. */
export interface IntegrationBlock {
  readonly apiKey: string;
  readonly hookUrl: string;
  readonly timeout: string | undefined;
  readonly retries: string | undefined;
  /** JSON; empty if there are none. */
  readonly options: string;
  readonly level: string | undefined;
  readonly group: string | undefined;
  readonly ruleId: string | undefined;
  readonly eventLocation: string | undefined;
  readonly alertFormat: string | undefined;
  /** Where it stands. */
  readonly element: Element;
}

/**
 * Finds our blocks in an `ossec.conf`, in the order of the file.
 *
 * @throws {SyntaxError} If Wazuh could not read it.
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
  return sectionsOf(xml, "integration")
    .filter((element) => textIn(element, "name") === "custom-opencti")
    .map((element) => ({
      apiKey: textIn(element, "api_key") ?? "",
      hookUrl: textIn(element, "hook_url") ?? "",
      timeout: textIn(element, "timeout"),
      retries: textIn(element, "retries"),
      options: textIn(element, "options") ?? "",
      level: textIn(element, "level"),
      group: textIn(element, "group"),
      ruleId: textIn(element, "rule_id"),
      eventLocation: textIn(element, "event_location"),
      alertFormat: textIn(element, "alert_format"),
      element,
    }));
}

/** What this node is: alone, or in a cluster, whose master has the rules. */
export type NodeKind = "alone" | "master" | "worker";

/**
 * What this node is. A worker's rules are overwritten by the master's.
 *
 * @throws {SyntaxError} If Wazuh could not read it.
 *
 * @see https://documentation.wazuh.com/current/user-manual/reference/ossec-conf/cluster.html
 *
 * @example
 * ```ts
 * import { assertEquals } from "@std/assert";
 *
 * assertEquals(nodeKindIn("<ossec_config></ossec_config>"), "alone");
 * ```
 */
export function nodeKindIn(xml: string): NodeKind {
  const cluster = sectionsOf(xml, "cluster").at(-1);
  // Wazuh takes a cluster for enabled that does not say it is not.
  if (cluster === undefined || textIn(cluster, "disabled") === "yes") {
    return "alone";
  }
  return textIn(cluster, "node_type") === "worker" ? "worker" : "master";
}

/**
 * The folders whose rules are loaded, below Wazuh's home, in their order.
 *
 * @throws {SyntaxError} If Wazuh could not read it.
 */
export function ruleFoldersIn(xml: string): readonly string[] {
  const named = sectionsOf(xml, "ruleset").flatMap(({ children }) =>
    children.filter(({ name }) => name === "rule_dir").map(({ text }) => text)
  );
  return named.length > 0 ? named : ["ruleset/rules", "etc/rules"];
}

/**
 * The last value of a setting, by the names of its section and of itself.
 *
 * @throws {SyntaxError} If Wazuh could not read it.
 */
export function confValueIn(
  xml: string,
  [section, name]: readonly [section: string, name: string],
): string | undefined {
  return sectionsOf(xml, section).map((one) => textIn(one, name))
    .findLast((value) => value !== undefined);
}

/**
 * The sections of a name in all roots, for Wazuh takes these as one.
 *
 * @throws {SyntaxError} If Wazuh could not read it.
 */
export function sectionsOf(xml: string, name: string): readonly Element[] {
  return parseXml(xml).filter((root) => root.name === "ossec_config")
    .flatMap(({ children }) => children)
    .filter((section) => section.name === name);
}

function textIn({ children }: Element, name: string): string | undefined {
  return children.findLast((child) => child.name === name)?.text;
}
