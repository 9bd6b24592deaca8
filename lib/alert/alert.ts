/**
 * The part of a Wazuh alert that is read.
 *
 * Nothing in an alert is sure: any field may be missing, null or of another
 * type. What is not as expected counts as missing.
 *
 * @module
 */
import { AlertError, messageOf } from "../errors.ts";
import { memberOf } from "../json.ts";

/** An object of an alert whose content is read by {@linkcode textsAt}. */
type JsonObject = Readonly<Record<string, unknown>>;

/** An alert's agent; without an id it is the manager. */
export interface Agent {
  readonly id: string | undefined;
  readonly name: string | undefined;
  readonly ip: string | undefined;
}

/** A Wazuh alert; its rule groups are trimmed. */
export interface Alert {
  readonly id: string | undefined;
  readonly timestamp: string | undefined;
  readonly rule: {
    readonly id: string | undefined;
    readonly description: string | undefined;
    readonly groups: readonly string[];
  };
  readonly decoder: { readonly name: string | undefined };
  readonly agent: Agent;
  readonly manager: { readonly name: string | undefined };
  readonly predecoder: { readonly hostname: string | undefined };
  readonly location: string | undefined;
  readonly full_log: string | undefined;
  readonly previous_output: string | undefined;
  readonly data: JsonObject;
  readonly syscheck: JsonObject;
  readonly GeoLocation: JsonObject;
}

/**
 * The part of an alert that is read. Written out: a schema library would take
 * longer to load than most alerts take.
 */
function alertOf(value: JsonObject): Alert {
  const rule = objectIn(value, "rule");
  const agent = objectIn(value, "agent");
  return {
    id: textIn(value, "id"),
    timestamp: textIn(value, "timestamp"),
    rule: {
      id: textIn(rule, "id"),
      description: textIn(rule, "description"),
      // analysisd writes an array, and a person perhaps one text.
      groups: elementsOf(rule["groups"])
        .filter((group) => typeof group === "string")
        .map((group) => group.trim()),
    },
    decoder: { name: textIn(objectIn(value, "decoder"), "name") },
    agent: {
      id: textIn(agent, "id"),
      name: textIn(agent, "name"),
      ip: textIn(agent, "ip"),
    },
    manager: { name: textIn(objectIn(value, "manager"), "name") },
    predecoder: {
      hostname: textIn(objectIn(value, "predecoder"), "hostname"),
    },
    location: textIn(value, "location"),
    full_log: textIn(value, "full_log"),
    previous_output: textIn(value, "previous_output"),
    data: objectIn(value, "data"),
    syscheck: objectIn(value, "syscheck"),
    GeoLocation: objectIn(value, "GeoLocation"),
  };
}

function isObject(value: unknown): value is JsonObject {
  return typeof value === "object" && value !== null && !Array.isArray(value);
}

function objectIn(object: JsonObject, name: string): JsonObject {
  const value = object[name];
  return isObject(value) ? value : {};
}

function textIn(object: JsonObject, name: string): string | undefined {
  const value = object[name];
  return typeof value === "string" || typeof value === "number" ||
      typeof value === "boolean"
    ? String(value).trim()
    : undefined;
}

/** What is said of what is no JSON, for callers that know more of it. */
export const NOT_JSON = "it is not JSON";

/** The same of lines of alerts.json. */
export const SEVERAL = "it has several alerts, and one is needed";

/**
 * Reads an alert from its JSON.
 *
 * @param json What integratord wrote to the alert file.
 *
 * What was copied from the dashboard is unwrapped: `{"_source": …}`, and an
 * array of one alert.
 *
 * @throws {AlertError} If it is no JSON object.
 *
 * @example
 * ```ts
 * import { assertEquals } from "@std/assert";
 *
 * const alert = parseAlert('{"id":"test","rule":{"groups":["ids "]}}');
 * assertEquals(alert.rule.groups, ["ids"]);
 * assertEquals(alert.data, {});
 * ```
 */
export function parseAlert(json: string): Alert {
  // trim() takes off a byte order mark too, which JSON.parse() refuses.
  const text = json.trim();
  if (text === "") throw new AlertError("it is empty");
  let value: unknown;
  try {
    value = JSON.parse(text);
  } catch (error) {
    const message = messageOf(error);
    const position = /at position (\d+)/.exec(message)?.[1];
    const cutOff = /end of JSON|unterminated/i.test(message) ||
      Number(position) === text.length;
    throw new AlertError(
      cutOff
        ? "it is cut off before its JSON ends"
        : /\}[^\S\n]*\n\s*\{/.test(text)
        ? SEVERAL
        : NOT_JSON,
    );
  }
  if (Array.isArray(value) && value.length > 1) {
    throw new AlertError(
      `it is a list of ${value.length} alerts, where one is needed`,
    );
  }
  const one = unwrapped(value);
  if (!isObject(one)) throw new AlertError("it is JSON, but not an object");
  return alertOf(one);
}

/** An alert without what the dashboard puts around it. */
export function unwrapped(value: unknown): unknown {
  const one: unknown = Array.isArray(value) ? value[0] : value;
  const source = memberOf(one, "_source");
  return typeof source === "object" && source !== null ? source : one;
}

