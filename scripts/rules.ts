/**
 * What `wazuh/opencti_rules.xml` says, for tables and the demo.
 *
 * @module
 */

/** A rule for one type of event. */
export interface Rule {
  readonly id: string;
  readonly level: string;
  readonly eventType: string;
}

const RULES = new URL("../wazuh/opencti_rules.xml", import.meta.url);

/** Reads the rules that are for one type of event. */
export async function readRules(): Promise<readonly Rule[]> {
  const xml = await Deno.readTextFile(RULES);
  return [...xml.matchAll(
    /<rule id="(\d+)" level="(\d+)">\s*<if_sid>110200<\/if_sid>\s*<field name="opencti\.event_type">\^(\w+)\$<\/field>/g,
  )].map(([, id = "", level = "", eventType = ""]) => ({
    id,
    level,
    eventType,
  }));
}
