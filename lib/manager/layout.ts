/**
 * What of ours is where on a manager, below Wazuh's home.
 *
 * @module
 */

/** The program. integratord finds it by the block's name. */
export const PROGRAM = "integrations/custom-opencti";

/** Wazuh's configuration. */
export const CONF = "etc/ossec.conf";

/** What it was before install changed it for the first time. */
export const CONF_BEFORE = "etc/ossec.conf.before-opencti";

/** OpenCTI's token. */
export const TOKEN_FILE = "etc/opencti.token";

/** The options, which are the user's alone. */
export const OPTIONS_FILE = "etc/opencti.json";

/** What editors complete the options by. */
export const SCHEMA = "etc/opencti.schema.json";

export const RULES = "etc/rules/opencti_rules.xml";

export const DECODER = "etc/decoders/opencti_decoder.xml";

/** The spool and what else outlasts a run. */
export const STATE = "queue/opencti";

/** Where that is as long as nobody has made the folder. */
export const STATE_FALLBACK = "logs/opencti";

/**
 * What install did, for root alone: each file as it was put in, to see later
 * what the user changed, and what was there before, to put it back.
 */
export const RECORD = "integrations/custom-opencti.d";

/** Files as they were put in. */
export const INSTALLED = `${RECORD}/installed`;

/** What was put away, by its path below home. */
export const BEFORE = `${RECORD}/before`;

/** The integration block that ours took the place of. */
export const BLOCK_BEFORE = `${BEFORE}/integration.xml`;

/** The program of a Python integration, beside a wrapper named as ours. */
export const SCRIPT = "integrations/custom-opencti.py";