/**
 * Whether an alert was made of an event of our own. Anybody can write
 * `"integration": "opencti"` into a log: the location must be ours, too.
 *
 * @example
 * ```ts
 * import { assertEquals } from "@std/assert";
 *
 * const data = '"data":{"integration":"opencti"}';
 * const isOwn = (json: string) => isOwnEvent(parseAlert(json));
 * assertEquals(isOwn(`{${data},"location":"opencti"}`), true);
 * assertEquals(isOwn(`{${data},"location":"/var/log/x"}`), false);
 * ```
 */
export function isOwnEvent({ data, location = "" }: Alert): boolean {
  return data["integration"] === "opencti" &&
    /^(?:\([^)]*\) [^\s>]+->)?opencti$/.test(location);
}

/** No more entries of lists are read at a path: no log of analysisd has so many. */
export const MAX_ENTRIES = 1000;

/** What stands at a path. */
export interface Texts {
  readonly texts: readonly string[];
  /** How many entries of lists were not read. */
  readonly leftOut: number;
}

/** Reads what stands at a path of an alert. */
export type ReadTexts = (alert: Alert) => Texts;

/**
 * The texts that stand at a path of an alert, objects joined by dots. Arrays
 * on the way are gone through, with or without `[]` at their name; numbers and
 * booleans become text; blank texts, nulls and objects are left out, and what
 * is beyond {@linkcode MAX_ENTRIES}.
 *
 * @example
 * ```ts
 * import { assertEquals } from "@std/assert";
 *
 * const alert = parseAlert('{"data":{"dns":{"answers":[{"rdata":"a"},7]}}}');
 * assertEquals(textsAt(alert, "data.dns.answers[].rdata"), ["a"]);
 * assertEquals(textsAt(alert, "data.dns.question"), []);
 * ```
 */
export function textsAt(alert: Alert, path: string): readonly string[] {
  return readerOf(path)(alert).texts;
}

/**
 * Reads the texts at a path, and how much was left out, of any number of
 * alerts.
 *
 * @example
 * ```ts
 * import { assertEquals } from "@std/assert";
 *
 * const list = Array.from({ length: 1002 }, () => "1.2.3.4");
 * const alert = parseAlert(JSON.stringify({ data: { dest_ip: list } }));
 * const { texts, leftOut } = readerOf("data.dest_ip")(alert);
 * assertEquals([texts.length, leftOut], [1000, 2]);
 * ```
 */
export function readerOf(path: string): ReadTexts {
  const names = namesIn(path);
  return (alert) => {
    let value: unknown = alert;
    let depth = 0;
    for (const name of names) {
      depth++;
      value = memberOf(value, name);
      if (value === undefined) return NO_TEXTS;
      if (Array.isArray(value)) {
        return textsOf(valuesIn(value, names.slice(depth)));
      }
    }
    const text = textOf(value);
    return text === undefined ? NO_TEXTS : { texts: [text], leftOut: 0 };
  };
}

const NO_TEXTS: Texts = { texts: [], leftOut: 0 };

function namesIn(path: string): readonly string[] {
  return path.split(".")
    .map((name) => name.endsWith("[]") ? name.slice(0, -2) : name);
}

function textsOf({ values, leftOut }: Values): Texts {
  const texts = values.map(textOf).filter((text) => text !== undefined);
  return { texts, leftOut };
}

/** A value as text, `undefined` if it is blank, null or an object. */
function textOf(value: unknown): string | undefined {
  const text = typeof value === "string"
    ? value.trim()
    : typeof value === "number" || typeof value === "boolean"
    ? String(value)
    : "";
  return text === "" ? undefined : text;
}

/**
 * An alert that stands at a path of another, `undefined` if there is none.
 *
 * @example
 * ```ts
 * import { assertEquals } from "@std/assert";
 *
 * const alert = parseAlert('{"data":{"alert":{"id":"1.1"}}}');
 * assertEquals(alertAt(alert, "data.alert")?.id, "1.1");
 * assertEquals(alertAt(alert, "data.none"), undefined);
 * ```
 */
export function alertAt(alert: Alert, path: string): Alert | undefined {
  const [value] = valuesIn(alert, namesIn(path)).values;
  return isObject(value) ? alertOf(value) : undefined;
}

/** The first of {@linkcode textsAt}, `undefined` if there is none. */
export function textAt(alert: Alert, path: string): string | undefined {
  return textsAt(alert, path)[0];
}

interface Values {
  readonly values: readonly unknown[];
  readonly leftOut: number;
}

function valuesIn(value: unknown, names: readonly string[]): Values {
  let leftOut = 0;
  const upTo = (all: readonly unknown[]) => {
    leftOut += Math.max(all.length - MAX_ENTRIES, 0);
    return all.slice(0, MAX_ENTRIES);
  };
  let values = upTo(elementsOf(value));
  for (const name of names) {
    const members = values.map((one) => memberOf(one, name))
      .filter((one) => one !== undefined);
    values = upTo(members.flatMap(elementsOf));
  }
  return { values, leftOut };
}

function elementsOf(value: unknown): unknown[] {
  return Array.isArray(value) ? value : [value];
}
