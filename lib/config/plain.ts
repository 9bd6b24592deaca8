/**
 * Reads options that are plainly right, without the schema library: loading that
 * takes longer than all else that most alerts need. What is not plainly right is
 * left to the schema, which says what is wrong with it.
 *
 * @module
 */
import { KINDS } from "../alert/kinds.ts";
import { SWEEPS } from "../alert/texts.ts";
import type { Config } from "./config.ts";
import { DEFAULTS, NETWORKS, TLP } from "./defaults.ts";
import {
  ABSOLUTE,
  CLIENT_PAIR,
  isInOrder,
  isProxy,
  PERCENT,
  type Range,
  RANGES,
} from "./allowed_values.ts";
import { messageOf, UsageError } from "../errors.ts";
import { memberOf } from "../json.ts";

/** Options as they are written: each may be missing. */
export type Given =
  & Partial<Omit<Config, "ignore" | "severity">>
  & {
    readonly ignore?: Partial<Config["ignore"]>;
    readonly severity?: Partial<Config["severity"]>;
  };

/**
 * The object that a JSON text holds, less what is for editors.
 *
 * @throws {UsageError} If it holds none. The message never quotes the text.
 */
export function parseObject(json: string): object {
  const value = parseJson(json);
  if (!isObject(value)) throw new UsageError("it must be a JSON object");
  return Object.fromEntries(
    Object.entries(value).filter(([name]) => name !== "$schema"),
  );
}

/**
 * Whether options are plainly right. Those that are not may be right too: then
 * the schema knows.
 *
 * @example
 * ```ts
 * import { assertEquals } from "@std/assert";
 *
 * assertEquals(isPlain({ min_score: 50, ignore: { domains: ["a.example"] } }), true);
 * assertEquals(isPlain({ min_score: "50" }), false);
 * assertEquals(isPlain({ min_scroe: 50 }), false);
 * ```
 */
export function isPlain(options: object): options is Given {
  const [one, other] = CLIENT_PAIR;
  return (one in options) === (other in options) &&
    Object.entries(options).every(([name, value]) => {
      const isRight = ruleOf(name);
      return isRight !== undefined && isRight(value);
    });
}

/**
 * Completes options that are plainly right by the defaults.
 *
 * @example
 * ```ts
 * import { assertEquals } from "@std/assert";
 *
 * assertEquals(completePlain({ severity: { high: 70 } }).severity, {
 *   medium: 40,
 *   high: 70,
 *   critical: 80,
 * });
 * ```
 */
export function completePlain(options: Given): Config {
  return {
    ...DEFAULTS,
    ...options,
    ignore: { ...DEFAULTS.ignore, ...options.ignore },
    severity: { ...DEFAULTS.severity, ...options.severity },
  };
}

type Rule = (value: unknown) => boolean;

const isPath: Rule = (value) =>
  typeof value === "string" && ABSOLUTE.test(value);
const isSwitch: Rule = (value) => typeof value === "boolean";

/** The rules that an option's default does not say. */
const RULES: Readonly<Partial<Record<keyof Config, Rule>>> = {
  networks: (value) => NETWORKS.some((choice) => choice === value),
  markings: (value) => TLP.some((marking) => marking === value),
  sweep: (value) => SWEEPS.some((sweep) => sweep === value),
  severity: (value) =>
    isObject(value) &&
    Object.entries(value).every(([name, threshold]) =>
      Object.hasOwn(DEFAULTS.severity, name) && isIn(PERCENT, threshold)
    ) && isInOrder({ ...DEFAULTS.severity, ...value }),
  kinds: (value) =>
    isObject(value) &&
    Object.entries(value).every(([name, isOn]) =>
      Object.hasOwn(KINDS, name) && isSwitch(isOn)
    ),
  ignore: (value) =>
    isObject(value) &&
    Object.entries(value).every(([name, list]) =>
      name === "files"
        ? Array.isArray(list) && list.every(isPath)
        : ruleOfDefault(memberOf(DEFAULTS.ignore, name))?.(list) ?? false
    ),
  // How sources are written is the schema's matter.
  sources: (value) => Array.isArray(value) && value.length === 0,
  config: isPath,
  state_dir: isPath,
  ca_file: isPath,
  client_cert: isPath,
  client_key: isPath,
  proxy: (value) => typeof value === "string" && isProxy(value),
  no_proxy: (value) => typeof value === "string",
};

function ruleOf(name: string): Rule | undefined {
  const range = RANGES_BY_NAME.get(name);
  if (range !== undefined) return (value) => isIn(range, value);
  return RULES_BY_NAME.get(name) ?? ruleOfDefault(memberOf(DEFAULTS, name));
}

const RANGES_BY_NAME: ReadonlyMap<string, Range> = new Map(
  Object.entries(RANGES),
);
const RULES_BY_NAME: ReadonlyMap<string, Rule> = new Map(Object.entries(RULES));

/** What a default says of the values that may replace it. */
function ruleOfDefault(value: unknown): Rule | undefined {
  if (typeof value === "boolean") return isSwitch;
  return Array.isArray(value) ? areTexts : undefined;
}

function areTexts(value: unknown): boolean {
  return Array.isArray(value) &&
    value.every((text) => typeof text === "string" && text !== "");
}

function isIn({ isWhole, isPositive, max }: Range, value: unknown): boolean {
  return typeof value === "number" &&
    (isWhole ? Number.isSafeInteger(value) : Number.isFinite(value)) &&
    (isPositive === true ? value > 0 : value >= 0) &&
    (max === undefined || value <= max);
}

function isObject(value: unknown): value is object {
  return typeof value === "object" && value !== null && !Array.isArray(value);
}

function parseJson(json: string): unknown {
  if (json.trim() === "") {
    throw new UsageError("it is empty");
  }
  try {
    // trim() takes off a byte order mark too.
    return JSON.parse(json.trim());
  } catch (error) {
    // What JSON.parse() says quotes the text: a proxy's password may be in it.
    const place = /\(line \d+ column \d+\)/.exec(messageOf(error))?.[0];
    throw new UsageError(`it is not JSON${place ? ` ${place}` : ""}`);
  }
}
