/**
 * The options as people read them, in the help and in the pages.
 *
 * @module
 */
import { OPTIONS } from "./config.ts";
import { DEFAULTS } from "./defaults.ts";

/** The options, in the order that people need them. */
export const OPTION_GROUPS = {
  asking: {
    title: "What is looked up",
    names: [
      "kinds",
      "ignore",
      "sources",
      "sweep",
      "generic",
      "networks",
      "parent_domains",
    ],
  },
  filters: {
    title: "Filters",
    names: [
      "min_score",
      "min_confidence",
      "only_detection",
      "include_revoked",
      "include_expired",
      "labels",
      "not_labels",
      "markings",
    ],
  },
  emitting: {
    title: "What is emitted",
    names: [
      "max_ind_alerts",
      "max_obs_alerts",
      "partial_matches",
      "exact_only",
      "url_case",
      "severity",
      "lower_partial",
      "future_is_active",
      "error_interval",
      "debug",
    ],
  },
  connection: {
    title: "The way to OpenCTI",
    names: [
      "total_timeout",
      "ca_file",
      "client_cert",
      "client_key",
      "proxy",
      "no_proxy",
    ],
  },
  state: {
    title: "Files",
    names: [
      "config",
      "state_dir",
      "spool_max",
      "spool_max_bytes",
      "spool_max_age",
    ],
  },
} as const satisfies Readonly<
  Record<string, {
    readonly title: string;
    readonly names: readonly (keyof typeof OPTIONS)[];
  }>
>;

/** A longer default is not shown. */
const MAX_DEFAULT = 60;

/**
 * An option's default as JSON: `undefined` if there is none, empty if it is too
 * long to be shown.
 */
export function defaultOf(option: string): string | undefined {
  const value = Object.entries(DEFAULTS).find(([name]) => name === option)?.[1];
  if (value === undefined) return undefined;
  const json = JSON.stringify(value).replace(/(?<="):|(?<=\d),/g, "$& ");
  return json.length > MAX_DEFAULT ? "" : json;
}

/** What is said of an option in one paragraph. */
export function describeOption(name: keyof typeof OPTIONS): string {
  const { means, needs } = OPTIONS[name];
  const standard = defaultOf(name);
  return `${plainText(means)}: ${plainText(needs)}${
    standard ? `; default ${standard}` : ""
  }`;
}

/**
 * A text without links and marks of code, for where they mean nothing. Where to
 * see more is left out.
 *
 * @example
 * ```ts
 * import { assertEquals } from "@std/assert";
 *
 * assertEquals(plainText("the [kinds](#kinds) of `a`"), "the kinds of a");
 * assertEquals(plainText("Lists, see [lists](#lists)"), "Lists");
 * ```
 */
export function plainText(text: string): string {
  return text.replace(/, see \[[^\]]*\]\([^)]*\)/g, "")
    .replace(/\[([^\]]*)\]\([^)]*\)/g, "$1").replaceAll("`", "");
}
