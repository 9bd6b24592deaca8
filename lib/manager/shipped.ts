/**
 * What the executable brings along for the manager. Only installing loads it.
 *
 * @module
 */
import decoder from "../../wazuh/opencti_decoder.xml" with { type: "text" };
import rules from "../../wazuh/opencti_rules.xml" with { type: "text" };
import schema from "../../wazuh/opencti.schema.json" with { type: "text" };
import conf from "../../wazuh/ossec.conf" with { type: "text" };
import { readIntegrationBlocks } from "../wazuh/ossec_conf.ts";
import { encoded } from "./bytes.ts";

/** Our rules, with their published ids. */
export const SHIPPED_RULES: string = encoded(rules);

/** The decoder that gives our events their name. */
export const SHIPPED_DECODER: string = encoded(decoder);

/** The JSON Schema of the options. */
export const SHIPPED_SCHEMA: string = encoded(schema);

/** The groups of alerts that are looked up unless the user says others. */
export const SHIPPED_GROUPS: string = readIntegrationBlocks(conf)[0]?.group ??
  "";

/**
 * SHA-256 of what was published before install kept a record of what it put in:
 * such a file is not the user's.
 */
export const EARLIER: ReadonlySet<string> = new Set([
  "02da6339d7ad783cdac3d5031fb754c29e242261d99ac7cb07b5b27b9061e30d",
  "03d02eb87c9d234fa4d77425fccb0b9c28095b3bca061aeac12c94c04c7ed214",
  "0508dff01d0922340a878446d5b0b2a9066b29159f29b7992499e47fbeb8e9b7",
  "3f0f351747d201914ea4576a6df24e18b58c9b1845ebc5b984f6b3d761cdf02a",
  "56e40e05985c55c6a92c3978420cd7eb65abc46ef9deae001b7398d257d0ba92",
  "581a18444db0e855a8a24536c74796bd18dd682ebe438b4fafec378eee015c61",
  "6dc07ac3b51ee4349572a714d84b66ec589e8b9f3db8a3ab8600944d5085c148",
  "6ee9b2baeca8766540441f9f41bcf318a4f14409cd973ddbbd7d4cd69493f755",
  "da93f0187ae7b69bd490981bf41c1273ee28aa6b12641cd2723b6dd5a4c2d37e",
]);
