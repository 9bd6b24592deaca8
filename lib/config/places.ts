/**
 * Where the values of a run came from, for messages that say where to mend
 * them.
 *
 * @module
 */
import type { Config } from "./config.ts";

/** Names of places, each as a message says it after "set" or "check". */
export interface Places {
  /** Of OpenCTI's address. */
  readonly url: string;
  /** Of the token: a setting, or the file that holds it. */
  readonly token: string;
  /** Of Wazuh's configuration: the folder. */
  readonly etc: string;
  /** Of an option, where it is set or, if it is not, where it should be. */
  readonly option: (name: keyof Config) => string;
  /** Of a setting of the integration block. */
  readonly setting: (name: "timeout" | "group" | "alert_format") => string;
}

/**
 * Says where a run's values came from.
 *
 * @example
 * ```ts
 * import { assertEquals } from "@std/assert";
 *
 * const { token, option } = placesOf({
 *   home: "/var/ossec",
 *   apiKey: "file:/etc/token",
 *   file: "/var/ossec/etc/opencti.json",
 *   isOption: (name) => name === "proxy",
 * });
 * assertEquals(token, "/etc/token");
 * assertEquals(
 *   option("proxy"),
 *   '"proxy" in <options> of /var/ossec/etc/ossec.conf',
 * );
 * assertEquals(option("ca_file"), '"ca_file" in /var/ossec/etc/opencti.json');
 * ```
 */
export function placesOf({ home, apiKey, file, isOption }: {
  /** Wazuh's home. */
  readonly home: string;
  /** As the call said it: the token, or the name of its file. */
  readonly apiKey: string;
  /** The configuration file. */
  readonly file: string;
  /** Whether an option stands in `<options>`, which go before the file. */
  readonly isOption: (name: keyof Config) => boolean;
}): Places {
  const etc = `${home}/etc`;
  const conf = `${etc}/ossec.conf`;
  return {
    etc,
    url: `<hook_url> in ${conf}`,
    token: apiKey.startsWith("file:")
      ? apiKey.slice("file:".length)
      : `<api_key> in ${conf}`,
    option: (name) =>
      isOption(name)
        ? `"${name}" in <options> of ${conf}`
        : `"${name}" in ${file}`,
    setting: (name) => `<${name}> in ${conf}`,
  };
}
