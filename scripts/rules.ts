/**
 * The rules that are shipped, for tables, the demo and the tests.
 *
 * @module
 */
import { parseRules, type Rule } from "../lib/wazuh/rules.ts";

const RULES = new URL("../wazuh/opencti_rules.xml", import.meta.url);

/** Reads the rules, in their order. */
export async function readRules(): Promise<readonly Rule[]> {
  return parseRules(await Deno.readTextFile(RULES));
}
